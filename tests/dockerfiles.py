"""A Dockerfile as its instructions, by stage."""

import re
from typing import NamedTuple


class Instruction(NamedTuple):
    word: str
    rest: str


def instructions(text: str) -> list[Instruction]:
    """Return all instructions in order; comments are left out and lines that go on are joined."""
    kept = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    joined = re.sub(r"\\\n\s*", "", kept)
    return [
        Instruction(*line.strip().split(" ", 1)) for line in joined.splitlines() if line.strip()
    ]


def stages(text: str) -> list[list[Instruction]]:
    """Return the instructions of each stage; each begins with its FROM."""
    found: list[list[Instruction]] = []
    for its in instructions(text):
        if its.word == "FROM":
            found.append([])
        if found:
            found[-1].append(its)
    return found


def of(word: str, among: list[Instruction]) -> list[str]:
    return [its.rest for its in among if its.word == word]
