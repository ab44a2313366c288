"""Event files sent to a real broker once more: as they were, today, now, or at a pace."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from busy import MUNICIPALITIES
from click.testing import CliRunner, Result
from workers import Site

from producers.republishing.command import command
from streams.domain.event_types import CallEvent
from streams.domain.events import Event, decode, elements, encode
from streams.domain.instants import SECOND, micros

THEN = datetime(2026, 3, 2, 8, tzinfo=UTC)
TOWN = MUNICIPALITIES[0]


def call(number: int, at: datetime) -> CallEvent:
    raw = (
        f'{{"specversion":"1.0","id":"e{number}","source":"/t","subject":"c{number}",'
        f'"type":"se.svarsgrad.call.offered.v1","time":"{at.isoformat()}","partitionkey":"{TOWN}",'
        f'"data":{{"queue":"vaxel","arrived_at":"{at.isoformat()}"}}}}'
    )
    event = decode(raw.encode())
    assert isinstance(event, CallEvent)
    return event


def written(path: Path, events: Sequence[Event]) -> Path:
    path.write_bytes(b"".join(encode(event) + b"\n" for event in events))
    return path


def republish(site: Site, *arguments: object) -> Result:
    to = ("--kafka", site.kafka, "--topics", site.topics, "--zone", site.zone)
    return CliRunner().invoke(command, [*map(str, arguments), *to])


def in_kafka(site: Site) -> list[tuple[int, Event]]:
    """When each event was appended, in milliseconds, and the event; calls only."""
    return [
        (record.timestamp, decode(raw))  # type: ignore[misc]
        for log in site.logs()
        for record in log.records
        for raw in elements(record.value or b"")
    ]


def test_a_file_is_in_kafka_as_it_was_and_has_the_same_ids_again(
    site: Site, tmp_path: Path
) -> None:
    events = [call(n, THEN + timedelta(seconds=n)) for n in range(12_000)]
    file = written(tmp_path / "day.jsonl", events)
    for _ in range(2):
        result = republish(site, file)
        assert result.exit_code == 0, result.output
        assert (
            f"Skickade händelser: 12\N{NO-BREAK SPACE}000 ({TOWN} 12\N{NO-BREAK SPACE}000)."
            in (result.stderr)
        )
    found = [event for _, event in in_kafka(site)]
    assert found == events * 2


def test_today_a_day_has_its_clock_and_what_has_not_happened_yet_waits(
    site: Site, tmp_path: Path
) -> None:
    now = datetime.now(UTC)
    was = now - timedelta(days=100)  # the zone has no summer time
    events = [call(1, was - timedelta(seconds=5)), call(2, was + timedelta(seconds=2))]
    began = time.monotonic()
    result = republish(site, written(tmp_path / "day.jsonl", events), "--shift", "today")
    assert result.exit_code == 0, result.output
    assert time.monotonic() - began >= 1.5
    assert "flyttade 100 dagar framåt" in result.stderr
    (first_at, first), (second_at, second) = in_kafka(site)
    assert first.time == events[0].time + timedelta(days=100)
    assert second.time == events[1].time + timedelta(days=100)
    assert second_at * 1000 >= micros(second.time) - SECOND // 100
    assert second_at - first_at >= 1000, "one is sent at once, the other waits"
    assert {first.id, second.id}.isdisjoint({"e1", "e2"})


def test_now_the_first_event_happens_and_the_rest_follow_as_they_did(
    site: Site, tmp_path: Path
) -> None:
    events = [call(n, THEN + timedelta(seconds=n)) for n in range(3)]
    began = micros(datetime.now(UTC))
    result = republish(site, written(tmp_path / "day.jsonl", events), "--shift", "now")
    assert result.exit_code == 0, result.output
    found = in_kafka(site)
    steps = [micros(event.time) - micros(found[0][1].time) for _, event in found]
    assert steps == [0, SECOND, 2 * SECOND]
    assert 0 <= micros(found[0][1].time) - began < 5 * SECOND
    assert all(at * 1000 >= micros(event.time) - SECOND // 100 for at, event in found)


def test_at_a_pace_events_have_the_times_they_had(site: Site, tmp_path: Path) -> None:
    events = [call(n, THEN + timedelta(minutes=n)) for n in range(3)]
    began = time.monotonic()
    result = republish(site, written(tmp_path / "day.jsonl", events), "--speed", "60")
    assert result.exit_code == 0, result.output
    assert time.monotonic() - began >= 2
    found = in_kafka(site)
    assert [event for _, event in found] == events
    assert found[2][0] - found[0][0] >= 1900


def test_lines_that_are_no_events_are_told_by_number_and_the_others_sent(
    site: Site, tmp_path: Path
) -> None:
    good = call(1, THEN)
    newer = encode(good).replace(b"call.offered.v1", b"call.offered.v9")
    other = encode(good).replace(b'"vaxel"', b'"0846500401"').replace(b'"arrived_at"', b'"at"')
    file = tmp_path / "day.jsonl"
    file.write_bytes(b"\n".join([b"not json", encode(good), b"", newer, other]))
    result = republish(site, file)
    assert result.exit_code == 0, result.output
    told = result.stderr.splitlines()
    assert told[:3] == [
        f"{file}:1: inte JSON i UTF-8, eller för många nivåer; skriv en händelse, eller en lista "
        "av händelser, på varje rad",
        f"{file}:4: är av en nyare version än den här svarsgrad; uppgradera den",
        f"{file}:5: data.arrived_at saknas eller har fel form; se docs/events.md",
    ]
    assert "3 rader går inte att använda och skickas inte." in result.stderr
    assert "0846500401" not in result.output
    assert [event for _, event in in_kafka(site)] == [good]


@pytest.mark.parametrize("how", [("--shift", "now"), ("--speed", "60")])
def test_an_old_case_that_is_told_again_holds_nothing_up(
    site: Site, tmp_path: Path, how: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(_: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("producers.republishing.command.time.sleep", stopped)
    opened, again = THEN - timedelta(days=60), THEN + timedelta(minutes=10)
    restated = decode(
        f'{{"specversion":"1.0","id":"o","source":"/t","subject":"a1","time":"{opened.isoformat()}",'
        f'"type":"se.svarsgrad.case.opened.v1","partitionkey":"{TOWN}","data":{{"queue":"arenden",'
        f'"opened_at":"{opened.isoformat()}","channel":"phone",'
        f'"restated_at":"{again.isoformat()}"}}}}'.encode()
    )
    republish(site, written(tmp_path / "day.jsonl", [call(1, THEN), restated]), *how)
    assert len(in_kafka(site)) == 1


@pytest.mark.parametrize(
    ("shift", "again"),
    [("today", "Kör igen, så kommer resten"), ("now", "blir det nya händelser")],
)
def test_who_waits_is_told_until_when_and_who_stops_it_what_was_sent(
    site: Site, tmp_path: Path, shift: str, again: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(_: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("producers.republishing.command.time.sleep", stopped)
    was = datetime.now(UTC) - timedelta(days=100)
    events = [call(1, was), call(2, was + timedelta(seconds=30))]
    result = republish(site, written(tmp_path / "day.jsonl", events), "--shift", shift)
    assert result.exit_code == 1
    assert "Det som inte har hänt än skickas när det händer, till 20" in result.stderr
    assert "Avbruten efter 1 händelse." in result.stderr
    assert again in result.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["none.jsonl"], "finns inte"),
        (["empty.jsonl"], "Där finns inga händelser att skicka."),
        (["-"], "standard in går inte att läsa två gånger"),
        (["day.jsonl", "--shift", "now", "--speed", "2"], "--shift går i verklig takt"),
        (["day.jsonl", "--speed", "0"], "--speed"),
        (["day.jsonl", "--shift", "today", "--zone", "Lule"], "Lule är ingen tidszon"),
        (["day.jsonl", "--kafka", "127.0.0.1:1"], "ingen Kafka svarar på 127.0.0.1:1"),
        (["day.jsonl", "--topics", "none"], "svarsgrad topics"),
    ],
)
@pytest.mark.leaves_sockets
def test_a_mistake_is_said_and_nothing_is_sent(
    site: Site, tmp_path: Path, arguments: list[str], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    written(tmp_path / "day.jsonl", [call(1, THEN)])
    (tmp_path / "empty.jsonl").touch()
    given = CliRunner().invoke(
        command,
        [*("--kafka", site.kafka, "--topics", site.topics), *arguments],
    )
    assert given.exit_code in {1, 2}
    assert said in given.output
    assert "Traceback" not in given.output
    assert in_kafka(site) == []
