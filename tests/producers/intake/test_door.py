"""The door, knocked on over real connections: the slow are cut, the prompt are let in."""

import asyncio
import ssl
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from poison import PERSON
from secured import Authority

from producers.intake import door as its_module
from producers.intake.door import Door
from streams.endpoints.certificate import Certificate

GET = b"GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n"


class Visited:
    """A door, and those who knock at it."""

    def __init__(self) -> None:
        self.answers: Counter[int] = Counter()
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.failure: Exception | None = None
        self.door = Door(self.answer, lambda status: self.answers.update([status]))
        self.writers: list[asyncio.StreamWriter] = []
        self.port = 0

    async def answer(self, request: web.BaseRequest) -> web.Response:
        await self.may_answer.wait()
        if self.failure is not None:
            raise self.failure
        return web.Response(text=f"{len(await request.read())}")

    async def knock(self, said: bytes = b"") -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        self.writers.append(writer)
        writer.write(said)
        await asyncio.sleep(0.02)
        return reader, writer


@pytest.fixture
async def visited() -> AsyncIterator[Visited]:
    its = Visited()
    server = await asyncio.get_running_loop().create_server(its.door, "127.0.0.1", 0)
    its.port = server.sockets[0].getsockname()[1]
    try:
        yield its
    finally:
        server.close()
        for writer in its.writers:
            writer.transport.abort()
        await its.door.close(0.1)
        await asyncio.sleep(0)


@pytest.fixture
def _brief(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FIRST_SECONDS", "IDLE_SECONDS", "REQUEST_SECONDS"):
        monkeypatch.setattr(its_module, name, 0.2)


async def is_cut(reader: asyncio.StreamReader) -> bool:
    try:
        async with asyncio.timeout(0.1):
            return await reader.read(1) == b""
    except TimeoutError:
        return False
    except ConnectionError:
        return True


async def test_a_connection_has_one_request_after_another(visited: Visited) -> None:
    reader, writer = await visited.knock()
    for _ in range(5):
        writer.write(GET)
        async with asyncio.timeout(2):
            head = await reader.readuntil(b"\r\n\r\n")
            assert await reader.readexactly(1) == b"0"
        assert head.startswith(b"HTTP/1.1 200")
    assert len(visited.door) == 1
    assert visited.answers == {200: 5}


@pytest.mark.usefixtures("_brief")
async def test_whoever_trickles_a_head_is_cut_as_is_one_that_says_nothing(
    visited: Visited,
) -> None:
    slow, silent = await visited.knock(b"GET /"), await visited.knock()
    for _ in range(15):
        slow[1].write(b"x")
        await asyncio.sleep(0.02)
        visited.door.cut_the_late()
    assert await is_cut(slow[0])
    assert await is_cut(silent[0])
    assert len(visited.door) == 0


@pytest.mark.usefixtures("_brief")
async def test_after_an_answer_a_trickled_head_is_cut_too(visited: Visited) -> None:
    reader, writer = await visited.knock(GET)
    await reader.readuntil(b"\r\n\r\n0")
    for _ in range(15):
        writer.write(b"G")
        await asyncio.sleep(0.02)
        visited.door.cut_the_late()
    assert await is_cut(reader)


@pytest.mark.usefixtures("_brief")
async def test_a_request_that_takes_too_long_is_cut(visited: Visited) -> None:
    visited.may_answer.clear()
    reader, _ = await visited.knock(GET)
    await asyncio.sleep(0.3)
    visited.door.cut_the_late()
    assert await is_cut(reader)


async def test_of_too_many_the_one_that_is_idle_for_longest_makes_room(
    visited: Visited, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(its_module, "MOST_CONNECTIONS", 3)
    visited.may_answer.clear()
    busy = await visited.knock(GET)
    first, second = await visited.knock(), await visited.knock()
    third = await visited.knock()
    assert await is_cut(first[0])
    for one in (busy, second, third):
        assert not await is_cut(one[0])


async def test_what_is_no_http_is_answered_without_a_word_of_it(visited: Visited) -> None:
    for said in (
        f"{PERSON}\r\n\r\n".encode(),
        b"GET / HTTP/1.1\r\n" + f"x {PERSON}: 1\r\n\r\n".encode(),
        b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"".join(b"h%d: 1\r\n" % n for n in range(100)) + b"\r\n",
    ):
        reader, _ = await visited.knock(said)
        async with asyncio.timeout(2):
            answer = (await reader.read()).decode()
        assert answer.startswith(("HTTP/1.0 400", "HTTP/1.1 400"))
        assert "application/problem+json" in answer
        assert PERSON not in answer
    assert set(visited.answers) == {400}


async def test_our_own_fault_is_500_and_its_log_has_no_word_of_the_request(
    visited: Visited, caplog: pytest.LogCaptureFixture
) -> None:
    visited.failure = ValueError(PERSON)
    reader, _ = await visited.knock(GET)
    async with asyncio.timeout(2):
        answer = (await reader.read()).decode()
    assert answer.startswith("HTTP/1.1 500")
    assert PERSON not in answer + caplog.text
    assert "ValueError" in caplog.text
    assert visited.answers == {500: 1}


async def test_at_the_end_a_request_has_its_answer_and_an_idle_connection_goes(
    visited: Visited,
) -> None:
    idle = await visited.knock(GET)
    await idle[0].readuntil(b"\r\n\r\n0")
    visited.may_answer.clear()
    busy = await visited.knock(GET)
    closing = asyncio.create_task(visited.door.close(2))
    await asyncio.sleep(0.05)
    assert await is_cut(idle[0])
    assert not closing.done()
    visited.may_answer.set()
    async with asyncio.timeout(1):
        answer = await busy[0].read()
        await closing
    assert answer.startswith(b"HTTP/1.1 200")
    assert b"Connection: close" in answer


async def test_those_that_never_encrypt_are_counted_and_make_room(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, visited: Visited
) -> None:
    monkeypatch.setattr(its_module, "MOST_CONNECTIONS", 5)
    pem = Authority(tmp_path).issue("intake")
    opened = visited.door.encrypted(Certificate(pem, pem, "--cert", "--key"))
    server = await asyncio.get_running_loop().create_server(opened, "127.0.0.1", 0)
    visited.port = server.sockets[0].getsockname()[1]
    silent = [await visited.knock() for _ in range(12)]
    assert len(visited.door) == 5
    assert [await is_cut(reader) for reader, _ in silent] == [True] * 7 + [False] * 5
    noisy = await visited.knock(GET)
    assert await is_cut(noisy[0]), "that is no TLS"
    trusted = ssl.create_default_context()
    trusted.check_hostname, trusted.verify_mode = False, ssl.CERT_NONE
    reader, writer = await asyncio.open_connection("127.0.0.1", visited.port, ssl=trusted)
    visited.writers.append(writer)
    for _ in range(3):
        writer.write(GET)
        async with asyncio.timeout(2):
            head = await reader.readuntil(b"\r\n\r\n0")
        assert head.startswith(b"HTTP/1.1 200")
    assert len(visited.door) == 5
    server.close()


@pytest.mark.usefixtures("_brief")
async def test_a_handshake_that_does_not_end_is_cut(tmp_path: Path, visited: Visited) -> None:
    pem = Authority(tmp_path).issue("intake")
    opened = visited.door.encrypted(Certificate(pem, pem, "--cert", "--key"))
    server = await asyncio.get_running_loop().create_server(opened, "127.0.0.1", 0)
    visited.port = server.sockets[0].getsockname()[1]
    reader, _ = await visited.knock(b"\x16\x03\x01")
    await asyncio.sleep(0.3)
    visited.door.cut_the_late()
    assert await is_cut(reader)
    assert len(visited.door) == 0
    server.close()
