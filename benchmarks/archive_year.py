"""``python -m benchmarks.archive_year``: a simulated year into the archive, and its report.

A year like Luleå's goes through a real broker into SQLite and into PostgreSQL, and the report of
it is made. What is timed of the archive is from its first written record to its last.
"""

import logging
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table
from sqlalchemy import func, select

from stack.local import start_stack
from stack.loopback import answers_ok
from stack.own import Command
from stack.ports import free_ports
from stack.postgresql import PostgreSQL
from streams.archive import database, schema
from streams.domain.event_types import TOPICS as TOPIC_KEYS

CATALOGUE = Path(__file__).parents[1] / "examples" / "lulea.yaml"
TOPICS = "aret"
PARTITIONS = 8
NOT_KNOWN = -1.0
LAG = re.compile(r"^svarsgrad_archive_lag_records\{.*\} ([0-9.e+]+)$", re.MULTILINE)
LIMIT_SECONDS = 900
Row = tuple[str, str, str]


@click.command()
@click.option("--year", default=2025, show_default=True, help="Which year is simulated.")
@click.option("--scale", default=1.0, show_default=True, help="Times the volume of Luleå.")
def main(year: int, scale: float) -> None:
    """Measure the archive on a year of events, and the report of it."""
    logging.getLogger("aiokafka").setLevel(logging.ERROR)
    console = Console(highlight=False)
    table = Table("Figure", "Measured", "How", title=f"{platform.machine()}, {os.cpu_count()} CPU")
    (port,) = free_ports(1)
    with (
        tempfile.TemporaryDirectory() as where,
        start_stack() as stack,
        PostgreSQL(Path(where) / "postgresql", port) as server,
    ):
        kafka, directory = stack.broker.bootstrap_servers, Path(where)
        with console.status("simulating a year …"):
            _svarsgrad(
                "topics",
                "--kafka",
                kafka,
                "--topics",
                TOPICS,
                "--replication",
                "1",
                "--partitions",
                str(PARTITIONS),
            )
            _svarsgrad(
                *("simulate", "--with", "all", "--date", f"{year}-01-01/{year + 1}-01-01"),
                *("--kafka", kafka, "--topics", TOPICS, "--heartbeat", "3600"),
                *("--scale", str(scale).replace(".", ",")),
            )
        file = str(directory / "arkiv.db")
        for rows in (
            archived(kafka, directory / "sqlite", file, None),
            reported(file, directory, year),
            archived(kafka, directory / "server", server.new_database(), server.password_file),
        ):
            with console.status("measuring …"):
                for row in rows:
                    table.add_row(*row)
                    console.print(" · ".join(row))
    console.print(table)


def archived(kafka: str, directory: Path, told: str, password_file: Path | None) -> Iterator[Row]:
    """Time the archive's process on the whole log."""
    (port,) = free_ports(1)
    given = ("--database-password-file", str(password_file)) if password_file else ()
    url = database.address(told, str(password_file) if password_file else None)
    name = "SQLite" if database.is_file(url) else "PostgreSQL"
    process = Command(
        "Arkivet",
        directory,
        *("archive", "--catalogue", str(CATALOGUE), "--kafka", kafka, "--topics", TOPICS),
        *("--database", told, *given, "--group", f"{TOPICS}-{name}"),
        *("--listen", f"127.0.0.1:{port}"),
        ports={"--listen": port},
        ready=lambda: answers_ok(port, "/healthz"),
    )
    with process:
        while (before := _lag(port)) <= 0:  # it joins its group
            time.sleep(0.01)
        while (first := _lag(port)) == before:  # until a first part is written
            time.sleep(0.01)
        began = time.perf_counter()
        while (lag := _lag(port)) != 0:
            time.sleep(0.1)
            if time.perf_counter() - began > LIMIT_SECONDS:
                raise click.ClickException(f"{lag} records are left after {LIMIT_SECONDS} s")
        seconds = time.perf_counter() - began
    engine = database.engine_of(url, reads_only=True)
    with engine.connect() as connection:
        legs = connection.scalar(select(func.count()).select_from(schema.leg)) or 0
    engine.dispose()
    share = first / before  # of the log, since the clock was started
    yield (
        f"archive, {name}",
        f"{legs * share / seconds:,.0f} legs/s",
        f"{legs:,} legs and all else of a year, {first:,.0f} of {before:,.0f} records in "
        f"{seconds:.1f} s",
    )


def reported(file: str, directory: Path, year: int) -> Iterator[Row]:
    """Time the report of the year, in all formats."""
    began = time.perf_counter()
    peak = _svarsgrad(
        *("report", "year", str(year), "--catalogue", str(CATALOGUE), "--database", file),
        *("--to", str(directory)),
    )
    seconds = time.perf_counter() - began
    yield "report of the year", f"{seconds:.1f} s", "PDF, workbook, rows and page"
    yield "its memory", f"{peak:.0f} MiB", "at most"


def _lag(port: int) -> float:
    """Return how many records are not written; less than 0 until all partitions are known."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as answer:
        found = [float(its) for its in LAG.findall(answer.read().decode())]
    return sum(found) if len(found) == len(TOPIC_KEYS) * PARTITIONS else NOT_KNOWN


def _svarsgrad(*arguments: str) -> float:
    """Run a command; return how much memory it took at most, in MiB."""
    command = [sys.executable, "-m", "streams", *arguments]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise click.ClickException(f"svarsgrad {arguments[0]} failed")
    return used.ru_maxrss / 1024


if __name__ == "__main__":
    main()
