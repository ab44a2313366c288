"""A partner's report gives the calls that went on the outcomes that they had."""

import csv
import io
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from archived import fill
from click.testing import CliRunner, Result
from phone_reports import report
from sqlalchemy import Engine

from producers.calls_file.overflow.command import command
from producers.simulator.command import command as simulate
from streams.archive import database, migrating
from streams.domain.catalogue import load_catalogue
from streams.domain.events import CALL_TYPES, CallData, CallEvent, decode, encode
from streams.domain.instants import micros
from streams.replay import fold
from streams.replay.event_files import read_files

ZONE = ZoneInfo("Europe/Stockholm")
LULEA = Path(__file__).parents[3] / "examples" / "lulea.yaml"
PARTNER = "kalix-tele24"
AT = micros(datetime(2026, 3, 3, 17, tzinfo=ZONE))
SOURCE = """      tele24:
        name: Kalix Tele24
        queues: [kalix-tele24]
"""
CALLS = """        overflow_calls:
          queue: kalix-tele24
          arrived: Inkom
          wait: Väntan
          ended: Slut
          outcome: Svar
          outcomes: {ja: answered, nej: abandoned}
"""
INTERVALS = """        overflow_intervals:
          queue: kalix-tele24
          starts: Från
          minutes: 30
          answered: Besvarade
          lost: Tappade
          mean_wait: Svarstid
"""
ALL_DAYS = ("2026-03-02", "2026-03-04")


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> list[CallEvent]:
    """Two days of a switchboard, with what its partner knows."""
    file = tmp_path_factory.mktemp("day") / "day.jsonl"
    made = CliRunner().invoke(
        simulate, ["--date", "/".join(ALL_DAYS), "--staffing", "0,8", "--to", str(file)]
    )
    assert made.exit_code == 0, made.output
    events = [decode(raw) for raw in file.read_bytes().splitlines()]
    assert all(isinstance(event, CallEvent) for event in events)
    return events  # type: ignore[return-value]


def without_partner(events: Iterable[CallEvent]) -> list[CallEvent]:
    return [event for event in events if event.data.queue != PARTNER]


def at_partner(events: Iterable[CallEvent]) -> list[dict[str, datetime]]:
    """What happened to each call at the partner, and when; in order of arrival."""
    legs: dict[tuple[str, datetime], dict[str, datetime]] = {}
    for event in events:
        if event.data.queue == PARTNER:
            leg = legs.setdefault((event.subject, event.data.arrived_at), {})
            leg[CALL_TYPES[event.type]] = event.time
    return sorted(legs.values(), key=lambda leg: leg["offered"])


class Place:
    """A catalogue, an archive that has what our own exchange said, and a report."""

    def __init__(self, directory: Path, spec: str, events: Iterable[CallEvent]) -> None:
        self.directory = directory
        self.catalogue = directory / "katalog.yaml"
        text = LULEA.read_text("utf-8")
        begins, ends = text.index("      tele24:\n"), text.index("      # Brevlådorna")
        self.catalogue.write_text(text[:begins] + SOURCE + spec + text[ends:], "utf-8")
        self.archive = f"sqlite:///{directory / 'arkiv.db'}"
        self.engine: Engine = database.engine_of(
            database.address(str(directory / "arkiv.db"), None)
        )
        migrating.upgrade(self.engine)
        fill(self.engine, [encode(event) for event in events])
        self.report = directory / "rapport.csv"

    def write(self, rows: list[dict[str, object]]) -> None:
        text = io.StringIO()
        writer = csv.DictWriter(text, list(rows[0]), delimiter=";")
        writer.writeheader()
        writer.writerows(rows)
        self.report.write_text(text.getvalue(), "utf-8")

    def run(self, *more: str) -> tuple[Result, list[CallEvent]]:
        out = self.directory / "out.jsonl"
        result = CliRunner().invoke(
            command,
            [
                str(self.report),
                *("--catalogue", str(self.catalogue)),
                *("--database", str(self.directory / "arkiv.db"), "--to", str(out)),
                *more,
            ],
        )
        events = [decode(raw) for raw in out.read_bytes().splitlines()] if out.exists() else []
        return result, events  # type: ignore[return-value]

    def figures(self, events: Iterable[CallEvent]) -> dict[str, Any]:
        """What is said of the switchboard's calls and of the partner's."""
        file = self.directory / "folded.jsonl"
        file.write_bytes(b"".join(encode(event) + b"\n" for event in events))
        catalogue = load_catalogue(self.catalogue.read_bytes(), "k")
        start = micros(datetime(2026, 3, 2, tzinfo=ZONE))
        books, rejected = fold(catalogue, read_files([file]), AT, (start, AT))
        assert rejected == []
        queues = report(catalogue, books, AT, "span", (start, AT))
        return {name: queues["lulea", name].figures["span"] for name in ("vaxel", PARTNER)}


def gone_at(at: datetime, contact: str = "") -> list[CallEvent]:
    """What our exchange says of a call that went on to the partner."""
    data = CallData(queue="vaxel", arrived_at=at - timedelta(seconds=40))
    return [
        CallEvent(
            id=f"{at}/{what}",
            source="/prov",
            type=f"se.svarsgrad.call.{what}.v1",
            subject=contact or f"{at}",
            time=when,
            partitionkey="lulea",
            data=data,
        )
        for what, when in (("offered", data.arrived_at), ("overflowed", at))
    ]


def half_hour(at: datetime) -> datetime:
    return at.replace(minute=at.minute // 30 * 30, second=0, microsecond=0)


def local(at: datetime) -> str:
    return f"{at.astimezone(ZONE):%Y-%m-%d %H:%M:%S.%f}"


def as_calls(legs: list[dict[str, datetime]], ahead: timedelta) -> list[dict[str, object]]:
    """The partner's list, by a clock that is ``ahead`` of ours."""
    rows: list[dict[str, object]] = []
    for leg in legs:
        decided = leg.get("answered") or leg["abandoned"]
        rows.append(
            {
                "Inkom": local(leg["offered"] + ahead),
                "Väntan": str((decided - leg["offered"]).total_seconds()).replace(".", ","),
                "Slut": local(leg["completed"] + ahead) if "completed" in leg else "",
                "Svar": "ja" if "answered" in leg else "nej",
            }
        )
    return rows


@pytest.mark.parametrize("ahead", [0, 37, -20])
def test_a_list_of_calls_gives_the_figures_that_the_partner_itself_would_have(
    day: list[CallEvent], tmp_path: Path, ahead: int
) -> None:
    place = Place(tmp_path, CALLS, without_partner(day))
    legs = at_partner(day)
    place.write(as_calls(legs, timedelta(seconds=ahead)))
    result, events = place.run()
    assert result.exit_code == 0, result.output
    assert f"nu har ett utfall: {len(legs)}. Kända sedan förut: 0." in result.stderr
    assert "hör ihop" not in result.stderr
    whole, ours = place.figures(day), place.figures(without_partner(day))
    found = place.figures([*without_partner(day), *events])
    assert ours["vaxel"].saved_by["unknown"] > 20, "it is a day on which many went on"
    assert found["vaxel"].saved_by == whole["vaxel"].saved_by
    assert found["vaxel"].saved_by["unknown"] == 0
    assert found[PARTNER].counts == whole[PARTNER].counts


def test_a_report_read_again_or_longer_says_nothing_else_of_what_was_known(
    day: list[CallEvent], tmp_path: Path
) -> None:
    place = Place(tmp_path, CALLS, without_partner(day))
    rows = as_calls(at_partner(day), timedelta(seconds=5))
    half = len(rows) // 2
    place.write(rows[:half])
    _, first = place.run()
    fill(place.engine, [encode(event) for event in first], topic="first")
    place.write(rows)
    result, second = place.run()
    assert f"utfall: {len(rows) - half}. Kända sedan förut: {half}." in result.stderr
    assert {event.subject for event in first}.isdisjoint({event.subject for event in second})
    fill(place.engine, [encode(event) for event in second], topic="second")
    result, third = place.run()
    assert third == []
    assert f"utfall: 0. Kända sedan förut: {len(rows)}." in result.stderr


def test_a_row_that_stands_twice_by_its_id_is_one_call(
    day: list[CallEvent], tmp_path: Path
) -> None:
    place = Place(tmp_path, f"{CALLS}          call_id: Id\n", without_partner(day))
    legs = at_partner(day)[::2]
    rows = [row | {"Id": f"t{n}"} for n, row in enumerate(as_calls(legs, timedelta(0)))]
    place.write(rows)
    _, once = place.run()
    place.write([*rows, *rows])
    result, twice = place.run()
    assert twice == once
    assert f"utfall: {len(rows)}. " in result.stderr
    assert f"{len(rows)}: samma rad en gång till" in result.stderr


def test_of_a_call_that_went_on_twice_each_time_has_its_own_outcome(tmp_path: Path) -> None:
    first = datetime(2025, 10, 20, 8, tzinfo=UTC)
    second = first + timedelta(minutes=20)
    place = Place(tmp_path, CALLS, [*gone_at(first, "c"), *gone_at(second, "c")])
    hung_up = {"offered": first, "abandoned": first + timedelta(seconds=30)}
    answered = {"offered": second, "answered": second + timedelta(seconds=9)}
    place.write(as_calls([answered], timedelta(0)))
    _, known = place.run()
    fill(place.engine, [encode(event) for event in known], topic="first")
    place.write(as_calls([hung_up, answered], timedelta(0)))
    result, events = place.run()
    assert "utfall: 1. Kända sedan förut: 1." in result.stderr
    assert [CALL_TYPES[event.type] for event in events] == ["offered", "abandoned"]
    assert {event.data.arrived_at for event in events} == {first}


def test_in_autumn_an_hour_has_two_rows_with_the_same_times(tmp_path: Path) -> None:
    first = datetime(2025, 10, 26, 0, 10, tzinfo=UTC)
    gone = [first, first + timedelta(hours=1)]
    place = Place(tmp_path, INTERVALS, [event for at in gone for event in gone_at(at)])
    row: dict[str, object] = {"Från": "2025-10-26 02:00", "Besvarade": 1, "Tappade": 0}
    row["Svarstid"] = "12"
    place.write([row, row | {"Besvarade": 0, "Tappade": 1}, row])
    result, events = place.run()
    assert "samma id som en tidigare rad" in result.stderr, "an hour has no third"
    found = {event.data.arrived_at: CALL_TYPES[event.type] for event in events}
    assert found == dict(zip(gone, ("answered", "abandoned"), strict=True))


def test_calls_that_are_none_of_ours_are_counted_and_said(
    day: list[CallEvent], tmp_path: Path
) -> None:
    place = Place(tmp_path, CALLS, without_partner(day))
    night = {"offered": datetime(2026, 3, 2, 2, tzinfo=UTC)}
    night["answered"] = night["offered"]
    place.write(as_calls([night, *at_partner(day)], timedelta(0)))
    result, _ = place.run()
    assert "Samtal i rapporten som inget av våra hör ihop med: 1." in result.stderr


def test_clocks_may_be_as_far_apart_as_the_catalogue_says(
    day: list[CallEvent], tmp_path: Path
) -> None:
    place = Place(tmp_path, CALLS + "          tolerance_seconds: 900\n", without_partner(day))
    place.write(as_calls(at_partner(day)[:1], timedelta(minutes=-14)))
    result, events = place.run()
    assert "nu har ett utfall: 1." in result.stderr
    assert {event.subject for event in events} == {first_at_partner(day)}


def first_at_partner(events: Iterable[CallEvent]) -> str:
    at_it = [event for event in events if event.data.queue == PARTNER]
    return min(at_it, key=lambda event: event.time).subject


def test_a_report_by_intervals_gives_the_counts_of_each(
    day: list[CallEvent], tmp_path: Path
) -> None:
    place = Place(tmp_path, INTERVALS, without_partner(day))
    rows: dict[datetime, dict[str, Any]] = {}
    for leg in at_partner(day):
        start = half_hour(leg["offered"])
        row = rows.setdefault(start, {"Från": local(start), "Besvarade": 0, "Tappade": 0})
        row["Besvarade" if "answered" in leg else "Tappade"] += 1
        row["Svarstid"] = "12"
    place.write(list(rows.values()))
    result, events = place.run()
    assert result.exit_code == 0, result.output
    whole = place.figures(day)
    found = place.figures([*without_partner(day), *events])
    assert found["vaxel"].saved_by == whole["vaxel"].saved_by
    waits = [event.time - event.data.arrived_at for event in events if "offered" not in event.type]
    assert set(waits) == {timedelta(seconds=12)}
    fill(place.engine, [encode(event) for event in events], topic="again")
    again, nothing = place.run()
    assert nothing == []
    assert "utfall: 0." in again.stderr


def test_what_a_report_by_intervals_does_not_say_stays_unknown(
    day: list[CallEvent], tmp_path: Path
) -> None:
    place = Place(
        tmp_path, INTERVALS.replace("          lost: Tappade\n", ""), without_partner(day)
    )
    begins, calls = Counter(half_hour(leg["offered"]) for leg in at_partner(day)).most_common(1)[0]
    place.write([{"Från": local(begins), "Besvarade": 1, "Svarstid": "12"}])
    result, events = place.run()
    assert len({event.subject for event in events}) == 1
    assert f"Rapporten säger inget om {calls - 1} samtal" in result.stderr
    place.write([{"Från": "2026-03-02 02:00", "Besvarade": 3, "Svarstid": "12"}])
    result, events = place.run()
    assert events == []
    assert "Rapporten har 3 samtal fler än som gick över, i intervall nummer 1." in result.stderr


@pytest.mark.parametrize(
    ("spec", "row", "said"),
    [
        (INTERVALS, {"Från": "i går", "Besvarade": 1, "Tappade": 0, "Svarstid": 9}, "ingen tid"),
        (INTERVALS, {"Från": "2026-03-02 08:00", "Besvarade": -1, "Tappade": 0, "Svarstid": 9},
         "inget rimligt antal"),
        (INTERVALS, {"Från": "2026-03-02 08:00", "Besvarade": 1, "Tappade": 0}, "Svarstid"),
        (CALLS, {"Inkom": "2026-03-02 08:00", "Väntan": 9, "Slut": "", "Svar": "kanske"},
         "okänt ord"),
    ],
)  # fmt: skip
def test_a_report_that_can_not_be_used_is_said_and_states_nothing(
    day: list[CallEvent], tmp_path: Path, spec: str, row: dict[str, object], said: str
) -> None:
    place = Place(tmp_path, spec, without_partner(day)[:50])
    place.write([row])
    result, events = place.run()
    assert result.exit_code == 1
    assert said in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
    assert events == []


@pytest.mark.parametrize(
    ("was", "is_now", "said"),
    [
        ("queue: kalix-tele24", "queue: vaxel", "hör inte till källan"),
        ("queues: [kalix-tele24]", "queues: [vaxel]", "hör inte till källan"),
        ("{ja: answered", "{ja: refused", "är ett samtal answered eller abandoned"),
        ("          outcome: Svar\n", "", "saknas"),
        ("arrived: Inkom", "arived: Inkom", "menade du arrived?"),
        ("overflow_calls:\n", "overflow_calls:\n          tolerance_seconds: 0\n", "tolerance"),
    ],
)
def test_a_slip_in_the_catalogue_is_told_by_its_line(
    tmp_path: Path, was: str, is_now: str, said: str
) -> None:
    place = Place(tmp_path, CALLS, [])
    text = place.catalogue.read_text("utf-8")
    at = text.index("      tele24:")
    assert was in text[at:]
    place.catalogue.write_text(text[:at] + text[at:].replace(was, is_now, 1), "utf-8")
    place.report.touch()
    result, _ = place.run()
    assert result.exit_code == 1
    assert said in result.stderr
