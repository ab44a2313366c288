"""Endpoints over TLS and with a token, asked over real connections."""

import asyncio
import contextlib
import logging
import os
import ssl
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from aiohttp import web
from poison import PERSON
from secured import Authority, openssl

from stack.ports import LOOPBACK, free_ports
from streams.endpoints import ListenError, door, handshake, serving
from streams.endpoints.security import PREFIX, listen_security
from streams.endpoints.serving import answering, answering_beside

TOKEN = "en-token-som-ingen-gissar"  # noqa: S105 # of the tests
OTHER = "en-annan-token-lika-lång"


async def page() -> web.Response:
    return web.Response(text="page")


async def large() -> web.Response:
    return web.Response(body=bytes(8_000_000))


async def huge() -> web.Response:
    """More than there is room for on the way."""
    return web.Response(body=bytes(HUGE))


HUGE = 60_000_000
PAGES = dict.fromkeys(("/metrics", "/ledgers", "/healthz", "/readyz"), page) | {
    "/large": large,
    "/huge": huge,
}


@dataclass
class Asked:
    """Endpoints on a port, with files that a test may change."""

    authority: Authority
    directory: Path
    port: int = 0
    writers: list[asyncio.StreamWriter] = field(default_factory=list)

    @property
    def pem(self) -> Path:
        return self.directory / "pem"

    @property
    def token(self) -> Path:
        return self.directory / "token"

    def write(self, file: Path, content: bytes) -> None:
        """Put another file in the place of one, as whoever renews it does."""
        new = file.with_suffix(".new")
        new.write_bytes(content)
        new.chmod(0o400)
        new.rename(file)

    def trusting(self, *more: Path) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=self.authority.file)
        for file in more:
            context.load_verify_locations(file)
        return context

    async def ask(
        self, path: str, token: str = "", *, trusts: ssl.SSLContext | None = None
    ) -> tuple[int, str]:
        reader, writer = await asyncio.open_connection(
            LOOPBACK, self.port, ssl=trusts or self.trusting()
        )
        told = f"Authorization: Bearer {token}\r\n" if token else ""
        writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\n{told}\r\n".encode())
        async with asyncio.timeout(10):
            answer = (await reader.read()).decode()
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
        return int(answer.split()[1]), answer

    async def shown(self, trusts: ssl.SSLContext) -> str:
        """Return the serial number of the certificate that a new connection is shown."""
        reader, writer = await asyncio.open_connection(LOOPBACK, self.port, ssl=trusts)
        del reader
        found = writer.get_extra_info("ssl_object").getpeercert()["serialNumber"]
        writer.transport.abort()
        return str(found)

    async def knock(self, said: bytes = b"") -> asyncio.StreamReader:
        """Connect, and say something that is no TLS, or nothing."""
        reader, writer = await asyncio.open_connection(LOOPBACK, self.port)
        self.writers.append(writer)
        writer.write(said)
        return reader


@pytest.fixture
async def asked(
    authority: Authority,
    issued: Callable[[str], bytes],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Asked]:
    monkeypatch.setattr(serving, "LOOK_SECONDS", 0.02)
    its = Asked(authority, tmp_path, *free_ports(1))
    its.write(its.pem, issued("first"))
    its.write(its.token, TOKEN.encode())
    environ = {f"{PREFIX}CERT_FILE": str(its.pem), f"{PREFIX}TOKEN_FILE": str(its.token)}
    security = listen_security("--listen x", "0.0.0.0", environ)  # noqa: S104 # as if it were
    async with answering(PAGES, (LOOPBACK, its.port), security):
        yield its
        for writer in its.writers:
            writer.transport.abort()


async def until(is_so: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not is_so():  # noqa: ASYNC110 # a file, or a log
            await asyncio.sleep(0.02)


async def test_who_knows_the_token_is_answered_and_others_hear_whether_all_is_well(
    asked: Asked, caplog: pytest.LogCaptureFixture
) -> None:
    for path in ("/healthz", "/readyz"):
        assert (await asked.ask(path))[0] == 200, "probes know no token"
    for path in ("/metrics", "/ledgers"):
        assert (await asked.ask(path, TOKEN))[0] == 200
        for wrong in ("", OTHER, TOKEN[:-1], PERSON.replace(" ", "-")):
            status, answer = await asked.ask(path, wrong)
            assert status == 401
            assert answer.endswith("\r\n\r\nUnauthorized\n"), "without a word"
            assert "WWW-Authenticate: Bearer\r\n" in answer
    assert caplog.text == "", "nothing that is sent is logged"


async def test_of_those_that_are_given_the_metrics_none_lacks_the_token(
    asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "MOST_METRICS", 0)
    assert (await asked.ask("/metrics", OTHER))[0] == 401, "who lacks it takes no place"
    assert (await asked.ask("/metrics", TOKEN))[0] == 503


async def test_a_renewed_certificate_is_shown_without_a_restart(
    asked: Asked, issued: Callable[[str], bytes], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, serving.__name__)
    first = await asked.shown(asked.trusting())
    asked.write(asked.pem, issued("second"))
    await until(lambda: "på nytt" in caplog.text)
    assert await asked.shown(asked.trusting()) != first


async def test_one_with_another_kind_of_key_leaves_nothing_of_the_one_before(
    asked: Asked, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, serving.__name__)
    key, crt = tmp_path / "ec.key", tmp_path / "ec.crt"
    openssl(
        *("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
        *("-days", "2", "-subj", "/CN=x", "-addext", "subjectAltName=IP:127.0.0.1"),
        *("-keyout", key, "-out", crt),
    )
    asked.write(asked.pem, key.read_bytes() + crt.read_bytes())
    await until(lambda: "på nytt" in caplog.text)
    old = asked.trusting()  # that takes an RSA certificate alone
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    old.set_ciphers("ECDHE+aRSA")
    with pytest.raises(OSError):  # noqa: PT011 # an alert, or the connection is gone before it
        await asked.shown(old)
    await asked.shown(asked.trusting(crt))


async def test_a_certificate_that_can_not_be_used_changes_nothing_and_is_told_in_one_line(
    asked: Asked, caplog: pytest.LogCaptureFixture
) -> None:
    first = await asked.shown(asked.trusting())
    asked.write(asked.pem, b"half of it")
    await until(lambda: caplog.records)
    assert await asked.shown(asked.trusting()) == first
    asked.pem.unlink()
    await until(lambda: len(caplog.records) == 2)
    assert (await asked.ask("/healthz"))[0] == 200
    assert [record.getMessage() for record in caplog.records] == [
        f"Det som gällde förut gäller fortfarande: {PREFIX}CERT_FILE={asked.pem} {why}"
        for why in (
            "är inte ett certifikat (PEM) med sin nyckel (PEM, utan lösenord) i "
            f"{PREFIX}CERT_FILE={asked.pem}: rätta filerna, eller vilka de är",
            "går inte att läsa (filen eller mappen finns inte): rätta sökvägen",
        )
    ], "once each"


async def test_a_renewed_token_is_asked_for_without_a_restart_and_one_that_is_none_is_not(
    asked: Asked, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, serving.__name__)
    asked.write(asked.token, OTHER.encode())
    await until(lambda: "på nytt" in caplog.text)
    assert (await asked.ask("/metrics", TOKEN))[0] == 401
    assert (await asked.ask("/metrics", OTHER))[0] == 200
    asked.write(asked.token, b"kort")
    await until(lambda: "gäller fortfarande" in caplog.text)
    assert (await asked.ask("/metrics", OTHER))[0] == 200
    assert (await asked.ask("/metrics", "kort"))[0] == 401
    assert OTHER not in caplog.text
    assert TOKEN not in caplog.text


async def test_those_that_never_encrypt_take_no_place_from_others(
    asked: Asked, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(handshake, "MOST_HANDSHAKES", 5)
    monkeypatch.setattr(door, "MOST_CONNECTIONS", 3)
    slow = [await asked.knock(b"\x16\x03\x01" if number % 2 else b"") for number in range(12)]
    for _ in range(4):
        assert (await asked.ask("/metrics", TOKEN))[0] == 200
    assert [await is_cut(its) for its in slow] == [True] * 8 + [False] * 4, "the oldest, for room"
    assert caplog.text == ""


async def test_a_handshake_that_does_not_end_is_cut(
    asked: Asked, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(handshake, "HANDSHAKE_SECONDS", 0.3)
    silent, slow = await asked.knock(), await asked.knock(b"\x16\x03\x01")
    assert not await is_cut(silent)
    await asyncio.sleep(0.4)
    assert [await is_cut(silent), await is_cut(slow)] == [True, True]
    assert await is_cut(await asked.knock(f"GET / HTTP/1.1\r\nX: {PERSON}\r\n\r\n".encode()))
    assert caplog.text == ""


async def test_what_is_encrypted_and_says_nothing_is_bounded_as_in_the_clear(
    asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "MOST_CONNECTIONS", 3)
    quiet = []
    for _ in range(3):
        reader, writer = await asyncio.open_connection(LOOPBACK, asked.port, ssl=asked.trusting())
        asked.writers.append(writer)
        quiet.append(reader)
    assert (await asked.ask("/healthz"))[0] == 200
    assert [await is_cut(its) for its in quiet] == [True, False, False]


async def test_what_is_encrypted_and_takes_nothing_is_cut(
    asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "CONNECTION_SECONDS", 0.5)
    trusting = asked.trusting()
    reader, writer = await asyncio.open_connection(LOOPBACK, asked.port, ssl=trusting, limit=1000)
    asked.writers.append(writer)
    told = f"Host: x\r\nAuthorization: Bearer {TOKEN}"
    writer.write(f"GET /huge HTTP/1.1\r\n{told}\r\n\r\n".encode())
    await asyncio.sleep(1)
    with contextlib.suppress(OSError):
        async with asyncio.timeout(10):
            assert b"200 OK" in await reader.readline()
            assert len(await reader.read()) < HUGE


async def test_a_large_answer_comes_whole_over_tls(asked: Asked) -> None:
    _, answer = await asked.ask("/large", TOKEN)
    assert len(answer.partition("\r\n\r\n")[2]) == 8_000_000


async def test_in_the_clear_there_is_no_answer_where_there_is_a_certificate(asked: Asked) -> None:
    reader = await asked.knock(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
    async with asyncio.timeout(5):
        with contextlib.suppress(ConnectionError):
            assert not (await reader.read()).startswith(b"HTTP")


async def is_cut(reader: asyncio.StreamReader) -> bool:
    try:
        async with asyncio.timeout(0.2):
            while await reader.read(100):  # what TLS says at the end
                pass
            return True
    except TimeoutError:
        return False
    except OSError:
        return True


async def test_what_is_renewed_before_the_first_connection_can_come_is_not_missed(
    authority: Authority,
    issued: Callable[[str], bytes],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A worker looks at Kafka first, and may wait for it."""
    monkeypatch.setattr(serving, "LOOK_SECONDS", 0.02)
    its = Asked(authority, tmp_path, *free_ports(1))
    its.write(its.pem, issued("first"))
    its.write(its.token, TOKEN.encode())
    environ = {f"{PREFIX}CERT_FILE": str(its.pem), f"{PREFIX}TOKEN_FILE": str(its.token)}
    security = listen_security("--listen x", LOOPBACK, environ)
    its.write(its.token, OTHER.encode())
    async with answering(PAGES, (LOOPBACK, its.port), security), asyncio.timeout(10):
        while (await its.ask("/metrics", OTHER))[0] != 200:
            pass


def test_a_process_without_an_event_loop_answers_from_a_thread(
    authority: Authority, issued: Callable[[str], bytes], tmp_path: Path
) -> None:
    (tmp_path / "pem").write_bytes(issued("first"))
    (port,) = free_ports(1)
    environ = {f"{PREFIX}CERT_FILE": str(tmp_path / "pem")}
    security = listen_security("--listen x", LOOPBACK, environ)
    its = Asked(authority, tmp_path, port)
    files = len(os.listdir("/proc/self/fd"))  # noqa: PTH208 # to be counted
    with answering_beside(PAGES, (LOOPBACK, port), security):
        assert asyncio.run(its.ask("/metrics"))[0] == 200
        with (
            pytest.raises(ListenError, match="porten är upptagen\\): ange en annan adress med"),
            answering_beside(PAGES, (LOOPBACK, port), security),
        ):
            pass
    with pytest.raises(ConnectionRefusedError):
        asyncio.run(its.ask("/metrics"))
    assert len(os.listdir("/proc/self/fd")) == files  # noqa: PTH208
