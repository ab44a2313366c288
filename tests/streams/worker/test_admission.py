"""A worker's name in Kafka is its address's: of one process, as long as the machine runs."""

from pathlib import Path

import pytest

from streams.worker import admission
from streams.worker.admission import client_name

PLACES = ["127.0.0.1:9101", "127.0.0.1:9102", "0.0.0.0:9101", "[::1]:9101"]


def test_one_that_answers_elsewhere_has_another_name() -> None:
    assert len({client_name(place) for place in PLACES}) == len(PLACES)


def test_who_follows_on_an_address_has_the_same_name() -> None:
    assert client_name(PLACES[0]) == client_name(PLACES[0])


def test_a_machine_that_was_started_again_gives_other_names(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    before = client_name(PLACES[0])
    boot = tmp_path / "boot_id"
    boot.write_text("another")
    monkeypatch.setattr(admission, "_BOOT", boot)
    assert client_name(PLACES[0]) != before


def test_a_name_comes_but_once_where_nothing_tells_the_machine(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(admission, "_BOOT", tmp_path / "none")
    assert client_name(PLACES[0]) != client_name(PLACES[0])
