"""svarsgrad by itself: what a user waits for, what a worker holds, and how both grow."""

import statistics
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks.figures import Figure
from benchmarks.held import held
from benchmarks.running import Measured, require_same, topic
from benchmarks.workload import MUNICIPALITIES, produce, send_at

THREE: Final = MUNICIPALITIES[:3]
FIFTY: Final = tuple(f"kommun-{n}" for n in range(50))
"""Of four queues each."""
HORIZON: Final = timedelta(hours=24)
"""What is written over so long a time is all held."""
GRACE_SECONDS: Final = 30.0
"""How long the last events may take to be seen before a measurement is given up."""
SCRAPES: Final = 11
STEPS: Final = (1, 2, 4, 8)
SLACK: Final = 1.15
"""How much faster than its work a figure may seem to grow: two measurements differ so much."""


def freshness(servers: str, directory: Path, rate: int, seconds: int) -> Iterator[Figure]:
    """Time every event from just before it is sent to the end of the scrape that counts it."""
    with topic(servers, "fresh.calls"):
        measured = Measured.launch(directory, servers, "fresh.calls", THREE)
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
                    require_same(folded, 3 * count)
                time.sleep(0.02)
            sent = sending.result()
    delays = np.empty(len(sent))
    done = 0
    for at, folded in seen:
        delays[done:folded] = at - np.array(sent[done:folded])
        done = max(done, folded)
    p50, p99 = np.percentile(delays, [50, 99]) * 1_000
    how = f"for {seconds} s, scraped {len(seen)} times, {len(sent) / seconds:,.0f} events/s sent"
    goal = 250.0 if rate == 1_000 else None
    yield Figure(f"freshness at {rate:,} events/s, p50", p50, "ms", how)
    yield Figure(f"freshness at {rate:,} events/s, p99", p99, "ms", at_most=goal)
    yield Figure(f"freshness at {rate:,} events/s, max", delays.max() * 1_000, "ms")


def crash_and_scrapes(servers: str, directory: Path, legs: int) -> Iterator[Figure]:
    """Kill a worker that holds a log of so many legs, start another; then scrape that one."""
    with topic(servers, "crash.calls"):
        events = produce(servers, "crash.calls", legs, FIFTY, within=HORIZON)  # one a message
        empty = _resident_of_none(servers, directory / "empty")
        killed = Measured.launch(directory / "killed", servers, "crash.calls", FIFTY, session=None)
        killed.worker.wait_ready(within_seconds=GRACE_SECONDS + legs / 10_000)
        resident = killed.resident_bytes()
        killed.worker.kill()
        began = time.monotonic()
        with Measured.launch(
            *(directory / "again", servers, "crash.calls", FIFTY),
            session=None,
            group=killed.group,
            port=killed.worker.port,
        ) as again:
            again.until_ready()
            ready = time.monotonic() - began
            yield Figure(
                "ready after kill -9", ready, "s", f"{events:,} single events to fold", at_most=10
            )
            yield Figure(
                "memory a leg, all in",
                (resident - empty) / legs,
                "bytes",
                f"resident, over a worker with nothing; {legs:,} legs",
                at_most=250,
            )
            yield from _scrapes(again, legs)
            require_same(again.folded(), events)
        killed.worker.stop()
        yield from _two_workers(servers, directory, events)


def _resident_of_none(servers: str, directory: Path) -> int:
    with (
        topic(servers, "none.calls"),
        Measured.launch(directory, servers, "none.calls", FIFTY) as none,
    ):
        none.worker.wait_ready()
        return none.resident_bytes()


def _scrapes(measured: Measured, legs: int) -> Iterator[Figure]:
    """Scrape a worker, and once more while it is asked for what takes no time, and may wait."""
    delays: list[float] = []
    is_over = threading.Event()

    def ask() -> None:
        while not is_over.is_set():
            began = time.perf_counter()
            measured.get("/healthz")
            delays.append(time.perf_counter() - began)
            time.sleep(0.002)

    took = _timed_scrapes(measured)
    asking = threading.Thread(target=ask)
    asking.start()
    time.sleep(1.0)
    quiet = max(delays)
    delays.clear()
    _timed_scrapes(measured)
    is_over.set()
    asking.join()
    how = f"{legs:,} legs in the horizon, {4 * len(FIFTY)} queues of {len(FIFTY)} municipalities"
    yield Figure("scrape", statistics.median(took) * 1_000, "ms", how, at_most=250)
    yield Figure("scrape, the slowest", max(took) * 1_000, "ms", f"of {SCRAPES}")
    yield Figure(
        "longest stall while scraped",
        max(delays) * 1_000,
        "ms",
        f"/healthz, asked all the while; {quiet * 1_000:.1f} ms with no scrape",
        at_most=50,
    )


def _timed_scrapes(measured: Measured) -> list[float]:
    took = []
    for _ in range(SCRAPES):
        began = time.perf_counter()
        measured.get("/metrics")
        took.append(time.perf_counter() - began)
    return took


def _two_workers(servers: str, directory: Path, events: int) -> Iterator[Figure]:
    """Time two workers of a new group, side by side, on the same log as one."""
    at = servers, "crash.calls", FIFTY
    solo = Measured.launch(directory / "solo", *at, session=None)
    began = time.monotonic()
    with solo:
        solo.until_ready()
        alone = time.monotonic() - began
    began = time.monotonic()
    first = Measured.launch(directory / "first", *at, session=None)
    second = Measured.launch(directory / "second", *at, session=None, group=first.group)
    with first, second:
        while {its.get("/readyz")[0] for its in (first, second)} != {200}:
            first.until_ready()
            second.until_ready()
        both = time.monotonic() - began
    how = f"{events / alone:,.0f} and {events / both:,.0f} events/s, from start to ready"
    yield Figure("two workers against one", alone / both, "×", how)


def growth(servers: str, directory: Path, calls: int) -> Iterator[Figure]:
    """Time cold starts on an eighth, a quarter, half and all of the log."""
    seconds = []
    for step in STEPS:
        name = f"grow{step}.calls"
        with topic(servers, name):
            events = produce(servers, name, calls * step // STEPS[-1])
            began = time.monotonic()
            with Measured.launch(directory / name, servers, name, MUNICIPALITIES) as measured:
                measured.until_ready()
                seconds.append(time.monotonic() - began)
        yield Figure(f"cold start at {step}×", seconds[-1], "s", f"{events:,} single events")
    yield grown("cold start", seconds)


def held_figures(legs: int) -> Iterator[Figure]:
    """Weigh and time ledgers of one municipality, each in a process of its own."""
    for count, queues in (
        *((legs // part, 200) for part in (100, 10, 1)),
        *((legs // 10, number) for number in (10, 100, 1_000)),
    ):
        its = held(count, queues)
        yield Figure(
            f"scrape of {count:,} legs, {queues:,} queues",
            1_000 * (its.copying + its.figures),
            "ms",
            f"{1_000 * its.copying:.0f} ms of it copying; one municipality, no broker",
        )
    steps = [held(legs * step // STEPS[-1], 200) for step in STEPS]
    yield grown("folding", [its.folding for its in steps])
    yield grown("scrape", [its.copying + its.figures for its in steps])
    yield grown("memory", [its.resident for its in steps])


def grown(name: str, values: Sequence[float]) -> Figure:
    """Return how many times as much eight times the work takes."""
    told = ", ".join(f"{value / values[0]:.1f}" for value in values)
    how = f"{told} times at 1×, 2×, 4×, 8× of the work"
    most = STEPS[-1] * SLACK
    return Figure(f"growth of {name}", values[-1] / values[0], "×", how, at_most=most)
