"""What is measured, what it should be, and the page of a run."""

import json
import os
import platform
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final

MACHINE: Final = f"{platform.machine()}, {len(os.sched_getaffinity(0))} processors"


@dataclass(frozen=True, slots=True)
class Figure:
    """Something measured."""

    name: str
    value: float
    unit: str
    how: str = ""
    at_most: float | None = None
    at_least: float | None = None

    @property
    def text(self) -> str:
        """Return the value with as many digits as say anything."""
        digits = 0 if abs(self.value) >= 100 else 1 if abs(self.value) >= 10 else 2
        return f"{self.value:,.{digits}f} {self.unit}"

    @property
    def goal(self) -> str:
        """Return what it should be, and whether it is; nothing if nobody said."""
        for sign, bound, is_met in (
            ("≤", self.at_most, self.at_most is None or self.value <= self.at_most),
            ("≥", self.at_least, self.at_least is None or self.value >= self.at_least),
        ):
            if bound is not None:
                return f"{sign} {bound:g} {self.unit}: {'met' if is_met else '**not met**'}"
        return ""

    def __str__(self) -> str:
        """Return it for people, on a line."""
        return " · ".join(part for part in (self.name, self.text, self.goal, self.how) if part)


def table(figures: Iterable[Figure]) -> str:
    """Return figures as a table of a page."""
    rows = ["| figure | measured | goal | how |", "|---|---:|---|---|"]
    rows += [f"| {its.name} | {its.text} | {its.goal} | {its.how} |" for its in figures]
    return "\n".join(rows) + "\n"


def versions(others: Path, jars: Path) -> Mapping[str, str]:
    """Return the versions of all that took part: of the peers' Python, and the one in Java."""
    (streams,) = jars.glob("kafka-streams-*.jar")
    listed = subprocess.run(
        [str(others), "-m", "pip", "list", "--format", "json", "--disable-pip-version-check"],
        capture_output=True,
        check=True,
    ).stdout
    peers = {its["name"]: its["version"] for its in json.loads(listed)}
    own = ("svarsgrad", "faust-streaming", "aiokafka", "orjson", "msgspec")
    return {
        "Python": platform.python_version(),
        **{name: version(name) for name in own},
        **{name: peers[name] for name in ("quixstreams", "bytewax", "confluent-kafka")},
        "Kafka Streams": streams.stem.removeprefix("kafka-streams-"),
    }


def write(
    directory: Path,
    parts: Mapping[str, Sequence[Figure]],
    of: Mapping[str, str],
    *,
    has_picture: bool,
) -> Path:
    """Append a run to the results: its page, and its figures as a line of ``runs.jsonl``.

    The page may show a picture of the same name, which is for the caller to make.
    """
    now = datetime.now(UTC)
    directory.mkdir(parents=True, exist_ok=True)
    told = ", ".join(f"{name} {number}" for name, number in of.items())
    text = f"# {now:%Y-%m-%d %H:%M} UTC\n\n{MACHINE}; {told}.\n\n"
    if has_picture:
        text += f"![Events a second of each contender]({now:%Y-%m-%dT%H%M}.svg)\n"
    for heading, figures in parts.items():
        text += f"\n## {heading}\n\n{table(figures)}"
    page = directory / f"{now:%Y-%m-%dT%H%M}.md"
    page.write_text(text, encoding="utf-8")
    run = {
        "at": now.isoformat(timespec="seconds"),
        "machine": MACHINE,
        "versions": dict(of),
        "figures": {name: [asdict(its) for its in figures] for name, figures in parts.items()},
    }
    with (directory / "runs.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(run, ensure_ascii=False) + "\n")
    return page
