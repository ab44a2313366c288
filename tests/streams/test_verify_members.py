"""Workers that answer to one name are each asked by an address of their own."""

import socket
from pathlib import Path
from typing import Any

import pytest
from catalogues import catalogue
from click.testing import CliRunner

from streams.__main__ import commands
from streams.verify.members import UnknownNameError, each_address

NAME = "svarsgrad-worker.kundcenter.svc.cluster.local"


@pytest.fixture
def resolver(monkeypatch: pytest.MonkeyPatch) -> None:
    """Resolve a name as a cluster does, one address twice."""

    def addresses(host: str, port: int, **_: Any) -> list[Any]:
        if host != NAME:
            raise socket.gaierror(socket.EAI_NONAME, "unknown")
        numbers = ("10.0.0.12", "10.0.0.7", "10.0.0.12", "fd00::7")
        kind = (socket.AF_INET, socket.SOCK_STREAM, 6, "")
        return [(*kind, (number, port)) for number in numbers]

    monkeypatch.setattr(socket, "getaddrinfo", addresses)


@pytest.mark.usefixtures("resolver")
def test_each_address_is_asked_once() -> None:
    assert each_address(f"http://{NAME}:9101") == [
        "http://10.0.0.12:9101", "http://10.0.0.7:9101", "http://[fd00::7]:9101",
    ]  # fmt: skip


@pytest.mark.usefixtures("resolver")
def test_with_tls_each_has_a_name_that_one_certificate_holds_for() -> None:
    assert each_address(f"https://{NAME}:9101") == [
        f"https://10-0-0-12.{NAME}:9101",
        f"https://10-0-0-7.{NAME}:9101",
        f"https://fd00--7.{NAME}:9101",
    ]


@pytest.mark.parametrize("name", ["r.invalid", "a..b"])
def test_a_name_without_addresses_is_told(name: str) -> None:
    with pytest.raises(UnknownNameError, match="namnet är okänt"):
        each_address(f"http://{name}:9101")


def test_the_command_says_in_one_line_that_there_are_none(tmp_path: Path) -> None:
    file = tmp_path / "k.yaml"
    file.write_bytes(catalogue(["lulea"], "Europe/Stockholm").encode())
    arguments = ["verify", "--worker", "http://r.invalid:9101", "--each-address"]
    told = CliRunner().invoke(commands, [*arguments, "--catalogue", str(file)])
    assert told.exit_code == 1
    assert "http://r.invalid:9101 har inga adresser (namnet är okänt): se om" in told.output
