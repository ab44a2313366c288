"""``python -m benchmarks.million``: the phone ledger of one municipality with a million legs.

No broker: what is timed is the domain alone, from messages in memory to figures. The messages are
written to a file first, and a batch of them is in memory at a time.
"""

import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import click

from benchmarks.two_days import (
    NAME,
    NOW,
    SEED,
    TODAY,
    YESTERDAY,
    ZONE,
    Span,
    batches,
    legs_in,
    municipality,
    write,
)
from streams.domain.instants import micros
from streams.domain.ledger import Ledger
from streams.domain.phone.evaluation import evaluate_phone, needed_since
from streams.domain.phone.legs import Legs
from streams.domain.windows import NAMES, horizon, window

Row = tuple[str, str, str]
EXTRA = (0.0, 0.5, 0.9)
"""Legs of yesterday beside which a tenth of all legs are evaluated, as shares of all."""
REPEATS = 5


@click.command()
@click.option("--legs", default=1_000_000, show_default=True, help="Legs in the log.")
@click.option("--queues", default=200, show_default=True, help="Queues they came to.")
def main(legs: int, queues: int) -> None:
    """Time the folding and the evaluation of a large ledger, and weigh the process."""
    for measure in (fold_and_evaluate, evaluate_beside):
        for row in measure(legs, queues):
            print(" · ".join(row), flush=True)


def fold_and_evaluate(legs: int, queues: int) -> Iterator[Row]:
    """Fold the log of two days and take all figures once."""
    ledger = Ledger(zones={NAME: ZONE}, now=micros(NOW))
    took, busy, events = 0.0, 0.0, 0
    with tempfile.TemporaryFile() as file:
        write(file, legs, queues)
        file.seek(0)
        for batch in batches(file):
            began, busy_began = time.perf_counter(), time.process_time()
            ledger.fold("calls", batch)
            took += time.perf_counter() - began
            busy += time.process_time() - busy_began
            events += len(batch)
    if ledger.tally.folded != events:
        raise click.ClickException(f"folded {ledger.tally.folded} of {events} events")
    how = f"{events:,} single events, {took:.2f} s, {busy:.2f} s of them at work"
    yield "fold", f"{events / took:,.0f} events/s", how
    copying, evaluating, rows = _evaluation(ledger.books_of(NAME).calls, queues)
    yield (
        "evaluation",
        f"{(copying + evaluating) * 1000:.0f} ms",
        f"{rows:,} legs of {legs:,}, {queues} queues, {len(NAMES)} windows, "
        f"{copying * 1000:.0f} ms of it copying",
    )
    yield "fold and evaluation", f"{took + copying + evaluating:.2f} s", "one after the other"
    yield "peak of memory", f"{_peak_bytes() / 1e6:.0f} MB", "resident, the whole process"


def evaluate_beside(legs: int, queues: int) -> Iterator[Row]:
    """Take the figures of the same legs of today beside more and more of yesterday."""
    for share in EXTRA:
        held = Legs(horizon(micros(NOW), ZONE))
        extra = int(share * legs)
        _state(held, YESTERDAY, extra, queues)
        _state(held, TODAY, legs // 10, queues)
        copying, evaluating, rows = (
            statistics.median(of)
            for of in zip(*(_evaluation(held, queues) for _ in range(REPEATS)), strict=True)
        )
        yield (
            f"evaluation beside {extra:,} more",
            f"{(copying + evaluating) * 1000:.0f} ms",
            f"{rows:,.0f} legs of {len(held):,}, {copying * 1000:.1f} ms of it copying",
        )


def _state(held: Legs, span: Span, count: int, queues: int) -> None:
    """State what the legs of a span say, without the way there."""
    for leg in legs_in((span,), count, queues, random.Random(SEED)):
        for event in leg:
            data = event.data
            held.state(
                event.type, event.subject, data.queue, micros(data.arrived_at),
                micros(event.time), data.caller, data.origin,
            )  # fmt: skip


def _evaluation(held: Legs, queues: int) -> tuple[float, float, int]:
    """Take all figures as a scrape does; return the seconds of both steps, and the rows seen."""
    of, now = municipality(queues), micros(NOW)
    windows = [window(name, now, ZONE) for name in NAMES]
    began = time.perf_counter()
    frame = held.recent(needed_since(of, windows), now)
    copied = time.perf_counter()
    evaluate_phone(of, frame, now, windows)
    return copied - began, time.perf_counter() - copied, len(frame.arrived)


def _peak_bytes() -> int:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


if __name__ == "__main__":
    sys.exit(main())
