"""How others are asked: what is wrong with it is one line, and a secret leaves over TLS alone."""

import asyncio
import base64
import contextlib
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from secured import Authority

from dashboards.wall.prometheus import Prometheus, PrometheusError
from stack.ports import LOOPBACK, free_ports
from streams.asking import PROMETHEUS, WORKER, Asker, AskingError, asker, url_as_typed
from streams.endpoints.certificate import Certificate
from streams.endpoints.security import ListenSecurity
from streams.endpoints.serving import serving
from streams.verify.asking import UnansweredError, ask

SECRET = "hemligheten-själv"  # noqa: S105 # of the tests
KNOWN = {"TOKEN_FILE": "secret"}
NAMED = {"USER": "vägg", "PASSWORD_FILE": "secret"}


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def pems(authority: Authority) -> dict[str, Path]:
    """Certificates: one that is right, one of another host and one that has expired."""
    return {
        "right": authority.issue("right"),
        "other": authority.issue("other", host="DNS:other.example.org"),
        "expired": authority.issue("expired", days=-1),
    }


@pytest.fixture
def folder(tmp_path: Path, authority: Authority, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in (("secret", SECRET), ("text", "vad som helst")):
        (tmp_path / name).write_text(text, encoding="utf-8")
        (tmp_path / name).chmod(0o400)
    (tmp_path / "ca").write_bytes(authority.file.read_bytes())
    monkeypatch.chdir(tmp_path)
    return tmp_path


def told(*urls: str, prefix: str = PROMETHEUS, **variables: str) -> Asker:
    return asker(prefix, urls, {f"{prefix}{name}": text for name, text in variables.items()})


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"CA_FILE": "none"}, "CA_FILE=none går inte att läsa (filen eller mappen finns inte)"),
        ({"CA_FILE": "text"}, "CA_FILE=text är inget certifikat i PEM: gör om det med openssl"),
        ({"TOKEN_FILE": "none"}, "TOKEN_FILE=none går inte att läsa"),
        ({"TOKEN": SECRET}, "TOKEN kan läsas av andra på maskinen: lägg token i en fil"),
        ({"PASSWORD": SECRET}, "PASSWORD kan läsas av andra på maskinen: lägg lösenordet i en"),
        ({"USER": "vägg"}, "USER och SVARSGRAD_PROMETHEUS_PASSWORD_FILE hör ihop: ange båda"),
        ({"PASSWORD_FILE": "secret"}, "PASSWORD_FILE hör ihop: ange båda"),
        ({"USER": "a:b", "PASSWORD_FILE": "secret"}, "USER=a:b har ett kolon: ta bort det"),
        ({"USER": "a", "PASSWORD_FILE": "secret", "TOKEN_FILE": "secret"}, "ange antingen SVARSG"),
        ({"TOKENFILE": "secret"}, "TOKENFILE är ingen inställning; de som finns: SVARSGRAD_PROM"),
        ({"ALLOW_CLEARTEXT": "ja"}, "ALLOW_CLEARTEXT='ja' går inte: skriv no eller yes"),
    ],
)
def test_what_is_wrong_is_one_line_that_names_the_variable(
    variables: dict[str, str], said: str
) -> None:
    with pytest.raises(AskingError) as error:
        told("https://p.example.org", **variables)
    line = str(error.value)
    assert said in line
    assert PROMETHEUS in line
    assert "\n" not in line
    assert SECRET not in line


@pytest.mark.usefixtures("folder")
def test_a_secret_leaves_over_tls_or_to_the_machine_itself_unless_it_is_said_otherwise() -> None:
    for its in (KNOWN, NAMED):
        with pytest.raises(AskingError, match="går att avlyssna; skriv https://, eller ange SVA"):
            told("https://a.example.org", "http://b.example.org:9101", **its)
        for url in ("https://a.example.org", "http://127.0.0.1:9090", "http://[::1]:9090"):
            assert told(url, **its).headers
        assert told("http://b.example.org", ALLOW_CLEARTEXT="yes", **its).headers
    assert told("http://b.example.org").headers == {}, "there is nothing to hear"


@pytest.mark.usefixtures("folder")
def test_who_we_are_is_sent_and_nowhere_shown() -> None:
    bearer = told(**KNOWN)
    assert bearer.headers == {"Authorization": f"Bearer {SECRET}"}
    basic = told(**NAMED)
    login = base64.b64encode(f"vägg:{SECRET}".encode()).decode()
    assert basic.headers == {"Authorization": f"Basic {login}"}
    assert SECRET not in repr(bearer)
    assert login not in repr(basic)


def test_a_file_that_everybody_can_read_is_remarked(folder: Path) -> None:
    assert told(**KNOWN).remarks() == ()
    (folder / "secret").chmod(0o444)
    assert told(**KNOWN).remarks() == (
        f"{PROMETHEUS}TOKEN_FILE=secret kan läsas av alla på maskinen: chmod o-r secret",
    )


def test_a_renewed_secret_is_sent_and_one_that_is_none_is_not(folder: Path) -> None:
    its = told(**KNOWN, CA_FILE="ca")
    before = its.context
    assert its.look() is None
    (folder / "new").write_text("en annan")
    (folder / "new").rename(folder / "secret")
    assert its.look() is None
    assert its.headers == {"Authorization": "Bearer en annan"}
    (folder / "ca").write_text("half of it")
    assert its.look() == (
        f"{PROMETHEUS}CA_FILE=ca är inget certifikat i PEM: gör om det med openssl x509"
    )
    assert its.look() is None, "once"
    (folder / "secret").unlink()
    assert its.look() is not None
    assert its.headers == {"Authorization": "Bearer en annan"}
    assert its.context is not before


def test_an_address_with_a_login_in_it_is_refused_and_not_quoted() -> None:
    for url in ("http://u:hemligt@a.example.org", "https://hemligt@a.example.org:9090/x"):
        with pytest.raises(AskingError) as error:
            url_as_typed(url, WORKER)
        assert "hemligt" not in str(error.value)
        assert f"ange {WORKER}USER och {WORKER}PASSWORD_FILE" in str(error.value)
    for url in (
        "a.example.org",
        "ftp://a.example.org",
        "http://",
        "http://[::1",
        "http://a:99999",
    ):
        assert url_as_typed(url, WORKER) is None
    assert url_as_typed("https://a.example.org/prometheus", WORKER) is not None


class Peer:
    """A server with one of the certificates, that answers whoever says the secret."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.url = f"https://{LOOPBACK}:{port}"
        self.heard: list[str | None] = []

    async def answer(self, request: web.Request) -> web.Response:
        self.heard.append(request.headers.get("Authorization"))
        if self.heard[-1] != f"Bearer {SECRET}":
            return web.Response(status=401, text="<html>logga in</html>")
        data = {"result": [], "alerts": []}
        return web.json_response({"status": "success", "data": data})


@contextlib.asynccontextmanager
async def peer(pem: Path) -> AsyncIterator[Peer]:
    its = Peer(*free_ports(1))
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", its.answer)
    security = ListenSecurity(Certificate(pem, pem, "--cert", "--key"))
    async with serving(web.AppRunner(application), (LOOPBACK, its.port), security):
        yield its


async def alerts(its: Peer, who: Asker) -> object:
    async with aiohttp.ClientSession() as session:
        return await Prometheus(session, its.url, who).alerts("lulea")


@pytest.mark.usefixtures("folder")
async def test_prometheus_is_told_the_token_over_a_connection_that_is_trusted(
    pems: dict[str, Path],
) -> None:
    trusting = told(CA_FILE="ca", **KNOWN)
    async with peer(pems["right"]) as its:
        assert await alerts(its, trusting) == []
        with pytest.raises(PrometheusError, match="släpper inte in väggen"):
            await alerts(its, told(CA_FILE="ca"))
        with pytest.raises(PrometheusError, match="inget certifikat att lita på"):
            await alerts(its, told(**KNOWN))
        assert its.heard == [f"Bearer {SECRET}", None], "not to one that is not trusted"
    for name in ("other", "expired"):
        async with peer(pems[name]) as its:
            with pytest.raises(PrometheusError, match="inget certifikat att lita på"):
                await alerts(its, trusting)
            assert its.heard == []


@pytest.mark.usefixtures("folder")
async def test_a_renewed_token_is_shown_prometheus_without_a_restart(
    pems: dict[str, Path], folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (folder / "secret").chmod(0o600)
    (folder / "secret").write_text("inte den")
    who = told(CA_FILE="ca", **KNOWN)
    async with peer(pems["right"]) as its:
        with pytest.raises(PrometheusError):
            await alerts(its, who)
        (folder / "secret").write_text(SECRET)
        assert await alerts(its, who) == []
        (folder / "secret").write_text("")
        assert await alerts(its, who) == []
    assert "gäller fortfarande: SVARSGRAD_PROMETHEUS_TOKEN_FILE=secret är tom" in caplog.text
    assert SECRET not in caplog.text


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("pem", "variables", "said"),
    [
        ("right", {}, "(dess certifikat är inte utfärdat av någon vi litar på): ange utfärdarens"),
        ("other", {"CA_FILE": "ca"}, "(dess certifikat gäller inte för den värden): ange värden"),
        ("expired", {"CA_FILE": "ca"}, "(dess certifikat har gått ut): förnya det"),
        ("right", {"CA_FILE": "ca"}, "visar inget utan sin token: ange filen med den i SVARSGR"),
        ("right", {"CA_FILE": "ca", "TOKEN_FILE": "text"}, "visar inget för den token som står i"),
        ("right", {"CA_FILE": "ca", "TOKEN_FILE": "secret"}, "svarar inte som en räknare"),
    ],
)
async def test_why_a_worker_can_not_be_asked_is_said_in_one_line(
    pems: dict[str, Path], pem: str, variables: dict[str, str], said: str
) -> None:
    async with peer(pems[pem]) as its:
        who = told(its.url, prefix=WORKER, **variables)
        with pytest.raises(UnansweredError) as error:
            await asyncio.to_thread(ask, its.url, who, 2.0)
    assert said in str(error.value)
    assert "\n" not in str(error.value)
    assert SECRET not in str(error.value)


async def test_a_worker_that_speaks_in_the_clear_is_said_not_to_speak_tls() -> None:
    def clear(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(clear, LOOPBACK, 0)
    async with server:
        url = f"https://{LOOPBACK}:{server.sockets[0].getsockname()[1]}"
        with pytest.raises(UnansweredError, match=r"\(det är inte TLS\): skriv http://"):
            await asyncio.to_thread(ask, url, told(url, prefix=WORKER), 2.0)


def test_the_least_that_is_spoken_is_tls_1_2() -> None:
    assert Asker(WORKER).context.minimum_version == ssl.TLSVersion.TLSv1_2
