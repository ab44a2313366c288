"""On a real broker: what is imported again, overlapping or later, changes nothing but the new."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from imported import ran, succeeded, whole_catalogue
from workers import Site

from streams.domain.catalogue import load_catalogue
from streams.domain.events import decode, elements
from streams.domain.instants import micros
from streams.figures import as_data
from streams.ledgers import partition_of
from streams.replay import fold, whole_report
from streams.replay.topic_log import read_topic

NOON = micros(datetime(2025, 3, 7, 11, 0, tzinfo=UTC))
KINDS = ("calls", "cases")

pytestmark = pytest.mark.leaves_sockets


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return where exports of two days are, and later ones of these and of two more."""
    place = tmp_path_factory.mktemp("exports")
    (place / "katalog.yaml").write_text(whole_catalogue(), "utf-8")
    for name, end in (("first", "2025-03-05"), ("later", "2025-03-07")):
        succeeded(
            "simulate", "--date", f"2025-03-03/{end}", "--with", "calls,cases",
            "--municipality", "lulea=0,2", "--call-list", place / f"{name}-calls.csv",
            "--case-export", place / f"{name}-cases.csv",
        )  # fmt: skip
    return place


def send(site: Site, exports: Path, *names: str) -> None:
    for name in names:
        for kind in KINDS:
            keys = exports / f"{kind}.nyckel"
            new = ["--new-key"] if kind == "cases" and not keys.exists() else []
            succeeded(
                f"import-{kind}", exports / f"{name}-{kind}.csv", "--key-file", keys, *new,
                "--catalogue", exports / "katalog.yaml", "--kafka", site.kafka,
                "--topics", site.topics,
            )  # fmt: skip


def figures(site: Site, exports: Path) -> dict[str, Any]:
    """Return all figures that the topics have, at noon of the last day."""
    catalogue = load_catalogue((exports / "katalog.yaml").read_bytes(), "x")
    logs = [log for kind in KINDS for log in read_topic(site.kafka, site.topic(kind))]
    books, refused = fold(catalogue, logs, NOON)
    assert not refused
    reports = whole_report(catalogue, books, NOON, "30d", None)
    return as_data(reports["lulea"], "30d")


def events(site: Site, kind: str) -> list[Any]:
    logs = read_topic(site.kafka, site.topic(kind))
    return [
        decode(raw)
        for log in logs
        for record in log.records
        if record.value is not None
        for raw in elements(record.value)
    ]


def test_a_file_read_again_and_one_that_overlaps_change_nothing_but_what_is_new(
    unmade_site: Site, exports: Path
) -> None:
    site = unmade_site.make_topics()
    send(site, exports, "later")
    once = figures(site, exports)
    ids = {kind: {event.id for event in events(site, kind)} for kind in KINDS}
    send(site, exports, "first", "later")
    assert figures(site, exports) == once
    assert once["cases"]["30d"]["opened"]["opened"] > 100
    assert once["queues"]["vaxel"]["answered"] > 100
    # What an earlier export had said and the later one says otherwise is another edition alone.
    again = [event for event in events(site, "cases") if event.id not in ids["cases"]]
    assert all(event.data.restated_at is not None for event in again)
    assert {event.id for event in events(site, "calls")} == ids["calls"]


def test_exports_day_by_day_come_to_the_figures_of_the_last_one(
    unmade_site: Site, exports: Path
) -> None:
    site = unmade_site.make_topics()
    send(site, exports, "first")
    before = figures(site, exports)
    send(site, exports, "later")
    after = figures(site, exports)
    assert before != after
    other = Site(site.kafka, f"{site.topics}b", site.directory).make_topics()
    send(other, exports, "later")
    assert figures(other, exports) == after


def test_no_edition_of_a_case_comes_by_half(site: Site, exports: Path) -> None:
    send(site, exports, "later")
    messages: dict[tuple[str, Any], set[tuple[int, int]]] = {}
    for at, log in enumerate(read_topic(site.kafka, site.topic("cases"))):
        for record in log.records:
            for raw in elements(record.value or b"[]"):
                event: Any = decode(raw)
                key = (event.subject, event.data.restated_at)
                messages.setdefault(key, set()).add((at, record.offset))
    assert len(messages) > 200
    assert {len(places) for places in messages.values()} == {1}


def told(arguments: Sequence[object]) -> str:
    done = ran(*arguments)
    assert done.exit_code == 1, done.output
    (line,) = done.stderr.splitlines()
    return line


def test_a_topic_that_is_not_there_is_one_line(unmade_site: Site, exports: Path) -> None:
    command = [
        "import-calls",
        exports / "first-calls.csv",
        "--catalogue",
        exports / "katalog.yaml",
    ]
    line = told([*command, "--kafka", unmade_site.kafka, "--topics", "saknas"])
    assert line.startswith("Fel: Ämnet saknas.calls finns inte i Kafka på")


def test_each_municipality_is_where_its_key_belongs(site: Site, exports: Path) -> None:
    send(site, exports, "first")
    logs = read_topic(site.kafka, site.topic("cases"))
    filled = [log.partition for log in logs if list(log.records)]
    assert filled == [partition_of("lulea", len(logs))]
