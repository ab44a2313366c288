"""How an address is asked: over TLS that is verified, with a token, and never for long."""

import base64
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from secured import Authority

from doctor.probes import asking
from doctor.probes.asking import Service, UnansweredError
from stack.ports import free_ports

pytestmark = pytest.mark.leaves_sockets  # a server, of a handshake that fails

SHOWN = "is-vid-Bottenviken"
LOGIN = f"Basic {base64.b64encode(f'driften:{SHOWN}'.encode()).decode()}"


class Answers(BaseHTTPRequestHandler):
    """Says ``{"ok": true}`` to who has the token; of ``/slow`` it says the beginning."""

    def do_GET(self) -> None:
        body = b'{"ok": true}'
        known = self.headers["Authorization"] in {f"Bearer {SHOWN}", LOGIN}
        self.send_response(200 if known else 401)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.path == "/slow":
            time.sleep(2)
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("ca"))


@pytest.fixture(scope="module")
def address(authority: Authority) -> Iterator[str]:
    (port,) = free_ports(1)
    server = ThreadingHTTPServer(("127.0.0.1", port), Answers)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority.issue("prometheus"))
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"https://127.0.0.1:{port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def told(authority: Authority, tmp_path: Path) -> dict[str, str]:
    token = tmp_path / "token"
    token.write_text(f"{SHOWN}\n")
    token.chmod(0o440)
    return {"SVARSGRAD_X_CA_FILE": str(authority.file), "SVARSGRAD_X_TOKEN_FILE": str(token)}


def ask(address: str, told: Mapping[str, str], path: str = "/") -> asking.Answer:
    return Service.told("X", address, "SVARSGRAD_X_", told).ask(path)


def why_not(address: str, told: Mapping[str, str], path: str = "/") -> str:
    with pytest.raises(UnansweredError) as caught:
        ask(address, told, path)
    assert SHOWN not in str(caught.value)
    assert ": " in str(caught.value)
    return str(caught.value)


def test_who_has_the_token_and_trusts_the_authority_is_answered(
    address: str, told: dict[str, str]
) -> None:
    answer = ask(address, told)
    assert answer.data() == {"ok": True}
    assert answer.clock is not None
    assert abs(answer.clock.ahead_seconds) <= answer.clock.unsure_seconds + 0.1


def test_who_has_a_password_is_answered_as_whoever_else_asks_there(
    address: str, told: dict[str, str]
) -> None:
    file = told.pop("SVARSGRAD_X_TOKEN_FILE")
    login = {"SVARSGRAD_X_USER": "driften", "SVARSGRAD_X_PASSWORD_FILE": file}
    assert ask(address, {**told, **login}).status == 200


def test_without_the_token_or_with_another_it_is_said_where_it_belongs(
    address: str, told: dict[str, str], tmp_path: Path
) -> None:
    file = told.pop("SVARSGRAD_X_TOKEN_FILE")
    assert "kräver en token eller ett lösenord, eller ett annat (401)" in why_not(address, told)
    Path(file).chmod(0o640)
    Path(file).write_text("en annan")
    assert "SVARSGRAD_X_TOKEN_FILE" in why_not(address, {**told, "SVARSGRAD_X_TOKEN_FILE": file})
    gone = {**told, "SVARSGRAD_X_TOKEN_FILE": str(tmp_path / "ingen")}
    assert "ingen går inte att läsa" in why_not(address, gone)


def test_one_that_is_not_trusted_gets_no_token(address: str, told: dict[str, str]) -> None:
    another_host = address.replace("127.0.0.1", "localhost")
    assert "dess certifikat gäller inte för den värden" in why_not(another_host, told)
    del told["SVARSGRAD_X_CA_FILE"]
    assert "dess certifikat är inte utfärdat av någon vi litar på" in why_not(address, told)


def test_a_token_does_not_leave_this_machine_in_clear_text(told: dict[str, str]) -> None:
    assert "det som skickas går att avlyssna" in why_not("http://192.0.2.7:9101", told)


def test_what_speaks_no_http_or_is_not_there_is_told(address: str, told: dict[str, str]) -> None:
    assert "svarar inte (" in why_not(address.replace("https", "http"), told)
    (dead,) = free_ports(1)
    assert "svarar inte (ingen lyssnar där)" in why_not(f"http://127.0.0.1:{dead}", told)
    assert "svarar inte (namnet" in why_not("https://ingen.invalid", told)


def test_it_does_not_wait_for_long(
    address: str, told: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "PATIENCE_SECONDS", 0.3)
    assert "det tog för lång tid" in why_not(address, told, "/slow")
