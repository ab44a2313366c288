"""``python -m benchmarks.million``: the phone ledger of one municipality with a million legs.

No broker: what is timed is the domain alone, from messages in memory to figures. The messages are
made a batch at a time, outside the clock, so that they take neither time nor memory.
"""

import gc
import resource
import statistics
import sys
import time
from collections.abc import Iterator

import click

from benchmarks.two_days import NAME, NOW, ZONE, batches, municipality
from streams.domain.evaluation import evaluate
from streams.domain.instants import micros
from streams.domain.ledger import Ledger
from streams.domain.windows import NAMES, window

EXTRA = (0, 500_000, 900_000)
"""Legs of yesterday, beside which today's are evaluated."""
TODAYS = 100_000
REPEATS = 5


@click.command()
@click.option("--legs", default=1_000_000, show_default=True, help="Legs in the log.")
@click.option("--queues", default=200, show_default=True, help="Queues they are in.")
def main(legs: int, queues: int) -> None:
    """Time folding and evaluating a large ledger, and weigh it."""
    for row in measure(legs, queues):
        print(" · ".join(row))


def measure(legs: int, queues: int):
    now = micros(NOW)
    of = municipality(queues)
    ledger = Ledger(zones={NAME: ZONE}, now=now)
    took = cpu = 0.0
    events = 0
    for batch in batches(legs, queues):
        events += len(batch)
        began, c = time.perf_counter(), time.process_time()
        ledger.fold("calls", batch)
        took += time.perf_counter() - began
        cpu += time.process_time() - c
    print(ledger.tally)
    yield ("fold", f"{took:.2f} s", f"{events / took:,.0f} events/s, cpu {cpu:.2f} s")
    yield ("rss after fold", f"{rss():.0f} MB")
    windows = [window(name, now, ZONE) for name in NAMES]
    began = time.perf_counter()
    frame = ledger.legs_of(NAME).frame()
    copied = time.perf_counter() - began
    evaluate(of, frame, now, windows)
    whole = time.perf_counter() - began
    yield ("evaluation", f"{whole:.2f} s", f"of it {copied*1000:.0f} ms copying")
    yield ("rss", f"{rss():.0f} MB")
    yield ("in all", f"{took + whole:.2f} s")

def rss():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

if __name__ == "__main__":
    sys.exit(main())
