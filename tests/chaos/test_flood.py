"""A worker whose endpoints are flooded goes on with its work, and answers who asks promptly."""

import asyncio
import contextlib
import itertools
import os
import random
import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import pytest
from answers import Answer, answer_of, hold_against_replay, until_settled
from busy import happenings
from msgspec.structs import replace
from poison import PERSON, traces_of
from reliability import Figures
from workers import Load, Site, crew, wait_until

from stack.loopback import request
from stack.own import Worker
from stack.ports import LOOPBACK
from streams import metrics as m
from streams.endpoints import door

CLIENTS = 100
"""Of each kind."""
HELD = 20_000
"""Events that it has folded before."""
MEBIBYTE = 1 << 20
MOST_MORE = 400
"""MiB of memory: for each of as many connections as there may be, a large request or answer."""
JUST_LET_IN = 2 * 128
"""So many may wait at the door, and all are let in at once; as many again until one is cut."""
SOME = 60
"""Of so many samples the first half shows what a flood takes."""
WITHIN_SECONDS = 5.0
"""Within which /healthz and /readyz answer, on a machine that the flood itself keeps busy."""
SECRET = f"X-Caller: {PERSON}\r\n"


Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass
class Flood:
    """Many clients of each kind, each again and again, from another thread, until its end."""

    port: int
    answers: Counter[bytes] = field(default_factory=Counter)
    """What was answered, but for the metrics, and how often."""
    metrics: int = 0
    """How often the metrics were given whole."""
    ledgers: int = 0
    """How often the digests of the ledgers were."""
    _ended: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    async def _run(self) -> None:
        kinds = (
            self._asks_for_metrics,
            self._reads_metrics_slowly,
            self._asks_for_nonsense,
            self._says_a_byte_a_second,
            self._says_nothing,
            self._leaves_it_open,
            self._sends_huge_headers,
            self._sends_a_huge_body,
            self._asks_for_the_ledgers,
        )
        clients = [asyncio.create_task(self._again_and_again(kind)) for kind in kinds * CLIENTS]
        await asyncio.to_thread(self._ended.wait)
        for client in clients:
            client.cancel()
        await asyncio.gather(*clients, return_exceptions=True)

    async def _again_and_again(self, kind: Callable[..., Awaitable[None]]) -> None:
        while True:
            writer = None
            try:
                reader, writer = await asyncio.open_connection(LOOPBACK, self.port)
                await kind(reader, writer)
            except (OSError, asyncio.IncompleteReadError):
                await asyncio.sleep(0.1)
            finally:
                if writer is not None:
                    writer.transport.abort()

    async def _asks_for_metrics(self, *streams: *Streams) -> None:
        found = await self._answer(*streams, "GET /metrics HTTP/1.1\r\n" + SECRET)
        if b"svarsgrad_evaluated_at" in found:
            self.metrics += 1
        else:
            self.answers[found] += 1

    async def _asks_for_the_ledgers(self, *streams: *Streams) -> None:
        found = await self._answer(*streams, "GET /ledgers HTTP/1.1\r\n" + SECRET)
        if b'"partitions"' in found:
            self.ledgers += 1
        else:
            self.answers[found] += 1

    async def _reads_metrics_slowly(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        writer.write(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
        for _ in range(60):
            await reader.readexactly(1)
            await asyncio.sleep(1)

    async def _asks_for_nonsense(self, *streams: *Streams) -> None:
        line = random.choice(
            [
                f"GET /{PERSON.replace(' ', '-')} HTTP/1.1",
                "POST /metrics HTTP/1.1",
                "DELETE /readyz HTTP/1.1",
                "GET /readyz?caller=0846500417 HTTP/1.1",
                "OPTIONS * HTTP/1.1",
                "CONNECT example.org:443 HTTP/1.1",
                f"{PERSON} HTTP/1.1",
                f"GET {PERSON} HTTP/9.9",
                "GET http://test@example.org/metrics/.. HTTP/1.1",
                "GET /healthz HTTP/1.1\r\nContent-Length: -1",
                "GET /healthz HTTP/1.1\r\nUpgrade: websocket\r\nConnection: upgrade",
            ]
        )
        self.answers[await self._answer(*streams, f"{line}\r\n{SECRET}")] += 1

    async def _says_a_byte_a_second(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        del reader
        for byte in ("GET /metrics HTTP/1.1\r\n" + SECRET).encode():
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(1)

    async def _says_nothing(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        del writer
        await reader.read(1)

    async def _leaves_it_open(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        for _ in range(100):
            writer.write(b"GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: keep-alive\r\n\r\n")
            await reader.readuntil(b"}")
        await reader.read()

    async def _sends_huge_headers(self, *streams: *Streams) -> None:
        headers = random.choice(
            [f"X-Caller: {PERSON * 20_000}\r\n", f"X-Caller: {PERSON}\r\n" * 20_000]
        )
        self.answers[await self._answer(*streams, "GET /readyz HTTP/1.1\r\n" + headers)] += 1

    async def _sends_a_huge_body(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        del reader
        writer.write(b"POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 10000000000\r\n")
        writer.write(b"Content-Encoding: gzip\r\n\r\n")
        for _ in range(1_000):
            writer.write(PERSON.encode() * 1_000)
            await writer.drain()
            await asyncio.sleep(0.05)

    @staticmethod
    async def _answer(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter, asked: str
    ) -> bytes:
        """Return all that is answered until the connection is closed, but for the date."""
        writer.write(f"{asked}Host: x\r\n\r\n".encode())
        lines = (await reader.read(-1)).splitlines(keepends=True)
        return b"".join(line for line in lines if not line.startswith(b"Date:"))


def memory_of(worker: Worker) -> int:
    """Return how much a worker has in memory now, in bytes."""
    pages = int(Path(f"/proc/{worker.pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def files_of(worker: Worker) -> int:
    """Return how many files and connections a worker has open."""
    return len(list(Path(f"/proc/{worker.pid}/fd").iterdir()))


@dataclass
class Prompt:
    """Somebody who asks as a platform and Prometheus do, while there is a flood."""

    worker: Worker
    seconds: dict[str, list[float]] = field(default_factory=dict)
    """How long it took until an answer, by path."""
    scrapes: list[Answer] = field(default_factory=list)

    def ask(self) -> None:
        for path in ("/healthz", "/readyz"):
            began = time.monotonic()
            wait_until(lambda path=path: self._is_well(path), WITHIN_SECONDS, path)
            self.seconds.setdefault(path, []).append(time.monotonic() - began)
        with contextlib.suppress(OSError):
            self.scrapes.append(answer_of(self.worker))

    def _is_well(self, path: str) -> bool:
        """Say whether it is answered that all is well; False if nothing is, as in a storm."""
        try:
            answer = request(self.worker.port, "GET", path, timeout_seconds=WITHIN_SECONDS)
        except OSError:
            return False
        assert answer == (200, b'{"ok": true}')
        return True


def flood(site: Site, rng: random.Random, figures: Figures, seconds: float) -> Prompt:
    """Flood a worker, and hold all that it says meanwhile, and keeps, against what it must."""
    worker = site.worker("flooded")
    before = itertools.islice(happenings(rng), HELD)
    site.publish([replace(event, id=f"before-{event.id}") for event in before])
    with crew(worker), Load(site, 200, rng) as load:
        prompt = Prompt(worker)
        time.sleep(2)
        prompt.ask()
        quiet, at_first = memory_of(worker), answer_of(worker).scrape
        memory, files = [], 0
        with Flood(worker.port) as flooding:
            ends = time.monotonic() + seconds
            while time.monotonic() < ends:
                time.sleep(0.5)
                prompt.ask()
                memory.append(memory_of(worker))
                files = max(files, files_of(worker))
        load.end()
        (last,) = until_settled(site, worker)
        console = worker.console.read_text("utf-8")
    half = len(memory) // 2
    figures.faults = flooding.answers.total() + flooding.metrics + flooding.ledgers
    at_once, at_most = ((max(some) - quiet) // MEBIBYTE for some in (memory[:half], memory))
    slowest = max(prompt.seconds["/readyz"])
    figures.beside = f"at most {at_most} MiB more memory, /readyz in at most {slowest:.1f} s"
    assert last.scrape.value(m.RECOVERIES, "_total") == at_first.value(m.RECOVERIES, "_total")
    assert at_most < MOST_MORE
    assert len(memory) < SOME or at_most < 1.2 * at_once + 20, "it doesn't grow as it goes on"
    assert files < door.MOST_CONNECTIONS + JUST_LET_IN + 50
    assert flooding.metrics > 0
    assert flooding.ledgers > 0
    assert [traces for text in flooding.answers if (traces := traces_of(text.decode()))] == []
    assert traces_of(console) == []
    assert '"exception"' not in console
    assert len(console.splitlines()) < 100, "nobody can fill a disk by asking"
    hold_against_replay(site, load, [*prompt.scrapes, last], figures)
    return prompt


@pytest.mark.parametrize("seconds", [6, pytest.param(180, marks=pytest.mark.long)])
@pytest.mark.timeout(600)
def test_a_flooded_worker_folds_on_and_answers_who_asks_promptly(
    site: Site, rng: random.Random, figures: Figures, seconds: float
) -> None:
    prompt = flood(site, rng, figures, seconds)
    assert len(prompt.seconds["/readyz"]) > seconds / 5
    assert len(prompt.scrapes) > seconds / 60
