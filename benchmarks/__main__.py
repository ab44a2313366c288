"""``python -m benchmarks``: one worker on a real broker, each figure by itself, in one run.

A figure is of this machine and this run; what carries over is the ratio to the plain loop.
"""

import logging
import os
import platform
import statistics
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from zoneinfo import ZoneInfo

import click
import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks import plain
from benchmarks.running import Measured
from benchmarks.workload import MUNICIPALITIES, PARTITIONS, calls, produce, send_at
from stack.local import start_stack
from streams.domain.events import encode
from streams.domain.instants import micros
from streams.domain.ledger import Ledger
from streams.kafka.administration import connect, create
from streams.kafka.topics import wanted
from streams.replay.event_files import Line

Row = tuple[str, str, str]
Measure = Callable[[], Iterator[Row]]
FEW = MUNICIPALITIES[:1]
THREE = MUNICIPALITIES[:3]
GRACE_SECONDS = 30.0
"""How long the last events may take to be seen before a measurement is given up."""


@click.command()
@click.option("--calls", "count", default=200_000, show_default=True, help="Calls in the log.")
@click.option("--rate", default=1_000, show_default=True, help="Events a second for freshness.")
@click.option("--seconds", default=20, show_default=True, help="How long freshness is measured.")
def main(count: int, rate: int, seconds: int) -> None:
    """Measure cold start, steady state, freshness, scrape and memory."""
    logging.getLogger("aiokafka").setLevel(logging.ERROR)  # new topics have no leader at first
    console = Console(highlight=False)
    table = Table("Figure", "Measured", "How", title=f"{platform.machine()}, {_cpus()} processors")
    with tempfile.TemporaryDirectory() as where, start_stack() as stack:
        servers, directory = stack.broker.bootstrap_servers, Path(where)
        measures: list[Measure] = [
            lambda: cold_start(servers, directory, count),
            lambda: steady_state(servers, directory, count),
            lambda: freshness(servers, directory, rate, seconds),
            lambda: scrape(servers, directory, count // 2),
            lambda: memory(count),
        ]
        for measure in measures:
            with console.status("measuring …"):
                for row in measure():
                    table.add_row(*row)
                    console.print(" · ".join(row))
    console.print(table)


def cold_start(servers: str, directory: Path, count: int) -> Iterator[Row]:
    """Time a worker with nothing on a log that is there: from its first record to ready."""
    with topic(servers, "cold.calls"):
        events = produce(servers, "cold.calls", count)
        limit = plain.read(servers, "cold.calls", PARTITIONS)
        yield "plain aiokafka loop", rate_of(limit), "orjson and a dict, nothing checked"
        began = time.perf_counter()
        measured = Measured.launch(directory / "cold", servers, "cold.calls", MUNICIPALITIES)
        with measured:
            while "recovery" not in (answer := measured.get("/readyz"))[1] and answer[0] != 200:
                time.sleep(0.005)
            filling = time.perf_counter()
            while measured.get("/readyz")[0] != 200:
                time.sleep(0.02)
            ready = time.perf_counter()
            folded = measured.folded()
        _same(folded, events)
        speed = events / (ready - filling)
        yield (
            "cold start",
            rate_of(speed),
            f"{events:,} single events, {speed / limit:.2f} × plain",
        )
        yield (
            "start to ready",
            f"{ready - began:.1f} s",
            "with Python's start and joining the group",
        )


def steady_state(servers: str, directory: Path, count: int) -> Iterator[Row]:
    """Pause a ready worker, write the log, let it go on: all of it through Faust."""
    with topic(servers, "steady.calls"):
        measured = Measured.launch(directory / "steady", servers, "steady.calls", MUNICIPALITIES)
        with measured:
            measured.worker.wait_ready()
            measured.pause()
            events = produce(servers, "steady.calls", count)
            limit = plain.read(servers, "steady.calls", PARTITIONS)
            measured.go_on()
            speed = _speed_of_commits(servers, measured.group, events)
            folded = measured.folded()
        _same(folded, events)
        yield "steady state", rate_of(speed), f"through Faust, {speed / limit:.2f} × plain"


def _speed_of_commits(servers: str, group: str, events: int) -> float:
    """Return events a second between the first and the last commit on the way.

    The worker commits what it has folded every second; looking at that costs it nothing. A log so
    short that one commit covers it is timed from now.
    """
    admin = connect(servers)
    now = time.perf_counter()
    seen: list[tuple[float, int]] = []
    try:
        while not seen or seen[-1][1] < events:
            offsets = admin.list_group_offsets(group)[group].values()
            folded = sum(max(0, offset.offset) for offset in offsets)
            if folded and (not seen or folded > seen[-1][1]):
                seen.append((time.perf_counter(), folded))
            time.sleep(0.05)
    finally:
        admin.close()
    if len(seen) < 3:
        return events / (seen[-1][0] - now)
    (began, first), (ended, last) = seen[0], seen[-2]
    return (last - first) / (ended - began)


def freshness(servers: str, directory: Path, rate: int, seconds: int) -> Iterator[Row]:
    """Time every event from just before it is sent to the end of the scrape that counts it."""
    with topic(servers, "fresh.calls"):
        measured = Measured.launch(directory / "fresh", servers, "fresh.calls", THREE)
        count = rate * seconds // 3
        with measured, ProcessPoolExecutor(1, get_context("spawn")) as sender:
            measured.worker.wait_ready()
            sending = sender.submit(send_at, rate, servers, "fresh.calls", count, THREE)
            deadline = time.monotonic() + seconds + GRACE_SECONDS
            seen: list[tuple[float, int]] = []
            while not seen or seen[-1][1] < 3 * count:
                folded = measured.folded()
                seen.append((time.perf_counter(), folded))
                if sending.done():
                    sending.result()  # raises what it failed of
                if time.monotonic() > deadline:
                    _same(folded, 3 * count)
                time.sleep(0.02)
            sent = sending.result()
        delays = np.empty(len(sent))
        done = 0
        for at, folded in seen:
            delays[done:folded] = at - np.array(sent[done:folded])
            done = max(done, folded)
        p50, p99 = np.percentile(delays, [50, 99]) * 1000
        how = f"{rate:,} events/s for {seconds} s, scraped {len(seen)} times"
        yield "freshness p50", f"{p50:.0f} ms", how
        yield "freshness p99", f"{p99:.0f} ms", f"max {delays.max() * 1000:.0f} ms"


def scrape(servers: str, directory: Path, count: int) -> Iterator[Row]:
    """Time scrapes of a worker that does nothing else, with few queues and with many."""
    for name, municipalities in (("few.calls", FEW), ("many.calls", MUNICIPALITIES)):
        with topic(servers, name):
            produce(servers, name, count, municipalities)
            measured = Measured.launch(directory / name, servers, name, municipalities)
            with measured:
                measured.worker.wait_ready()
                took, size = [], 0
                for _ in range(11):
                    began = time.perf_counter()
                    size = len(measured.get("/metrics")[1])
                    took.append(time.perf_counter() - began)
                resident = measured.resident_bytes()
            median = statistics.median(took) * 1000
            queues = 4 * len(municipalities)
            how = (
                f"{count:,} legs, {queues} queues, {size:,} bytes, worst {max(took) * 1000:.0f} ms"
            )
            yield "scrape", f"{median:.0f} ms", how
            yield "resident memory", f"{resident / 1e6:.0f} MB", f"{count:,} legs, {queues} queues"


def memory(count: int) -> Iterator[Row]:
    """Weigh a ledger, as Python's allocator has it, for each leg."""
    now = datetime.now(UTC)
    zones = {name: ZoneInfo("Etc/UTC") for name in MUNICIPALITIES}
    ledger = Ledger(zones=zones, now=micros(now))
    events = calls(count, now, MUNICIPALITIES)
    tracemalloc.start()
    for n, event in enumerate(events):
        ledger.fold("memory", [Line(n, encode(event))])
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    legs = sum(len(books.calls) for books in ledger.books.values())
    yield "memory per leg", f"{held / legs:.0f} bytes", f"{legs:,} legs in 32 municipalities"


@contextmanager
def topic(servers: str, name: str) -> Iterator[None]:
    """Make a topic and its rejected topic; remove them afterwards."""
    admin = connect(servers)
    try:
        create(admin, wanted(name.removesuffix(".calls"), PARTITIONS, replication=1))
        yield
        admin.delete_topics([one.name for one in wanted(name.removesuffix(".calls"))])
    finally:
        admin.close()


def _same(folded: int, events: int) -> None:
    if folded != events:
        raise click.ClickException(f"folded {folded} events of {events}: not the same work")


def rate_of(speed: float) -> str:
    """Return events a second, for people."""
    return f"{speed:,.0f} events/s"


def _cpus() -> int:
    return len(os.sched_getaffinity(0))


if __name__ == "__main__":
    sys.exit(main())
