"""``python -m benchmarks.capacity docs/capacity.md``: what municipalities like Luleå cost.

Their whole horizon is simulated and folded by one worker's ledger, in a process of its own for
each number of them, and its figures are taken as at a scrape. No broker: that is what
``make bench`` measures. The tables are written into the page, between their marks.
"""

import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from pathlib import Path

import click
import orjson

from benchmarks.pages import write_between
from streams.catalogue_file import read_catalogue
from streams.domain.catalogue import Municipality
from streams.domain.event_types import topic_of
from streams.domain.events import decode
from streams.domain.instants import SECOND, micros
from streams.domain.ledger import Ledger
from streams.domain.report import frames_of, live_spans
from streams.domain.windows import ITEM_HORIZON_DAYS
from streams.exposition import Snapshot
from streams.exposition.sheet import Sheet
from streams.exposition.text import Writer
from streams.kafka.topics import RETENTION_DAYS
from streams.replay.event_files import Line

CATALOGUE = Path(__file__).parents[1] / "examples" / "lulea.yaml"
LULEA = read_catalogue(CATALOGUE).municipalities["lulea"]
NOW = datetime(2026, 3, 6, 11, tzinfo=UTC)
"""A Friday, when most has come in."""
WEEK = ("2026-03-02", "2026-03-09")
QUARTER_SECONDS = 900
MEGA = 1e6
NUMBERS = (1, 5, 20)
WHOLE_COUNTRY = 290
INHABITANTS = {"Luleå": 79_000, "Sweden": 10_600_000}
"""About."""
SCRAPE_SECONDS = 15.0
SCRAPES = 3
SHARE = 0.25
"""Of a processor, that scrapes may take."""
START_SECONDS = 60.0
"""So long a worker may fold before it shows anything, after a restart or another's end."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What so many municipalities take of one worker."""

    municipalities: int
    events: int
    fold_seconds: float
    resident_bytes: int
    """More than before anything was folded."""
    first_seconds: float
    """Of the first scrape after the start, on the event loop."""
    copy_seconds: float
    """Of each after it, likewise."""
    figures_seconds: float
    """And then in a thread."""
    scrape_bytes: int
    series: int


@click.command()
@click.argument("page", type=click.Path(path_type=Path), required=False)
@click.option("--only", type=int, hidden=True, help="Measure so many, in this process.")
@click.option("--log", type=click.Path(path_type=Path), hidden=True)
def main(page: Path | None, only: int | None, log: Path | None) -> None:
    """Measure what municipalities cost; write it into the page."""
    if only is not None and log is not None:
        sys.stdout.buffer.write(orjson.dumps(asdict(cost(log, only))))
        return
    with tempfile.TemporaryDirectory() as where:
        print("simulating …", file=sys.stderr)
        week, horizon = Path(where, "week.jsonl"), Path(where, "horizon.jsonl")
        simulate(week, "all", *WEEK)
        began = NOW.date() - timedelta(days=ITEM_HORIZON_DAYS)
        items, days = Path(where, "items.jsonl"), Path(where, "days.jsonl")
        simulate(items, "emails,cases", str(began), str(NOW.date() + timedelta(days=1)))
        simulate(days, "calls,presence", str(NOW.date() - timedelta(days=1)), "2026-03-07")
        until_now([days, items], horizon)
        costs = []
        for number in NUMBERS:
            print(f"{number} municipalities …", file=sys.stderr)
            costs.append(measured(horizon, number))
        text = volume_of(week) + "\n" + table_of(costs)
    print(text)
    if page is not None:
        write_between(page, "costs", text)


def simulate(to: Path, kinds: str, first: str, end: str) -> None:
    """Simulate days of Luleå into a file."""
    subprocess.run(
        [
            *(sys.executable, "-m", "streams", "simulate", "--with", kinds),
            *("--date", f"{first}/{end}", "--to", str(to)),
        ],
        check=True,
        capture_output=True,
    )


def until_now(files: list[Path], to: Path) -> None:
    """Join files, without what is still to come."""
    now = NOW.isoformat().replace("+00:00", "Z")
    with to.open("wb") as out:
        for file in files:
            for line in file.read_bytes().splitlines(keepends=True):
                if orjson.loads(line)["time"] <= now:
                    out.write(line)


def measured(log: Path, number: int) -> Cost:
    """Return what so many take, of a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.capacity", "--only", str(number), "--log", str(log)],
        check=True,
        capture_output=True,
    )
    return Cost(**orjson.loads(done.stdout))


def cost(log: Path, number: int) -> Cost:
    """Fold the log for so many municipalities, and take their figures."""
    those = [replace(LULEA, id=f"kommun{n}") for n in range(number)]
    ledger = Ledger(zones={of.id: of.zone for of in those}, now=micros(NOW))
    before, took, events = resident_bytes(), 0.0, 0
    for of in those:
        with log.open("rb") as file:
            own = b'"partitionkey":"%s"' % of.id.encode()
            while lines := list(islice(file, 1_000)):
                at = micros(NOW) // 1_000
                records = [
                    Line(events + n, line.replace(b'"partitionkey":"lulea"', own), at)
                    for n, line in enumerate(lines)
                ]
                began = time.process_time()
                if ledger.fold("any", records):
                    raise click.ClickException("an event was rejected")
                took += time.process_time() - began
                events += len(lines)
    held = resident_bytes() - before
    writer = Writer()
    first, _, _ = scraped(ledger, those, 0, writer)
    later = [scraped(ledger, those, n, writer) for n in range(1, SCRAPES + 1)]
    text = later[-1][2]
    return Cost(
        number,
        events,
        took,
        held,
        first,
        statistics.median(copying for copying, _, _ in later),
        statistics.median(figures for _, figures, _ in later),
        len(text),
        sum(not line.startswith(b"#") for line in text.splitlines()),
    )


def scraped(
    ledger: Ledger, those: list[Municipality], number: int, writer: Writer
) -> tuple[float, float, bytes]:
    """Return the seconds that copying for a scrape took, and the figures, and what it tells."""
    now = micros(NOW) + number * int(SCRAPE_SECONDS) * SECOND
    began = time.process_time()
    frames = tuple(
        (of, frames_of(of, ledger.books_of(of.id), now, live_spans(of, now))) for of in those
    )
    copied = time.process_time()
    text = Snapshot(now, frames, Sheet()).text(writer)
    return copied - began, time.process_time() - copied, text


def resident_bytes() -> int:
    """Return what this process has in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def volume_of(week: Path) -> str:
    """Return a table of what comes of Luleå: how much, how large, and how long it is kept."""
    counts: Counter[str] = Counter()
    sizes: Counter[str] = Counter()
    quarters: Counter[int] = Counter()
    for line in week.read_bytes().splitlines():
        event = decode(line)
        key = topic_of(event)
        counts[key] += 1
        sizes[key] += len(line)
        quarters[int(event.time.timestamp() / QUARTER_SECONDS)] += 1
    rows = ["| topic | events a week | bytes each | kept, days | on disk, MB, for each copy |"]
    rows += ["|---|---:|---:|---:|---:|"]
    whole = 0.0
    for key, number in sorted(counts.items()):
        days = RETENTION_DAYS[key]
        kept = sizes[key] / 7 * (days or 3_650) / MEGA
        whole += kept
        told = "for ever" if days is None else f"{days:,}"
        each = sizes[key] / number
        rows.append(f"| `.{key}` | {number:,} | {each:,.0f} | {told} | {kept:,.0f} |")
    busiest = max(quarters.values()) / QUARTER_SECONDS
    return (
        "\n".join(rows)
        + f"\n\nIn all {whole:,.0f} MB on disk for each copy (as sent one by one, not packed; "
        f"of what is kept for ever, ten years). Events a second in the busiest quarter of an "
        f"hour: {busiest:.1f}.\n"
    )


def table_of(costs: list[Cost]) -> str:
    """Return what was measured, and what follows of it for the whole country."""
    today = date.today().isoformat()  # noqa: DTZ011 - of the page
    rows = [
        f"Measured {today} by `python -m benchmarks.capacity docs/capacity.md`: "
        f"{len(os.sched_getaffinity(0))} cores, Python {platform.python_version()}.",
        "",
        "| municipalities like Luleå | events in the horizon | s to fold them | MB of memory | "
        "ms of the first scrape on the loop | ms of each after it | and in a thread | series | "
        "kB of a scrape |",
        "|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    rows += [
        f"| {its.municipalities} | {its.events:,} | {its.fold_seconds:.1f} | "
        f"{its.resident_bytes / MEGA:,.0f} | {its.first_seconds * 1_000:,.0f} | "
        f"{its.copy_seconds * 1_000:,.0f} | "
        f"{its.figures_seconds * 1_000:,.0f} | {its.series:,} | {its.scrape_bytes / 1_000:,.0f} |"
        for its in costs
    ]
    most = costs[-1]
    each = 1 / most.municipalities
    scrape = (most.copy_seconds + most.figures_seconds) * each
    fold, first, later = (
        its * each for its in (most.fold_seconds, most.first_seconds, most.copy_seconds)
    )
    by_scrapes, by_start = int(SCRAPE_SECONDS * SHARE / scrape), int(START_SECONDS / fold)
    room = min(by_scrapes, by_start)
    workers = -(-WHOLE_COUNTRY // room)
    times = INHABITANTS["Sweden"] / INHABITANTS["Luleå"]
    rows += [
        "",
        f"One municipality more takes {scrape * 1_000:.0f} ms of each scrape. With a scrape every "
        f"{SCRAPE_SECONDS:.0f} s that may take a quarter of a processor, a worker has room for "
        f"{by_scrapes}. One municipality more takes {fold:.1f} s of each start; with a minute to "
        f"start in, {by_start}. So **one worker has room for {room} municipalities like Luleå**, "
        f"and then holds {room * most.resident_bytes * each / MEGA:,.0f} MB, and "
        f"folds nothing for {room * first:,.1f} s at its first scrape and "
        f"{room * later * 1_000:,.0f} ms at each later one.",
        "",
        f"**All {WHOLE_COUNTRY}, on paper.** As many queues and promises each as Luleå, and by "
        f"their inhabitants {times:,.0f} times its calls, questions and cases: {workers} workers, "
        f"{WHOLE_COUNTRY * most.series * each:,.0f} series, and in all "
        f"{times * most.resident_bytes * each / 1e9:,.1f} GB of memory beside the processes' own.",
    ]
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    sys.exit(main())
