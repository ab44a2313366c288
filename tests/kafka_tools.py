"""Kafka's own tools, by the names that its archive gives them and the documents use."""

import os
import re
from pathlib import Path

from stack.broker import default_lib
from stack.prepare import KAFKA_TOOLS
from stack.programs import JAVA

ROOT = Path(__file__).parents[1]
MAINS = {
    "kafka-acls.sh": "org.apache.kafka.tools.AclCommand",
    "kafka-configs.sh": "kafka.admin.ConfigCommand",
    "kafka-leader-election.sh": "org.apache.kafka.tools.LeaderElectionCommand",
    "kafka-reassign-partitions.sh": "org.apache.kafka.tools.reassign.ReassignPartitionsCommand",
}


def path_with_tools(folder: Path) -> str:
    """Lay the tools in a folder, and return a PATH that begins with it."""
    lib = default_lib()
    jars = f"{lib.parent / KAFKA_TOOLS.name}/*:{lib}/*"
    folder.mkdir()
    for name, main in MAINS.items():
        tool = folder / name
        quick = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xmx256m"
        tool.write_text(
            f'#!/bin/sh\nexec {JAVA.require()} {quick} -cp "{jars}" {main} "$@"\n', "utf-8"
        )
        tool.chmod(0o755)
    return f"{folder}:{os.environ['PATH']}"


def script_of(document: str, heading: str) -> str:
    """Return the blocks of shell below a heading of a document, one after the other."""
    page = (ROOT / "docs" / document).read_text("utf-8")
    level, title = re.search(rf"^(#+) {heading}$", page, re.MULTILINE).group(1, 0)  # type: ignore[union-attr]
    below = page.split(f"{title}\n")[1]
    part = re.split(rf"^#{{1,{len(level)}}} ", below, flags=re.MULTILINE)[0]
    blocks = re.findall(r"^( *)```sh\n(.*?)^ *```", part, re.DOTALL | re.MULTILINE)
    return "".join(re.sub(rf"^{indent}", "", text, flags=re.MULTILINE) for indent, text in blocks)
