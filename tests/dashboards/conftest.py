"""A Grafana to speak with, and a token to it."""

from collections.abc import Iterator

import pytest
from grafana_stub import TOKEN, Grafana

from dashboards.grafana import server


@pytest.fixture
def grafana() -> Iterator[Grafana]:
    with Grafana().running() as running:
        yield running


@pytest.fixture
def token(tmp_path_factory: pytest.TempPathFactory) -> str:
    file = tmp_path_factory.mktemp("hemligt") / "token"
    file.write_text(f"{TOKEN}\n")
    file.chmod(0o400)
    return str(file)


@pytest.fixture(autouse=True)
def waited(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long was waited between attempts, in seconds; nobody does wait."""
    seconds: list[float] = []
    monkeypatch.setattr(server, "sleep", seconds.append)
    return seconds
