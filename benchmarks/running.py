"""A worker under measurement: started, asked, stopped."""

import os
import signal
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

import click

from benchmarks.workload import MUNICIPALITIES, PARTITIONS, QUEUES
from stack.own import Worker
from stack.ports import free_ports
from streams.kafka.administration import connect, create
from streams.kafka.topics import wanted

SESSION_SECONDS = "60"
"""So that a worker that is stopped while its log is written keeps its partitions."""
AFTERNOON = 16
PATIENCE_SECONDS = 120.0
IDLE = 5
"""Looks in which it had a processor for less than half of the time: it has nothing to do."""


def afternoon() -> str:
    """Return a zone where it is four in the afternoon.

    What a scrape takes depends on how much of the horizon is today: so it is always alike.
    """
    east = (AFTERNOON - datetime.now(UTC).hour + 9) % 24 - 9
    return f"Etc/GMT{-east:+d}"  # named by what is to be added for UTC


def catalogue(municipalities: tuple[str, ...] = MUNICIPALITIES, zone: str | None = None) -> str:
    """Return a catalogue with two promises for every queue, in :func:`afternoon` if not told."""
    zone = zone or afternoon()
    promise = "measure: answered_within, goal: 0.90, valid_from: 2014-01-01, source: Mätning"
    targets = "".join(
        f"      svar-{seconds}: {{name: Svar, limit_seconds: {seconds}, {promise}}}\n"
        for seconds in (15, 300)
    )
    queues = "".join(
        f"      {queue}: {{name: {queue}, kind: customer_centre, team: alla, "
        "targets: [svar-15, svar-300]}\n"
        for queue in QUEUES
    )
    return "version: 1\nmunicipalities:\n" + "".join(
        f"  {name}:\n    name: {name}\n    zone: {zone}\n    teams: {{alla: {{name: Alla}}}}\n"
        f"    targets:\n{targets}    queues:\n{queues}"
        for name in municipalities
    )


@dataclass(slots=True)
class Measured:
    """A worker and what it answers."""

    worker: Worker
    group: str

    @classmethod
    def launch(
        cls,
        directory: Path,
        servers: str,
        topic: str,
        municipalities: tuple[str, ...],
        *,
        session: str | None = SESSION_SECONDS,
        group: str | None = None,
        port: int | None = None,
        tree: Path | None = None,
    ) -> Self:
        """Launch a worker, with a group and a port of its own if none is given.

        It is not ready yet. ``tree`` is a checkout of another version, whose worker it is to be.
        """
        directory.mkdir(parents=True, exist_ok=True)
        file = directory / "catalogue.yaml"
        file.write_text(catalogue(municipalities), encoding="utf-8")
        port = port or free_ports(1)[0]
        group = group or f"bench-{time.time_ns()}"
        worker = Worker(
            directory,
            port,
            servers,
            file,
            environment={
                "SVARSGRAD_GROUP": group,
                "SVARSGRAD_TOPICS": topic.removesuffix(".calls"),
                **({"SVARSGRAD_SESSION_SECONDS": session} if session else {}),
                **({"PYTHONPATH": str(tree)} if tree else {}),
            },
        )
        worker.launch()
        return cls(worker, group)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.worker.stop()

    def get(self, path: str) -> tuple[int, str]:
        """Return status and body; 0 while nobody answers."""
        url = f"http://127.0.0.1:{self.worker.port}{path}"
        try:
            with urllib.request.urlopen(url, timeout=30) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def until_ready(self) -> None:
        """Return when all its ledgers are; an error if it has died, or is not in time."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self.get("/readyz")[0] != 200:
            self.worker.check()
            if time.monotonic() > deadline:
                raise click.ClickException(f"not ready within {PATIENCE_SECONDS:.0f} s")
            time.sleep(0.01)

    def folded(self) -> int:
        """Return how many events the worker has folded."""
        _, body = self.get("/metrics")
        line = 'svarsgrad_events_total{result="folded"} '
        return int(float(body.partition(line)[2].partition("\n")[0] or 0))

    def resident_bytes(self) -> int:
        """Return the worker's resident memory."""
        status = Path(f"/proc/{self.worker.pid}/status").read_text(encoding="ascii")
        return int(status.partition("VmRSS:")[2].split()[0]) * 1024

    def processor_seconds(self) -> float:
        """Return how long the worker has had a processor."""
        told = Path(f"/proc/{self.worker.pid}/stat").read_text(encoding="ascii")
        user, system = told.rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    def pause(self) -> None:
        """Stop the process where it is."""
        os.kill(self.worker.pid or 0, signal.SIGSTOP)

    def go_on(self) -> None:
        """Let it go on."""
        os.kill(self.worker.pid or 0, signal.SIGCONT)


def seconds_busy(measured: Measured, servers: str, messages: int) -> float:
    """Return for how long from now a worker works until it has folded so many messages.

    That it has is known by what it commits, once a second; when it had, by when its processor's
    time stood still. Looking at either costs it nothing. A log so short that no look catches it at
    work is timed until the commit.
    """
    admin, began = connect(servers), time.perf_counter()
    samples: list[tuple[float, float]] = []
    try:
        committed = 0
        while committed < messages:
            measured.worker.check()
            if time.perf_counter() - began > PATIENCE_SECONDS:
                raise click.ClickException(f"{committed} of {messages} messages committed")
            for _ in range(5):
                samples.append((time.perf_counter(), measured.processor_seconds()))
                time.sleep(0.02)
            offsets = admin.list_group_offsets(measured.group)[measured.group].values()
            committed = sum(max(0, offset.offset) for offset in offsets)
    finally:
        admin.close()
    busy = [
        at
        for (before, spent), (at, more) in zip(samples, samples[IDLE:], strict=False)
        if more - spent > (at - before) / 2
    ]
    return (busy[-1] if busy else samples[-1][0]) - began


def require_same(folded: int, events: int) -> None:
    """Refuse a run that is not the same work."""
    if folded != events:
        raise click.ClickException(f"folded {folded} events of {events}: not the same work")


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
