"""The door to the endpoints, asked over real connections: what is too much is turned away."""

import asyncio
import gc
from collections.abc import AsyncIterator
from unittest.mock import Mock

import pytest
from aiohttp import web
from poison import PERSON

from stack.ports import LOOPBACK, free_ports
from streams.endpoints import door
from streams.endpoints.door import Door

GET = "GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n"
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Visitors:
    """Those who knock: each connection is closed in the end."""

    def __init__(self, door: Door, port: int) -> None:
        self.door = door
        self.port = port
        self.streams: list[Streams] = []

    async def knock(self, said: str = "") -> Streams:
        reader, writer = await asyncio.open_connection(LOOPBACK, self.port)
        self.streams.append((reader, writer))
        writer.write(said.encode())
        return reader, writer

    async def ask(self, said: str) -> str:
        """Return the whole answer, when the connection has been closed."""
        reader, _ = await self.knock(said)
        async with asyncio.timeout(10):
            return (await reader.read(-1)).decode()


async def ready() -> web.Response:
    return web.Response(text="ready")


async def broken() -> web.Response:
    raise ValueError(PERSON)


@pytest.fixture
async def visitors() -> AsyncIterator[Visitors]:
    (port,) = free_ports(1)
    pages = {"/readyz": ready, "/metrics": ready, "/broken": broken}
    its_door = Door(pages)
    runner = web.ServerRunner(its_door, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, LOOPBACK, port).start()
    its = Visitors(its_door, port)
    try:
        yield its
    finally:
        for _, writer in its.streams:
            writer.transport.abort()
        await asyncio.sleep(0)
        await runner.cleanup()


async def is_closed(streams: Streams) -> bool:
    try:
        async with asyncio.timeout(0.2):
            return await streams[0].read() == b""
    except TimeoutError:
        return False
    except ConnectionError:
        return True


@pytest.mark.parametrize(
    ("said", "status"),
    [
        (GET, 200),
        (GET.replace("GET", "HEAD"), 200),
        (GET.replace("GET", "POST"), 405),
        (GET.replace("/readyz", f"/{PERSON.replace(' ', '-')}"), 404),
        (GET.replace("/readyz", f"/readyz?caller={PERSON.replace(' ', '-')}"), 200),
        (GET.replace("/readyz", f"/{'x' * door.MOST_LINE_BYTES}"), 400),
        (GET.replace("Host", f"X: {'x' * (door.MOST_LINE_BYTES + 1)}\r\nHost"), 400),
        (GET.replace("Host", "X: 1\r\n" * door.MOST_HEADERS + "Host"), 400),
        (PERSON + "\r\n\r\n", 400),
        (GET.replace("HTTP/1.1", PERSON), 400),
        (GET.replace("readyz", "broken"), 500),
    ],
)
async def test_each_request_has_one_answer_that_repeats_nothing_of_it(
    visitors: Visitors, caplog: pytest.LogCaptureFixture, said: str, status: int
) -> None:
    answer = await visitors.ask(said)
    assert answer.split()[1] == str(status)
    assert "08-465" not in answer
    assert ("08-465" in caplog.text) == (status == 500), "our own fault is told, with its place"
    assert len(caplog.records) == (status == 500)


async def test_a_connection_that_takes_too_long_is_cut(
    visitors: Visitors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "CONNECTION_SECONDS", 0.5)
    silent, slow = await visitors.knock(), await visitors.knock("GET /readyz HTTP/1.1\r\n")
    asked = await visitors.knock("POST /readyz HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n")
    assert b"405" in await asked[0].readuntil(b"\r\n")
    assert not await is_closed(silent)
    await asyncio.sleep(0.5)
    assert [await is_closed(its) for its in (silent, slow)] == [True, True]


async def test_of_too_many_connections_the_one_that_has_said_nothing_for_longest_makes_room(
    visitors: Visitors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "MOST_CONNECTIONS", 3)
    first, second, third = [await visitors.knock() for _ in range(3)]
    for _ in range(3):
        assert "ready" in await visitors.ask(GET)
    assert [await is_closed(its) for its in (first, second, third)] == [True, False, False]


async def test_only_so_many_are_given_the_metrics_at_a_time_and_others_are_told_to_wait(
    visitors: Visitors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "MOST_METRICS", 0)
    assert "503" in await visitors.ask(GET.replace("readyz", "metrics"))
    assert "ready" in await visitors.ask(GET)
    monkeypatch.setattr(door, "MOST_METRICS", 1)
    for _ in range(3):  # one after the other is one at a time
        assert "ready" in await visitors.ask(GET.replace("readyz", "metrics"))


@pytest.mark.parametrize("turns", [1, 2])
async def test_a_connection_that_is_lost_in_the_instant_of_its_request_takes_no_place(
    visitors: Visitors,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    turns: int,
) -> None:
    monkeypatch.setattr(door, "MOST_METRICS", 1)
    asked = GET.replace("readyz", "metrics")
    connection = visitors.door()
    connection.connection_made(Mock(asyncio.Transport))
    await asyncio.sleep(0)
    connection.data_received(asked.encode())
    for _ in range(turns):
        await asyncio.sleep(0)
    connection.connection_lost(None)
    await asyncio.sleep(0.01)
    del connection
    gc.collect()
    assert caplog.text == ""
    assert "ready" in await visitors.ask(asked)
