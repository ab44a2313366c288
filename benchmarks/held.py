"""``python -m benchmarks.held LEGS QUEUES``: what the ledger of one municipality takes.

No broker: what is timed is the domain and the exposition, in this process alone.
"""

import gc
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import orjson

from benchmarks.two_days import NAME, NOW, ZONE, batches, municipality, write
from streams.domain.instants import SECOND, micros
from streams.domain.ledger import Ledger
from streams.domain.report import frames_of, live_spans
from streams.exposition import Snapshot
from streams.exposition.sheet import Sheet
from streams.exposition.text import Writer

SCRAPES = 5


@dataclass(frozen=True, slots=True)
class Held:
    """Seconds of processor, and bytes."""

    folding: float
    copying: float
    """For a scrape, on the event loop; the median of some."""
    figures: float
    """And then in a thread, with the text of them."""
    resident: float
    """More than before anything was folded."""


def held(legs: int, queues: int) -> Held:
    """Return what so many legs take, of a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.held", str(legs), str(queues)],
        check=True,
        capture_output=True,
        cwd=Path(__file__).parents[1],
    )
    return Held(**orjson.loads(done.stdout))


def measured(legs: int, queues: int) -> Held:
    """Return what so many legs take, in this process."""
    gc.freeze()  # as a worker does
    ledger = Ledger(zones={NAME: ZONE}, now=micros(NOW))
    folding, before, events = 0.0, 0, 0
    with tempfile.TemporaryFile() as file:
        write(file, legs, queues)
        file.seek(0)
        for batch in batches(file):
            before = before or _resident()
            began = time.process_time()
            ledger.fold("calls", batch)
            folding += time.process_time() - began
            events += len(batch)
    if ledger.tally.folded != events:
        raise SystemExit(f"folded {ledger.tally.folded} of {events} events")
    resident = _resident() - before
    of, books = municipality(queues), ledger.books_of(NAME)
    took, writer = [], Writer()
    for number in range(SCRAPES):
        now = micros(NOW) + number * SECOND
        began = time.process_time()
        frames = frames_of(of, books, now, live_spans(of, now))
        copied = time.process_time()
        Snapshot(now, [(of, frames)], Sheet()).text(writer)
        took.append((copied - began, time.process_time() - copied))
    copying, figures = (statistics.median(its) for its in zip(*took, strict=True))
    return Held(folding, copying, figures, resident)


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    sys.stdout.buffer.write(orjson.dumps(asdict(measured(*map(int, sys.argv[1:])))))
