"""A seed for each fault test, and its figures, which go into docs/reliability.md.

Run as a program it writes the page's table: ``python tests/reliability.py FIGURES PAGE``.
"""

import os
import platform
import random
import statistics
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import msgspec
import pytest

SEED = int(os.environ.get("CHAOS_SEED", "2014"))
"""Another one makes other faults at other times."""
KEPT = os.environ.get("CHAOS_FIGURES")
"""The file that figures of tests that have passed are added to, a JSON line each."""
BEGIN, END = "<!-- figures: begin -->\n", "<!-- figures: end -->\n"
HEADINGS = (
    *("test", "events", "faults", "answers compared", "things held compared"),
    *("seconds to recover", "beside"),
)


class Figures(msgspec.Struct):
    """What a test did, and what it found."""

    name: str
    """The test, as the page has it."""
    events: int = 0
    """How many were in the logs that were compared."""
    faults: int = 0
    held: int = 0
    """How many calls, questions and so on workers held in the end, each compared likewise."""
    answers: int = 0
    """How many answers of workers were compared with an independent fold, figure by figure. If
    none, ``beside`` says what was compared instead."""
    recovered: list[float] = []
    """How long it took after each fault until all figures were shown again, in seconds."""
    beside: str = ""
    """What else was measured."""

    def row(self) -> str:
        """Return a row of the table."""
        seconds = "–"
        if self.recovered:
            middle, worst = statistics.median(self.recovered), max(self.recovered)
            seconds = f"{middle:.1f} (at worst {worst:.1f})"
        cells = (
            *(f"`{self.name}`", f"{self.events:,}", f"{self.faults:,}"),
            *(f"{count:,}" if count else "–" for count in (self.answers, self.held)),
            *(seconds, self.beside),
        )
        return f"| {' | '.join(cells)} |\n"


_passed: list[Figures] = []


@pytest.fixture
def rng(request: pytest.FixtureRequest) -> random.Random:
    """Return the dice of a test: the same each time, until CHAOS_SEED is another."""
    return random.Random(f"{SEED} {request.node.name}")


@pytest.fixture
def figures(request: pytest.FixtureRequest) -> Iterator[Figures]:
    """Take what the test counts; it is told when the test has passed."""
    its = Figures(f"{request.path.name}::{request.node.name}")
    before = request.session.testsfailed
    yield its
    if request.session.testsfailed == before:
        _passed.append(its)
        if KEPT is not None:
            with Path(KEPT).open("ab") as file:
                file.write(msgspec.json.encode(its) + b"\n")


def table(some: list[Figures]) -> str:
    """Return a table of figures."""
    rules = ("---", *("---:" for _ in HEADINGS[1:-1]), "---")
    head = "".join(f"| {' | '.join(cells)} |\n" for cells in (HEADINGS, rules))
    return head + "".join(its.row() for its in some)


def machine() -> str:
    """Return what the figures were measured on."""
    pages, size = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    return (
        f"Measured {datetime.now(UTC).date()}, seed {SEED}: {os.cpu_count()} cores, "
        f"{pages * size / 2**30:.0f} GiB, Python {platform.python_version()}, "
        f"aiokafka {version('aiokafka')}."
    )


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if _passed:
        terminalreporter.section(f"faults, seed {SEED}", sep="-")
        terminalreporter.write(table(_passed))


def write(kept: Path, page: Path) -> None:
    """Write the table of all figures that were kept, the last of each test, into the page."""
    lines = kept.read_bytes().splitlines()
    latest = {its.name: its for its in (msgspec.json.decode(line, type=Figures) for line in lines)}
    some = [latest[name] for name in sorted(latest)]
    before, rest = page.read_text("utf-8").split(BEGIN)
    after = rest.split(END)[1]
    made = f"{before}{BEGIN}{machine()}\n\n{table(some)}{END}{after}"
    page.write_text(made, encoding="utf-8")


if __name__ == "__main__":
    write(*map(Path, sys.argv[1:]))
