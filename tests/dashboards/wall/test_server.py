"""The wall's server: it only reads, lets in who may, and says in one line what is wrong."""

import asyncio
import re
import socket
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestClient, TestServer
from click.testing import CliRunner
from secured import Authority
from wall_cases import catalogue_text, ordinary

from dashboards.wall import server as wall_server
from dashboards.wall.server import COOKIE, Served, Wall
from stack.ports import free_ports
from streams import metrics as m
from streams.__main__ import commands
from streams.domain.catalogue import load_catalogue
from streams.endpoints.certificate import Certificate
from streams.endpoints.security import ListenSecurity
from streams.endpoints.serving import serving
from streams.logs import e

TOKEN = "en-nyckel-som-ingen-kan-gissa"  # noqa: S105 # of the tests
ALL = "0.0.0.0"  # noqa: S104 # for an instant
CATALOGUE = load_catalogue(catalogue_text(), "k")
TWO = load_catalogue(
    catalogue_text() + catalogue_text().split("municipalities:\n")[1].replace("lulea", "boden"),
    "k",
)

ODD_ANSWER = "Prometheus svarar inte som den ska"


def as_prometheus(request: web.Request, at: float = 1_773_133_200.0) -> web.Response:
    """Answer as Prometheus does: to a question with the ordinary figures."""
    if request.path.endswith("/alerts"):
        return web.json_response({"status": "success", "data": {"alerts": []}})
    if request.path.endswith("/query_range"):
        return web.json_response({"status": "success", "data": {"result": []}})
    figures = ordinary()
    figures.set(m.EVALUATED_AT, at - 1)
    result: list[dict[str, Any]] = [
        {"metric": {"__name__": name, **dict(labels)}, "value": [at, str(value)]}
        for (name, labels), value in figures.reading().values.items()
    ]
    result.append({"metric": {}, "value": [at, str(at)]})
    return web.json_response({"status": "success", "data": {"result": result}})


@pytest.fixture
async def make() -> AsyncIterator[Callable[..., Awaitable[TestClient[Any, Any]]]]:
    """Make a wall before a Prometheus that answers so."""
    running: list[Any] = []

    async def made(
        answer: Callable[[web.Request], Any] = as_prometheus,
        catalogue: Any = CATALOGUE,
        **more: Any,
    ) -> TestClient[Any, Any]:
        async def handler(request: web.Request) -> web.StreamResponse:
            found = answer(request)
            return await found if asyncio.iscoroutine(found) else found

        application = web.Application()
        application.router.add_route("*", "/{path:.*}", handler)
        prometheus = TestServer(application)
        await prometheus.start_server()
        served = Served(catalogue, str(prometheus.make_url("/")), every_seconds=0.05, **more)
        client = TestClient(TestServer(Wall(served).application()))
        await client.start_server()
        running.extend((client, prometheus))
        return client

    yield made
    for one in running:
        await one.close()


async def boards(client: TestClient[Any, Any], path: str = "/events") -> AsyncGenerator[Any, None]:
    """Yield each board of the stream."""
    async with client.get(path) as answer:
        assert answer.status == 200
        assert answer.content_type == "text/event-stream"
        kind = b""
        async for line in answer.content:
            if line.startswith(b"event: "):
                kind = line[7:].strip()
            elif line.startswith(b"data: ") and kind == b"board":
                yield orjson.loads(line[6:])


async def first(client: TestClient[Any, Any], path: str = "/events") -> Any:
    stream = boards(client, path)
    try:
        return await anext(stream)
    finally:
        await stream.aclose()


async def test_a_screen_is_told_the_wall_and_then_what_is_new(make: Any) -> None:
    client = await make()
    seen = []
    async for board in boards(client):
        seen.append(board)
        if len(seen) == 3:
            break
    assert [its["state"] for its in seen[0]["tiles"]][:2] == ["under", "within"]
    assert seen[0]["clock"] == "10.00"
    assert [its["age"] for its in seen] == sorted(its["age"] for its in seen), "it gets older"


async def test_that_prometheus_is_away_is_logged_once_and_that_it_is_back(
    make: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "dashboards")
    asked = 0

    def restarted(request: web.Request) -> web.Response:
        nonlocal asked
        asked += 1
        return web.Response(status=503) if 10 < asked < 20 else as_prometheus(request)

    async for _ in boards(await make(restarted)):
        if "Prometheus svarar igen" in caplog.messages:
            break
    said = [its for its in caplog.records if its.name == "dashboards.wall.watch"]
    assert [its.entry for its in said] == [e.PROMETHEUS_AWAY, e.PROMETHEUS_BACK]
    assert caplog.messages == [ODD_ANSWER, "Prometheus svarar igen"]


async def test_nobody_is_asked_of_when_nobody_looks(make: Any) -> None:
    asked = 0

    def counting(request: web.Request) -> web.Response:
        nonlocal asked
        asked += 1
        return as_prometheus(request)

    client = await make(counting)
    await asyncio.sleep(0.2)
    assert asked == 0
    await asyncio.gather(*(first(client) for _ in range(20)))
    while_looking = asked
    assert 0 < while_looking < 20, "all screens share what was asked"
    await asyncio.sleep(0.5)
    later = asked
    await asyncio.sleep(0.3)
    assert asked == later


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda _: web.Response(status=500), ODD_ANSWER),
        (lambda _: web.Response(text="<html>logga in</html>"), ODD_ANSWER),
        (lambda _: web.json_response({"status": "error", "error": "x"}, status=400),
         ODD_ANSWER),
        (lambda _: web.json_response([]), ODD_ANSWER),
        (lambda _: web.json_response({"status": "success", "data": {"result": [
            {"metric": {}, "value": [0, "many"]}]}}), ODD_ANSWER),
        (lambda _: web.json_response({"status": "success", "data": {"result": [
            {"metric": ["a"], "value": [0, "1"]}]}}), ODD_ANSWER),
        (lambda _: web.json_response({"status": "success", "data": {"result": []}}),
         "Prometheus svarar utan sin tid"),
        (lambda _: web.Response(status=302, headers={"Location": "/"}), ODD_ANSWER),
    ],
)  # fmt: skip
async def test_an_answer_that_is_none_is_said_to_be_and_nothing_is_shown(
    make: Any, answer: Any, said: str
) -> None:
    board = await first(await make(answer))
    assert board["trouble"] == said
    assert {its["state"] for its in board["tiles"]} == {"missing"}


async def test_a_prometheus_that_is_slow_is_said_to_be(
    make: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboards.wall.prometheus.TIMEOUT_SECONDS", 0.05)

    async def slow(request: web.Request) -> web.Response:
        await asyncio.sleep(1)
        return as_prometheus(request)

    board = await first(await make(slow))
    assert board["trouble"] == "Prometheus svarar inte i tid"


async def test_an_answer_that_is_too_large_is_not_read(
    make: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboards.wall.prometheus.MOST_BYTES", 1000)
    board = await first(await make())
    assert board["trouble"] == "Prometheus svarar med mer än väggen kan visa"


async def test_every_answer_has_a_policy_that_lets_nothing_else_in(make: Any) -> None:
    client = await make()
    for path in (
        "/",
        "/wall.js",
        "/wall.css",
        "/icon.svg",
        "/healthz",
        "/municipalities",
        "/none",
    ):
        answer = await client.get(path)
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
        assert "unsafe" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "aiohttp" not in answer.headers["Server"].lower()


async def test_there_is_nothing_inline_in_the_page(make: Any) -> None:
    page = await (await (await make()).get("/")).text()
    assert not re.search(r"\son\w+=|<style|style=|<script(?![^>]* src=)|https?://", page)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
async def test_it_only_reads(make: Any, method: str) -> None:
    client = await make()
    for path in ("/", "/events", "/municipalities"):
        assert (await client.request(method, path)).status == 405


async def test_who_does_not_know_the_token_sees_nothing(make: Any) -> None:
    client = await make(token=TOKEN)
    for path in (
        "/",
        "/wall.js",
        "/events",
        "/municipalities",
        f"/?nyckel={TOKEN[:-1]}",
        "/?nyckel=",
    ):
        answer = await client.get(path, allow_redirects=False)
        assert answer.status == 401
        assert "Växeln" not in await answer.text()
    assert (await client.get("/healthz")).status == 200


async def test_a_token_in_the_address_moves_into_a_cookie_that_scripts_can_not_read(
    make: Any,
) -> None:
    client = await make(token=TOKEN)
    answer = await client.get(f"/?ko=vaxel&nyckel={TOKEN}", allow_redirects=False)
    assert (answer.status, answer.headers["Location"]) == (303, ".?ko=vaxel"), "where it is served"
    cookie = answer.cookies[COOKIE]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax", "a link from another page may lead here"
    assert not cookie["secure"]
    assert (await first(client))["tiles"]
    beyond = {"X-Forwarded-Proto": "https"}
    answer = await client.get(f"/?nyckel={TOKEN}", allow_redirects=False, headers=beyond)
    assert answer.cookies[COOKIE]["secure"]
    assert TOKEN not in cookie.value


async def test_a_cookie_that_is_none_is_refused_like_any_other(make: Any) -> None:
    client = await make(token=TOKEN)
    answer = await client.get("/", headers={"Cookie": f"{COOKIE}=\udcff"})
    assert answer.status == 401


async def test_a_screen_that_takes_nothing_is_let_go_and_its_connection_too(
    make: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wall_server, "SENDING_SECONDS", 1.0)
    client = await make(catalogue=load_catalogue(catalogue_text(more=300), "k"))
    with socket.create_connection((client.host, client.port)) as screen:
        screen.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        screen.sendall(b"GET /events HTTP/1.1\r\nHost: x\r\n\r\n")  # and it never reads
        server = client.server.runner.server
        await asyncio.sleep(0.3)
        assert len(server.connections) == 1
        deadline = asyncio.get_running_loop().time() + 20
        while server.connections:
            assert asyncio.get_running_loop().time() < deadline
            await asyncio.sleep(0.1)


async def test_of_several_municipalities_one_is_chosen(make: Any) -> None:
    client = await make(catalogue=TWO)
    assert (await client.get("/events")).status == 404
    assert (await client.get("/events?kommun=umea")).status == 404
    assert (await first(client, "/events?kommun=boden"))["municipality"]["id"] == "boden"
    names = await (await client.get("/municipalities")).json()
    assert [its["id"] for its in names] == ["lulea", "boden"]


async def test_when_there_are_as_many_screens_as_may_be_others_are_told_to_come_back(
    make: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wall_server, "MOST_SCREENS", 2)
    client = await make()
    streams = [await client.get("/events") for _ in range(2)]
    refused = await client.get("/events")
    assert (refused.status, refused.headers["Retry-After"]) == (503, "60")
    for stream in streams:
        stream.close()
    await asyncio.sleep(0.3)
    assert (await first(client))["tiles"]


async def test_a_mistake_of_ours_ends_the_stream_and_the_screen_comes_back(
    make: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(wall_server, "TIMEOUT_SECONDS", 0.05)
    client = await make()
    with monkeypatch.context() as broken:
        broken.setattr("dashboards.wall.watch.board", lambda *_, **__: 1 / 0)
        async with client.get("/events") as answer:
            assert b"board" not in await asyncio.wait_for(answer.read(), 5)
    assert "a wall is no longer kept new" in caplog.text
    assert (await first(client))["tiles"]


def run(tmp_path: Path, *more: str) -> str:
    catalogue = tmp_path / "k.yaml"
    catalogue.write_text(catalogue_text(), "utf-8")
    found = CliRunner().invoke(commands, ["wall", "--catalogue", str(catalogue), *more])
    assert found.exit_code != 0
    return found.output


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--listen", "8080"], "--listen 8080 saknar värd eller port; skriv 127.0.0.1:8080"),
        (["--listen", "192.0.2.1:8080", "--behind-proxy"], "maskinen har ingen sådan adress"),
        (["--listen", "0.0.0.0:8080"], "ange --cert och --key, eller --behind-proxy om en proxy"),
        (["--cert", "a.pem"], "--cert och --key hör ihop: ange båda"),
        (["--cert", "/none", "--key", "/none"], "--cert /none går inte att läsa"),
        (
            ["--prometheus", "http://a:hemligt@b:9090"],
            "ange SVARSGRAD_PROMETHEUS_USER och SVARSGR",
        ),
        (["--prometheus", "prometheus:9090"], "är ingen adress; skriv http://127.0.0.1:9090"),
        (["--prometheus", "http://[::1"], "är ingen adress; skriv http://127.0.0.1:9090"),
        (["--token-file", "/none"], "--token-file /none går inte att läsa (filen eller mappen"),
        (["--every", "0"], "--every"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(tmp_path: Path, given: list[str], said: str) -> None:
    assert said in " ".join(run(tmp_path, *given).split())


def test_an_address_that_may_hold_a_password_is_not_quoted(tmp_path: Path) -> None:
    for login in ("", "http://", "https://"):
        assert "hemligt" not in run(tmp_path, "--prometheus", f"{login}u:hemligt@p.invalid:9090")


@pytest.mark.parametrize(
    ("more", "is_remarked"),
    [([ALL, "--behind-proxy"], True), (["127.0.0.1"], False),
     ([ALL, "--behind-proxy", "--token-file", "KEY"], False)],
)  # fmt: skip
def test_a_wall_without_a_key_that_others_reach_is_remarked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: list[str], is_remarked: bool
) -> None:
    file = tmp_path / "nyckel"
    file.write_text("a" * 32)
    file.chmod(0o400)
    stopped = asyncio.Event()
    stopped.set()
    monkeypatch.setattr("dashboards.wall.command.stop_signal", lambda: stopped)
    catalogue = tmp_path / "k.yaml"
    catalogue.write_text(catalogue_text(), "utf-8")
    (port,) = free_ports(1)
    host, *others = (its.replace("KEY", str(file)) for its in more)
    given = ["--catalogue", str(catalogue), "--listen", f"{host}:{port}", *others]
    found = CliRunner().invoke(commands, ["wall", *given])
    assert found.exit_code == 0, found.output
    assert f"Väggen visas på http://{host}:{port}/\n" in found.output
    assert ("alla som når den adressen ser väggen" in found.output) == is_remarked


def test_a_token_that_can_be_guessed_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "nyckel"
    file.write_text("kort\n")
    assert "har en nyckel under 16 tecken" in run(tmp_path, "--token-file", str(file))


async def test_over_tls_the_cookie_is_for_tls_alone(tmp_path: Path) -> None:
    pem = Authority(tmp_path).issue("wall")
    (port,) = free_ports(1)
    served = Served(CATALOGUE, "http://127.0.0.1:1", token=TOKEN)
    security = ListenSecurity(Certificate(pem, pem, "--cert", "--key"))
    trusted = ssl.create_default_context(cafile=tmp_path / "ca.pem")
    url = f"https://127.0.0.1:{port}/?nyckel={TOKEN}"
    async with (
        serving(web.AppRunner(Wall(served).application()), ("127.0.0.1", port), security),
        ClientSession() as session,
        session.get(url, ssl=trusted, allow_redirects=False) as answer,
    ):
        assert answer.status == 303
        assert answer.cookies[COOKIE]["secure"]
        assert TOKEN not in str(answer.headers)


def test_a_port_that_is_taken_is_said_to_be(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        said = run(tmp_path, "--listen", f"127.0.0.1:{taken.getsockname()[1]}")
    assert "porten är upptagen" in said
