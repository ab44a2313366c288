"""The demo's Grafana, as far as it can be tried without one: a program of its name in the PATH."""

import json
import os
import re
import sys
from pathlib import Path

import pytest
from grafana_stub import TOKEN
from grafana_stub import Grafana as Stub
from rich.console import Console

from dashboards.boards.rendering import rendered
from stack import demo
from stack.errors import StackError
from stack.grafana import Grafana
from stack.loopback import answers_ok
from stack.ports import free_ports

PROGRAM = f"""#!{sys.executable}
import http.server, json, os, sys
told = {{name: value for name, value in os.environ.items() if name.startswith("GF_")}}
json.dump({{"arguments": sys.argv[1:], "told": told}}, open("told.json", "w"))
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/api/health" else 404)
        self.end_headers()
address = told["GF_SERVER_HTTP_ADDR"], int(told["GF_SERVER_HTTP_PORT"])
http.server.HTTPServer(address, Handler).serve_forever()
"""


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Grafana as a package lays it: its program, and what it reads, in one place."""
    home = tmp_path / "usr"
    (home / "bin").mkdir(parents=True)
    (home / "conf").mkdir()
    (home / "conf" / "defaults.ini").touch()
    program = home / "bin" / "grafana"
    program.write_text(PROGRAM)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    return home


def test_it_has_our_boards_and_prometheus_and_is_seen_on_this_machine_alone(
    installed: Path, tmp_path: Path
) -> None:
    (port,) = free_ports(1)
    with Grafana(tmp_path / "g", port, "http://127.0.0.1:9090") as grafana:
        told = json.loads((grafana.directory / "told.json").read_text())
    assert told["arguments"] == ["server", "--homepath", str(installed)]
    assert told["told"]["GF_SERVER_HTTP_ADDR"] == "127.0.0.1"
    places = Path(told["told"]["GF_PATHS_PROVISIONING"])
    (source,) = json.loads((places / "datasources/svarsgrad.yaml").read_text())["datasources"]
    assert (source["type"], source["url"]) == ("prometheus", "http://127.0.0.1:9090")
    (provider,) = json.loads((places / "dashboards/svarsgrad.yaml").read_text())["providers"]
    there = Path(provider["options"]["path"])
    assert {path.name: path.read_text("utf-8") for path in there.iterdir()} == rendered()


def test_one_without_what_it_reads_is_told_of(installed: Path, tmp_path: Path) -> None:
    (installed / "conf" / "defaults.ini").unlink()
    (port,) = free_ports(1)
    with pytest.raises(StackError, match=r"saknar conf/defaults\.ini; installera om Grafana"):
        Grafana(tmp_path / "g", port, "http://127.0.0.1:9090").start()


def test_the_demo_uses_one_that_is_here(
    installed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    assert installed.exists()
    monkeypatch.delenv("GRAFANA_URL", raising=False)
    with demo._grafana(Console(), tmp_path, "http://127.0.0.1:9090"):
        (port,) = re.findall(r"visar tavlorna på http://127.0.0.1:(\d+)/dashboards", said(capsys))
        assert answers_ok(int(port), "/api/health")


def said(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().out


def test_the_demo_goes_on_without_one_that_does_not_start(
    installed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    (installed / "conf" / "defaults.ini").unlink()
    monkeypatch.setenv("GRAFANA_URL", "")
    with demo._grafana(Console(), tmp_path, "http://127.0.0.1:9090"):
        assert "saknar conf/defaults.ini; installera om Grafana" in said(capsys)


def test_the_demo_publishes_to_one_that_is_named_and_goes_on_if_it_can_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    token = tmp_path / "token"
    token.write_text(TOKEN)
    token.chmod(0o400)
    with Stub().running() as grafana:
        monkeypatch.setenv("GRAFANA_URL", grafana.url)
        monkeypatch.setenv("GRAFANA_TOKEN_FILE", str(token))
        with demo._grafana(Console(), tmp_path, "http://127.0.0.1:9090"):
            assert "Välj datakällan http://127.0.0.1:9090 på tavlorna" in said(capsys)
        assert len(grafana.boards) == len(rendered())
    with demo._grafana(Console(), tmp_path, "http://127.0.0.1:9090"):
        assert "Fel: " in said(capsys)


def test_nothing_is_said_where_there_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("GRAFANA_URL", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with demo._grafana(Console(), tmp_path, "http://127.0.0.1:9090"):
        assert said(capsys) == ""
