"""Grafana as we speak with it: what is tried again, and what each refusal says."""

import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from grafana_stub import LOGIN_PAGE, PASSWORD, TOKEN, USER, Fault, Grafana
from secured import Authority

from dashboards.grafana import server as module
from dashboards.grafana.connection import connection_as_told
from dashboards.grafana.refusals import (
    ChangedError,
    ForbiddenError,
    GrafanaError,
    NewFormError,
    NotGrafanaError,
    PassingError,
    ProvisionedError,
    RefusedError,
    StrangerError,
    TakenError,
)
from dashboards.grafana.server import Server
from stack.ports import LOOPBACK, free_ports

BOARD = {"uid": "dag", "title": "Dagen", "panels": []}
NO_SUCH = b'{"message": "Dashboard not found", "traceID": ""}'


def told(url: str, token: str, **others: Any) -> Server:
    return Server(connection_as_told(url, token_file=token, **others))


@pytest.fixture
def server(grafana: Grafana, token: str) -> Iterator[Server]:
    with told(grafana.url, token) as server:
        yield server


@pytest.mark.parametrize("release", ["11.2.0", "11.5.0", "13.0.0"])
def test_what_is_saved_is_there_with_who_said_what(
    release: str, grafana: Grafana, server: Server
) -> None:
    grafana.release = release
    assert server.folder("mapp") is None
    assert server.create_folder("mapp", "Mappen").title == "Mappen"
    assert server.folder("mapp") == module.Folder("mapp", "Mappen")
    assert server.dashboard("dag") is None
    assert server.last_version("dag") is None
    assert server.save(BOARD, "mapp", "första", overwrite=False) == 1
    assert server.save(BOARD | {"version": 1}, "mapp", "andra", overwrite=False) == 2
    has = server.dashboard("dag")
    assert has is not None
    assert (has.version, has.meta.folder_uid, has.meta.provisioned) == (2, "mapp", False)
    assert has.dashboard["title"] == "Dagen"
    last = server.last_version("dag")
    assert last is not None
    assert (last.version, last.message) == (2, "andra")


def test_the_last_version_is_the_last_whatever_order_they_come_in(
    grafana: Grafana, server: Server
) -> None:
    versions = [{"version": number, "message": str(number)} for number in (2, 3, 1)]
    for answer in (versions, {"versions": versions, "continueToken": ""}):
        body = json.dumps(answer).encode()
        grafana.faults[:] = [Fault("GET", "/versions", 200, body)]
        assert server.last_version("dag") == module.Version(3, message="3")


def test_a_board_follows_the_version_it_says_or_overwrites(
    grafana: Grafana, server: Server
) -> None:
    grafana.folders["mapp"] = "Mappen"
    server.save(BOARD, "mapp", "", overwrite=False)
    for version in ({}, {"version": 7}):
        with pytest.raises(ChangedError, match="kan inte spara tavlan dag: någon annan har"):
            server.save(BOARD | version, "mapp", "", overwrite=False)
    assert server.save(BOARD | {"version": 7}, "mapp", "", overwrite=True) == 2


def test_a_user_with_a_password_outside_latin_1_is_known(grafana: Grafana, tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text(f"{PASSWORD}\n", encoding="utf-8")
    connection = connection_as_told(grafana.url, user=USER, password_file=str(file))
    with Server(connection) as server:
        assert server.folder("mapp") is None
    file.write_text("fel")
    wrong = connection_as_told(grafana.url, user=USER, password_file=str(file))
    with Server(wrong) as server, pytest.raises(StrangerError) as error:
        server.folder("mapp")
    assert str(error.value) == (
        f"Grafana på {grafana.url} känner inte igen användaren {USER} (Invalid username or "
        f"password): rätta --user eller lösenordet i {file}"
    )


def test_a_token_that_is_not_known_is_told_with_its_file_and_not_itself(
    grafana: Grafana, tmp_path: Path
) -> None:
    file = tmp_path / "token"
    file.write_text("glsa_annan")
    with told(grafana.url, str(file)) as server, pytest.raises(StrangerError) as error:
        server.folder("mapp")
    assert f"gör en ny token åt tjänstekontot i Grafana och skriv den i {file}" in str(error.value)
    assert "glsa" not in str(error.value)


def test_where_anybody_may_read_a_wrong_token_shows_when_something_is_saved(
    grafana: Grafana, tmp_path: Path
) -> None:
    grafana.is_open = True
    file = tmp_path / "token"
    file.write_text("glsa_annan")
    with told(grafana.url, str(file)) as server:
        assert server.folder("mapp") is None
        with pytest.raises(ForbiddenError, match="ge rättigheten folders:create"):
            server.create_folder("mapp", "Mappen")


def body(message: str, **others: str) -> bytes:
    return json.dumps({"message": message, **others}).encode()


@pytest.mark.parametrize(
    ("status", "answer", "kind", "said"),
    [
        (400, body("Cannot save provisioned dashboard"), ProvisionedError, "kommer från en fil"),
        (400, body("uid too long"), RefusedError, "spara tavlan dag (HTTP 400, uid too long)"),
        (401, body("Invalid API key"), StrangerError, "känner inte igen tjänstekontot"),
        (403, body("Access denied"), ForbiddenError, "ge rättigheten dashboards:write, som rol"),
        (
            403,
            body("Permissions needed: any of dashboards:create, dashboards:write"),
            ForbiddenError,
            "ge rättigheten dashboards:create, som rollen Editor har",
        ),
        (404, body("Folder not found"), GrafanaError, "(Folder not found): se efter i Grafana"),
        (404, b"<html>404</html>", NotGrafanaError, "svarar inte som Grafana (HTTP 404)"),
        (406, body("use /apis"), NewFormError, "är sparat i Grafanas nya form (use /apis)"),
        (412, body("x", status="version-mismatch"), ChangedError, "någon annan har sparat"),
        (412, body("x", status="name-exists"), TakenError, "namnet är upptaget (x)"),
        (409, body("x"), TakenError, "namnet är upptaget (x)"),
        (422, body("{a} %s"), RefusedError, "(HTTP 422, {a} %s)"),
        (400, body("a\n\x1b[2Jb"), RefusedError, "(HTTP 400, a  [2Jb)"),
        (400, body("x" * 999), RefusedError, f"{'x' * 200}…)"),
        (500, body("Failed to save dashboard"), RefusedError, "(HTTP 500, Failed to save dash"),
        (500, b"", RefusedError, "kunde inte spara tavlan dag (HTTP 500): felet är Grafanas; se"),
        (407, LOGIN_PAGE, NotGrafanaError, "rätta --url, med sökväg om Grafana har en"),
        (403, LOGIN_PAGE, NotGrafanaError, "eller se vad som står framför"),
        (403, b"null", NotGrafanaError, "svarar inte som Grafana (HTTP 403)"),
        (200, LOGIN_PAGE, NotGrafanaError, "svarar inte som Grafana (HTTP 200)"),
        (200, b"[]", NotGrafanaError, "svarar inte som Grafana (HTTP 200)"),
        (202, b'{"status": "pending"}', NotGrafanaError, "svarar inte som Grafana (HTTP 202)"),
    ],
)
def test_what_grafana_or_another_answers_is_told_in_one_line_and_asked_once(
    status: int,
    answer: bytes,
    kind: type[GrafanaError],
    said: str,
    *,
    grafana: Grafana,
    server: Server,
    waited: list[float],
) -> None:
    grafana.faults.append(Fault("POST", "/dashboards/db", status, answer))
    with pytest.raises(kind) as error:
        server.save(BOARD, "mapp", "", overwrite=False)
    assert said in str(error.value)
    assert str(error.value).isprintable()
    assert TOKEN not in str(error.value)
    assert (len(grafana.asked), waited) == (1, [])


def test_a_board_that_is_not_there_is_told_from_a_server_that_is_not_grafana(
    grafana: Grafana, server: Server
) -> None:
    assert server.dashboard("dag") is None
    for fault in (Fault("GET", "/health", 404, b'{"message": "x"}'), Fault("GET", "/health", 404)):
        grafana.faults[:] = [fault]
        with pytest.raises(NotGrafanaError, match=r"svarar inte som Grafana \(HTTP 404\)"):
            server.dashboard("dag")


def test_a_grafana_under_a_path_is_found_there_and_not_without(token: str) -> None:
    with Grafana(path="/grafana").running() as grafana:
        with told(grafana.url, token) as server:
            assert server.folder("mapp") is None
        bare = grafana.url.removesuffix("/grafana")
        with told(bare, token) as server, pytest.raises(NotGrafanaError) as error:
            server.folder("mapp")
    assert f"{bare} svarar inte som Grafana (HTTP 404): rätta --url, med sökväg" in str(
        error.value
    )


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_where_we_are_sent_elsewhere_we_do_not_go(
    status: int, grafana: Grafana, server: Server
) -> None:
    with Grafana().running() as other:
        to = {"Location": f"{other.url}/login"}
        grafana.faults.append(Fault("POST", "/dashboards/db", status, headers=to))
        with pytest.raises(NotGrafanaError) as error:
            server.save(BOARD, "mapp", "", overwrite=False)
        assert f"hänvisar vidare till {other.url}/login: rätta --url" in str(error.value)
        assert other.asked == []


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_what_passes_is_tried_again_ever_more_seldom(
    status: int, grafana: Grafana, server: Server, waited: list[float]
) -> None:
    grafana.faults.append(Fault("GET", "/folders", status, LOGIN_PAGE, times=3))
    assert server.folder("mapp") is None
    assert waited == [0.5, 1.0, 2.0]


def test_what_does_not_pass_is_told_in_the_end(
    grafana: Grafana, server: Server, waited: list[float]
) -> None:
    grafana.faults.append(Fault("GET", "/folders", 503, times=99))
    with pytest.raises(PassingError, match=r"är upptagen eller på väg upp \(HTTP 503\)"):
        server.folder("mapp")
    assert waited == [0.5, 1.0, 2.0, 4.0]


@pytest.mark.parametrize(
    ("asked_for", "waits"), [("3", [3.0, 3.0]), ("0", [0.5, 1.0]), ("i morgon", [0.5, 1.0])]
)
def test_grafana_says_itself_how_long_to_wait(
    asked_for: str, waits: list[float], grafana: Grafana, server: Server, waited: list[float]
) -> None:
    after = {"Retry-After": asked_for}
    grafana.faults.append(Fault("GET", "/folders", 429, headers=after, times=2))
    server.folder("mapp")
    assert waited == waits


def test_who_asks_us_to_wait_for_long_is_told_of_at_once(
    grafana: Grafana, server: Server, waited: list[float]
) -> None:
    after = {"Retry-After": "3600"}
    grafana.faults.append(Fault("GET", "/folders", 429, headers=after))
    with pytest.raises(PassingError, match="HTTP 429"):
        server.folder("mapp")
    assert waited == []


def test_a_connection_that_breaks_is_made_again(
    grafana: Grafana, server: Server, waited: list[float]
) -> None:
    grafana.faults.append(Fault("GET", "/folders", times=2))
    assert server.folder("mapp") is None
    assert waited == [0.5, 1.0]
    grafana.faults.append(Fault("GET", "/folders", times=99))
    with pytest.raises(PassingError, match="bröt förbindelsen: försök igen, eller rätta --url"):
        server.folder("mapp")


def test_an_answer_that_is_long_in_coming_is_not_waited_for(
    grafana: Grafana, token: str, waited: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "ANSWER_SECONDS", 0.2)
    monkeypatch.setattr(module, "WAITS", (0.5,))
    grafana.faults.append(Fault("GET", "/folders", None, seconds=60, times=99))
    with told(grafana.url, token) as server, pytest.raises(PassingError) as error:
        server.folder("mapp")
    assert "svarade inte inom 0 s: försök igen, eller se om den är belastad" in str(error.value)
    assert not error.value.is_undone
    assert waited == [0.5]


def test_where_nobody_listens_it_is_told_after_some_attempts(
    token: str, waited: list[float]
) -> None:
    (port,) = free_ports(1)
    with told(f"http://127.0.0.1:{port}", token) as server, pytest.raises(PassingError) as error:
        server.folder("mapp")
    assert "nås inte (ingen lyssnar där): rätta --url, eller starta Grafana" in str(error.value)
    assert error.value.is_undone
    assert len(waited) == 4


def test_a_machine_that_takes_no_connection_has_surely_done_nothing(
    token: str, waited: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CONNECT_SECONDS", 0.1)
    with ExitStack() as stack:
        full = stack.enter_context(socket.create_server((LOOPBACK, 0), backlog=0))
        for _ in range(3):  # more than wait to be accepted
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        server = stack.enter_context(told(f"http://{LOOPBACK}:{full.getsockname()[1]}", token))
        with pytest.raises(PassingError, match="svarade inte inom 0 s") as error:
            server.add_annotation(1, 1, "Växeln nere", ["svarsgrad"])
    assert error.value.is_undone
    assert waited == [0.5, 1.0, 2.0, 4.0]


def test_a_host_that_is_not_found_is_told_at_once(
    token: str, waited: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    monkeypatch.setenv("NO_PROXY", "*")
    with (
        told("https://grafana.example.org", token) as server,
        pytest.raises(RefusedError) as error,
    ):
        server.folder("mapp")
    assert "hittas inte: rätta värden i --url, eller DNS" in str(error.value)
    assert waited == []


def test_a_proxy_that_does_not_let_us_through_is_told_at_once(
    token: str, waited: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    (port,) = free_ports(1)
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
    for name in ("NO_PROXY", "no_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    with (
        told("https://grafana.example.org", token) as server,
        pytest.raises(RefusedError) as error,
    ):
        server.folder("mapp")
    assert "släpper inte fram till https://grafana.example.org: rätta HTTPS_PROXY" in str(
        error.value
    )
    assert waited == []


def test_a_proxy_is_not_asked_for_this_machine(
    grafana: Grafana, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.delenv("NO_PROXY", raising=False)
    with told(grafana.url, token) as server:
        assert server.folder("mapp") is None


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("ca"))


def test_over_tls_our_own_authority_is_trusted_and_no_other(
    authority: Authority, token: str
) -> None:
    with Grafana().running(authority.issue("grafana")) as grafana:
        with told(grafana.url, token, ca_file=str(authority.file)) as server:
            assert server.folder("mapp") is None
        with told(grafana.url, token) as server, pytest.raises(RefusedError) as error:
            server.folder("mapp")
    assert str(error.value) == (
        f"Certifikatet för Grafana på {grafana.url} är inte utfärdat av någon vi litar på: "
        "ange utfärdarens certifikat med --ca-file"
    )


@pytest.mark.parametrize(
    ("certificate", "said"),
    [
        ({"name": "old", "days": -1}, "har gått ut: förnya det"),
        (
            {"name": "other", "host": "DNS:grafana.example.org"},
            "gäller inte för den värden: skriv värden som den står i certifikatet",
        ),
    ],
)
def test_what_is_wrong_with_a_certificate_is_told_at_once(
    certificate: dict[str, Any], said: str, authority: Authority, token: str, waited: list[float]
) -> None:
    with (
        Grafana().running(authority.issue(**certificate)) as grafana,
        told(grafana.url, token, ca_file=str(authority.file)) as server,
        pytest.raises(RefusedError) as error,
    ):
        server.folder("mapp")
    assert said in str(error.value)
    assert waited == []


def test_tls_to_a_port_without_is_told(grafana: Grafana, token: str) -> None:
    url = grafana.url.replace("http://", "https://")
    with told(url, token) as server, pytest.raises(RefusedError) as error:
        server.folder("mapp")
    assert "kan inte nås med TLS (" in str(error.value)
    assert "rätta porten i --url" in str(error.value)
