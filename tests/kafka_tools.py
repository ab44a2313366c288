"""Kafka's own tools, by the names that its archive gives them and the documents use."""

import argparse
import os
import re
import shlex
import subprocess
from pathlib import Path

from documented import blocks_in

from stack.broker import default_lib
from stack.prepare import KAFKA_TOOLS
from stack.programs import JAVA

ROOT = Path(__file__).parents[1]
MAINS = {
    "kafka-acls.sh": "org.apache.kafka.tools.AclCommand",
    "kafka-configs.sh": "kafka.admin.ConfigCommand",
    "kafka-leader-election.sh": "org.apache.kafka.tools.LeaderElectionCommand",
    "kafka-reassign-partitions.sh": "org.apache.kafka.tools.reassign.ReassignPartitionsCommand",
    "kafka-topics.sh": "org.apache.kafka.tools.TopicCommand",
}


TOOL = """\
#!/bin/sh
run() {{
  how=$1; shift
  {java} $how -Xlog:disable -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xmx256m \\
    -cp "{jars}" {main} "$@"
}}
[ ! -e {kept} ] || {{ run -XX:SharedArchiveFile={kept} "$@"; exit; }}
run -XX:ArchiveClassesAtExit={kept}.$$ "$@"; code=$?
mv {kept}.$$ {kept}; exit $code
"""
"""The first that is run keeps its classes as the JVM wants them: the others take half the time."""


def path_with_tools(folder: Path) -> str:
    """Lay the tools in a folder, and return a PATH that begins with it."""
    lib = default_lib()
    jars = lib.parent / KAFKA_TOOLS.name
    (its,) = jars.glob("kafka-tools-?.*.jar")
    told = {"java": JAVA.require(), "jars": f"{its}:{lib}/*", "kept": jars / "classes.jsa"}
    folder.mkdir()
    for name, main in MAINS.items():
        tool = folder / name
        tool.write_text(TOOL.format(main=main, **told), "utf-8")
        tool.chmod(0o755)
    return f"{folder}:{os.environ['PATH']}"


Right = tuple[str, str, str]
"""A kind of resource, its name, and an operation."""


def documented_rights() -> dict[str, set[Right]]:
    """Return what the commands of docs/kafka-security.md grant, by role."""
    (shell,) = (
        block.text
        for block in blocks_in(ROOT / "docs" / "kafka-security.md")
        if "kafka-acls.sh" in block.text
    )
    asked = subprocess.run(
        ["bash", "-euc", f'admin() {{ shift; echo "$*"; }}\n{shell}'],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    told = argparse.ArgumentParser(allow_abbrev=False)
    told.add_argument("--add", action="store_true", required=True)
    told.add_argument("--allow-principal", required=True)
    for name in ("--operation", "--topic", "--group"):
        told.add_argument(name, action="append", default=[])
    found: dict[str, set[Right]] = {}
    for line in asked.stdout.splitlines():
        its = told.parse_args(shlex.split(line))
        resources = [("topic", name) for name in its.topic] + [("group", n) for n in its.group]
        role = its.allow_principal.removeprefix("User:svarsgrad-")
        rights = {(*resource, operation) for resource in resources for operation in its.operation}
        found.setdefault(role, set()).update(rights)
    return found


def script_of(document: str, heading: str) -> str:
    """Return the blocks of shell below a heading of a document, one after the other."""
    page = (ROOT / "docs" / document).read_text("utf-8")
    level, title = re.search(rf"^(#+) {heading}$", page, re.MULTILINE).group(1, 0)  # type: ignore[union-attr]
    below = page.split(f"{title}\n")[1]
    part = re.split(rf"^#{{1,{len(level)}}} ", below, flags=re.MULTILINE)[0]
    blocks = re.findall(r"^( *)```sh\n(.*?)^ *```", part, re.DOTALL | re.MULTILINE)
    return "".join(re.sub(rf"^{indent}", "", text, flags=re.MULTILINE) for indent, text in blocks)
