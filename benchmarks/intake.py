"""How much ``svarsgrad intake`` takes on one processor: ``python -m benchmarks.intake``.

A real broker, and real connections that each send a request, wait for its answer, and send the
next. The intake has one processor for itself; whoever sends and the broker share the other. What
counts is the most requests a second of which 99 in a hundred are answered within 50 ms.
"""

import asyncio
import contextlib
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from itertools import count
from pathlib import Path
from typing import Final, cast

from benchmarks.running import catalogue
from benchmarks.workload import QUEUES
from producers.intake.grants import line_of, new_token
from stack.broker import Broker
from stack.loopback import answers_ok
from stack.own import Command
from stack.ports import LOOPBACK, free_ports
from streams.kafka.administration import connect, create
from streams.kafka.topics import wanted

MUNICIPALITY: Final = "lulea"
LIMIT_SECONDS: Final = 0.050
SECONDS: Final = 5.0
WARM_SECONDS: Final = 1.0
CONNECTIONS: Final = (1, 8, 32, 64, 128, 256)
BATCHES: Final = (1, 100)
_numbers = count()


@dataclass(slots=True)
class Measured:
    """What came of one load."""

    connections: int
    requests: int
    seconds: float
    waits: list[float]
    cpu_seconds: float

    def wait(self, share: float) -> float:
        """Return within how many seconds a share of the answers came."""
        return sorted(self.waits)[min(len(self.waits) - 1, int(share * len(self.waits)))]

    @property
    def per_second(self) -> float:
        """Return requests a second."""
        return self.requests / self.seconds


def event(number: int, at: str) -> dict[str, object]:
    """Return an event as a telephone system would push it, with the caller's number."""
    return {
        "specversion": "1.0",
        "id": f"{number}/offered",
        "source": "/vaxel",
        "type": "se.svarsgrad.call.offered.v1",
        "subject": str(number),
        "time": at,
        "partitionkey": MUNICIPALITY,
        "data": {
            "queue": QUEUES[number % len(QUEUES)],
            "arrived_at": at,
            "caller": f"08-465 004 {number % 100:02}",
        },
    }


def request(events: int, token: str) -> bytes:
    """Return a request with so many events that nobody has sent before."""
    at = datetime.now(UTC).isoformat(timespec="seconds")
    made = [event(next(_numbers), at) for _ in range(events)]
    kind = "cloudevents" if events == 1 else "cloudevents-batch"
    body = json.dumps(made[0] if events == 1 else made).encode()
    head = (
        f"POST /events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/{kind}+json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


@dataclass(slots=True, eq=False)
class Client(asyncio.Protocol):
    """A connection that sends the next request when it has the answer to the last."""

    requests: Iterator[bytes]
    waits: list[float]
    until: float
    done: asyncio.Future[None] = field(init=False)
    _transport: asyncio.Transport = field(init=False)
    _sent_at: float = field(init=False)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self.done = asyncio.get_running_loop().create_future()
        self._transport = cast("asyncio.Transport", transport)
        self._send()

    def data_received(self, data: bytes) -> None:
        """Take an answer, which comes in one piece, and go on."""
        if not data.startswith(b"HTTP/1.1 202"):
            raise SystemExit(data.decode())
        now = time.perf_counter()
        self.waits.append(now - self._sent_at)
        if now < self.until:
            self._send()
        elif not self.done.done():
            self._transport.close()
            self.done.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        """End: nobody else closes it."""
        if not self.done.done():
            self.done.set_exception(exc or ConnectionError("the intake closed a connection"))

    def _send(self) -> None:
        self._sent_at = time.perf_counter()
        self._transport.write(next(self.requests))


async def load(
    port: int, pid: int, *, connections: int, events: int, token: str, seconds: float
) -> Measured:
    """Send from so many connections at a time, and return what came of it."""
    made = [request(events, token) for _ in range(2_000 if events == 1 else 100)]

    def endless() -> Iterator[bytes]:
        while True:
            yield from made

    waits: list[float] = []
    requests = endless()
    cpu, began = _cpu_seconds(pid), time.perf_counter()
    loop = asyncio.get_running_loop()
    clients = [Client(requests, waits, began + seconds) for _ in range(connections)]
    for client in clients:
        await loop.create_connection(lambda its=client: its, LOOPBACK, port)
    await asyncio.gather(*(client.done for client in clients))
    took = time.perf_counter() - began
    return Measured(connections, len(waits), took, waits, _cpu_seconds(pid) - cpu)


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextlib.contextmanager
def running(directory: Path, kafka: str) -> Iterator[tuple[Command, int, str]]:
    """Run an intake on a processor of its own; give it, its port, and a token."""
    create(connect(kafka), wanted("svarsgrad", 4, replication=1))
    text = catalogue((MUNICIPALITY,))
    text += f"    sources:\n      vaxel: {{name: V, queues: [{', '.join(QUEUES)}]}}\n"
    (directory / "catalogue.yaml").write_text(text, encoding="utf-8")
    token = new_token()
    line = line_of(token, "vaxel", None, types=["call.*"], events_per_second=100_000)
    tokens, key = directory / "tokens.yaml", directory / "identity.key"
    for file, said in ((tokens, f"tokens:\n{line}\n"), (key, "07" * 32)):
        file.write_text(said)
        file.chmod(0o600)
    (port,) = free_ports(1)
    intake = Command(
        "Mottagningen",
        directory / "intake",
        "intake",
        *("--catalogue", str(directory / "catalogue.yaml"), "--tokens", str(tokens)),
        *("--identity-key", str(key), "--key-file", str(directory / "keys")),
        *("--kafka", kafka, "--listen", f"{LOOPBACK}:{port}"),
        ready=lambda: answers_ok(port, "/readyz"),
    )
    with intake:
        yield intake, port, token


def main() -> None:
    """Measure, and print a table."""
    ours, *others = sorted(os.sched_getaffinity(0))
    theirs = others or [ours]
    os.sched_setaffinity(0, theirs)  # and so the broker, which we start
    with tempfile.TemporaryDirectory() as directory:
        port, controller_port = free_ports(2)
        with (
            Broker(Path(directory) / "kafka", port, controller_port) as broker,
            running(Path(directory), broker.bootstrap_servers) as (intake, at, token),
        ):
            pid = intake.pid or sys.exit("Mottagningen har avslutats.")
            os.sched_setaffinity(pid, [ours])
            for events in BATCHES:
                its = partial(load, at, pid, events=events, token=token)
                asyncio.run(its(connections=32, seconds=WARM_SECONDS))
                found = [
                    asyncio.run(its(connections=connections, seconds=SECONDS))
                    for connections in CONNECTIONS
                ]
                _print(events, found)


def _print(events: int, found: list[Measured]) -> None:
    print(f"{events} events a request:")
    for its in found:
        print(
            f"  {its.connections:4} connections: {its.per_second:7,.0f} requests/s, "
            f"{events * its.per_second:9,.0f} events/s, p50 {1000 * its.wait(0.5):5.1f} ms, "
            f"p99 {1000 * its.wait(0.99):6.1f} ms, {its.cpu_seconds / its.seconds:4.0%} of a core"
        )
    within = [its for its in found if its.wait(0.99) <= LIMIT_SECONDS]
    if within:
        best = max(within, key=lambda its: its.per_second)
        print(
            f"  the most with p99 ≤ 50 ms: {best.per_second:,.0f} requests/s "
            f"({events * best.per_second:,.0f} events/s)"
        )


if __name__ == "__main__":
    main()
