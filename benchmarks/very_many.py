"""``python -m benchmarks.very_many docs/limits.md``: what very many of each thing cost.

One worker's ledger, without a broker. The table is written into the page, between its marks.
"""

import os
import platform
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
from msgspec.structs import replace

from benchmarks.pages import write_between
from streams.domain.catalogue import load_catalogue
from streams.domain.events import encode
from streams.domain.instants import micros
from streams.domain.ledger import Ledger
from streams.domain.report import frames_of, live_spans, report_of
from streams.events_page import example

EXAMPLE = Path(__file__).parents[1] / "examples" / "lulea.yaml"
LULEA = load_catalogue(EXAMPLE.read_bytes(), "lulea").municipalities["lulea"]
NOW = datetime.now(UTC)
BEGAN = NOW - timedelta(hours=1)
NUMBER = 20_000


@dataclass(frozen=True, slots=True)
class Record:
    """A record of a log."""

    offset: int
    timestamp: int
    value: bytes


@dataclass(frozen=True, slots=True)
class Cost:
    """What so many of a thing took, in seconds of processor."""

    fold: float
    copy: float
    """To copy them for a scrape, on the event loop."""
    figures: float
    """And then to take the figures, in a thread."""

    @property
    def whole(self) -> float:
        """Return all of it."""
        return self.fold + self.copy + self.figures


def event(what: str, number: int, subject: str | None = None, **stated: Any) -> bytes:
    """Return an event that is another one for each number, soon after what it is about began."""
    like = example(f"se.svarsgrad.{what}.v1")
    began = ("arrived_at", "received_at", "opened_at")
    changed = {key: BEGAN for key in began if hasattr(like.data, key)} | stated
    made = replace(
        like,
        id=f"e{number}",
        subject=subject or f"s{number}",
        time=BEGAN + timedelta(milliseconds=number),
        partitionkey=LULEA.id,
        data=replace(like.data, **changed),
    )
    return encode(made)


def leg(number: int) -> bytes:
    """Return a leg of the one contact."""
    return event("call.offered", number, "c", arrived_at=BEGAN + timedelta(milliseconds=number))


KINDS: dict[str, Callable[[int], bytes]] = {
    "calls in one queue": lambda n: event("call.offered", n),
    "calls, each in an unknown queue of its own": lambda n: event(
        "call.offered", n, queue=f"q{n}"
    ),
    "legs of one contact": leg,
    "questions, each in an unknown mailbox of its own": lambda n: event(
        "email.received", n, queue=f"q{n}"
    ),
    "mailboxes in which one question lies": lambda n: event(
        "email.followed_up", n, "s", queue=f"q{n}"
    ),
    "things said of one question": lambda n: event("email.followed_up", n, "s", queue="epost"),
    "things said of one case": lambda n: event("case.reopened", n, "s", queue="arenden"),
    "administrations to which one case was handed over": lambda n: event(
        "case.handed_over", n, "s", queue="arenden", administration=f"a{n}"
    ),
    "questions of a survey": lambda n: event("survey.answered", n, question=f"q{n}"),
    "queues with people at work": lambda n: event("presence.staffed", n, f"q{n}", queue=f"q{n}"),
    "sources of heartbeats": lambda n: event("presence.heartbeat", n),
    "measures that nobody promised": lambda n: event("measure.recorded", n, measure=f"m{n}"),
    "values of one measure": lambda n: event("measure.recorded", n, measure="webb"),
}


def folded(records: list[Record]) -> Ledger:
    """Return a ledger with all of them."""
    ledger = Ledger(zones={LULEA.id: LULEA.zone}, now=micros(NOW))
    for at in range(0, len(records), 1_000):
        if ledger.fold("any", records[at : at + 1_000]):
            raise ValueError("a record was rejected")
    return ledger


def cost(make: Callable[[int], bytes], number: int) -> Cost:
    """Return what so many take."""
    records = records_of(make, number)
    began = time.process_time()
    ledger = folded(records)
    has_folded = time.process_time()
    now = micros(NOW)
    frames = frames_of(LULEA, ledger.books_of(LULEA.id), now, live_spans(LULEA, now))
    has_copied = time.process_time()
    report_of(LULEA, frames)
    return Cost(has_folded - began, has_copied - has_folded, time.process_time() - has_copied)


def records_of(make: Callable[[int], bytes], number: int) -> list[Record]:
    """Return a log of so many."""
    return [Record(n, micros(NOW) // 1000, make(n)) for n in range(number)]


def weight(make: Callable[[int], bytes], number: int) -> float:
    """Return the bytes that a ledger keeps of each."""
    records = records_of(make, number)
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    ledger = folded(records)
    after = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    del ledger
    return (after - before) / number


def table() -> str:
    """Return what each costs."""
    lines = [
        f"| what there are {NUMBER:,} of | µs to fold one | µs to copy one for a scrape | "
        "s to take the figures | bytes each |\n",
        "|---|---:|---:|---:|---:|\n",
    ]
    for name, make in KINDS.items():
        its = min((cost(make, NUMBER) for _ in range(3)), key=lambda one: one.whole)
        each = (f"{1e6 * seconds / NUMBER:.1f}" for seconds in (its.fold, its.copy))
        lines.append(
            f"| {name} | {' | '.join(each)} | {its.figures:.2f} | {weight(make, NUMBER):,.0f} |\n"
        )
    return "".join(lines)


@click.command()
@click.argument("page", type=click.Path(path_type=Path, exists=True))
def main(page: Path) -> None:
    """Measure, and write the table into a page."""
    told = (
        f"Measured {NOW.date()} by `python -m benchmarks.very_many docs/limits.md`: "
        f"{os.cpu_count()} cores, Python {platform.python_version()}.\n\n"
    )
    write_between(page, "costs", told + table())


if __name__ == "__main__":
    main()
