"""What a process of ours has logged, line by line."""

import json
import re
from dataclasses import dataclass

from stack.own import Command
from streams.logs import e

LEVELS = ("info", "warning", "error", "critical")
LINE = re.compile(rf"\d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d ({'|'.join(LEVELS)}) ([a-z_]+): (.+)")
NAMES = {its.name for its in e.ALL}


@dataclass(frozen=True)
class Said:
    level: str
    event: str
    message: str
    line: dict[str, object]


def said_by(process: Command, format_: str) -> list[Said]:
    """What a process has logged; it fails if any line is not an entry of the table."""
    found = []
    for text in process.console.read_text("utf-8").splitlines():
        if format_ == "json":
            line = json.loads(text)
            assert {"time", "level", "event", "message", "logger"} <= line.keys()
            its = Said(line["level"], line["event"], line["message"], line)
        else:
            matched = LINE.fullmatch(text)
            assert matched, text
            its = Said(*matched.groups(), {})
        assert its.event in NAMES
        assert its.level in LEVELS
        found.append(its)
    return found
