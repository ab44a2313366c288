"""A row of an export is a case as it stands, and a later export says only what is new."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from imported import csv_of, ran, succeeded
from lines import Line

from producers.cases_file.translator import CaseRows
from producers.stable_key import stable_hash
from producers.tables.faults import MENDED, NOT_KEPT, RowError
from producers.tables.local_times import LocalTimes
from producers.tables.row import Row
from streams.domain.cases.copies import Told, told
from streams.domain.cases.life import State
from streams.domain.catalogue import load_catalogue
from streams.domain.catalogue.tables import columns_of
from streams.domain.event_types import CASE_TYPES
from streams.domain.events import CaseEvent, decode, encode
from streams.domain.instants import NEVER, micros, moment
from streams.replay import Log, fold

STOCKHOLM = ZoneInfo("Europe/Stockholm")
NOW = micros(datetime(2025, 4, 1, tzinfo=UTC))
CATALOGUE = """\
version: 1
municipalities:
  lulea:
    name: Luleå
    zone: Europe/Stockholm
    administrations: {teknik: {name: Teknik}}
    sources:
      arendesystem:
        name: Ärendesystemet
        queues: [arenden]
        cases_file:
          case: Nr
          queue: arenden
          opened: Registrerat
          channel_column: Kanal
          channels: {Telefon: phone, E-tjänst: e_service}
          administration: Förvaltning
          administrations: {Tekniska: teknik}
          handed_over: Överlämnat
          feedback: Återkopplat
          first_resolved: Först klart
          first_resolved_by: Först klart av
          reopened: Återöppnat
          resolved: Klart
          resolved_by: Klart av
          first_contact: Direkt
          who: {KC: customer_centre, Förv: administration}
          contacts: Kontakter
          changed: Ändrat
          none: ["-"]
    queues:
      arenden: {name: Ärenden, kind: cases}
"""
LOADED = load_catalogue(CATALOGUE, "x")
UNCHANGED = CATALOGUE.replace("          changed: Ändrat\n", "")
USUAL = {"Nr": "2025-17", "Registrerat": "2025-03-10 09:00", "Kanal": "Telefon"}


def rows_of(text: str = UNCHANGED, key: bytes = b"k") -> CaseRows:
    source = load_catalogue(text, "x").municipalities["lulea"].sources["arendesystem"]
    spec = source.cases_file
    assert spec is not None
    columns = columns_of(spec)
    row = Row(
        spec,
        {column: at for at, column in enumerate(columns)},
        len(columns),
        queues=source.queues,
        times=LocalTimes(STOCKHOLM),
        now=NOW,
    )
    return CaseRows(
        municipality="lulea",
        source="arendesystem",
        spec=spec,
        row=row,
        subject=lambda number: stable_hash(key, number),
    )


def read(rows: CaseRows, **given: str) -> list[CaseEvent]:
    values = {**USUAL, **{name.replace("_", " "): value for name, value in given.items()}}
    return rows.translate([values.get(column, "") for column in columns_of(rows.spec)])


def facts(events: Sequence[CaseEvent]) -> list[tuple[str, str, str | None]]:
    """Return what was told, each with its local day and time, and what it says more."""
    return [
        (
            CASE_TYPES[event.type],
            f"{event.time.astimezone(STOCKHOLM):%d %H:%M}",
            event.data.administration or event.data.by or event.data.channel,
        )
        for event in events
    ]


OPENED = ("opened", "10 09:00", "phone")
AWAY = {"Förvaltning": "Tekniska", "Överlämnat": "2025-03-10 09:05"}
HANDED_OVER = ("handed_over", "10 09:05", "teknik")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, []),
        ({"Klart": "2025-03-10 09:04"}, [("resolved", "10 09:04", "customer_centre")]),
        (
            {**AWAY, "Återkopplat": "2025-03-11 08:00", "Klart": "2025-03-12 10:00"},
            [
                HANDED_OVER,
                ("feedback", "11 08:00", None),
                ("resolved", "12 10:00", "administration"),
            ],
        ),
        (
            {**AWAY, "Klart": "2025-03-12 10:00", "Klart_av": "kc"},
            [HANDED_OVER, ("resolved", "12 10:00", "customer_centre")],
        ),
        ({"Förvaltning": "Tekniska"}, []),
        (
            {"Kontakter": "3"},
            [("contacted", "10 09:00", "phone"), ("contacted", "10 09:00", "phone")],
        ),
        ({"Kontakter": "1"}, []),
        ({"Direkt": "Ja"}, [("resolved", "10 09:00", "customer_centre")]),
        ({"Direkt": "nej"}, []),
        (
            {
                "Klart": "2025-03-10 09:04",
                "Återöppnat": "2025-03-11 10:00",
            },
            [("resolved", "10 09:04", "customer_centre"), ("reopened", "11 10:00", None)],
        ),
        (
            {"Återöppnat": "2025-03-11 10:00", "Klart": "2025-03-12 10:00"},
            [
                ("resolved", "11 10:00", "customer_centre"),
                ("reopened", "11 10:00", None),
                ("resolved", "12 10:00", "customer_centre"),
            ],
        ),
        (
            {
                "Först_klart": "2025-03-10 09:04",
                "Återöppnat": "2025-03-11 10:00",
                "Förvaltning": "tekniska",
                "Överlämnat": "2025-03-11 11:00",
                "Klart": "2025-03-12 10:00",
            },
            [
                ("handed_over", "11 11:00", "teknik"),
                ("resolved", "10 09:04", "customer_centre"),
                ("reopened", "11 10:00", None),
                ("resolved", "12 10:00", "administration"),
            ],
        ),
    ],
)
def test_a_row_states_what_happened_to_a_case(
    given: dict[str, str], expected: list[tuple[str, str, str | None]]
) -> None:
    events = read(rows_of(), **given)
    assert facts(events) == [OPENED, *expected]
    assert len({event.id for event in events}) == len(events)
    for event in events:
        assert decode(encode(event)) == event
        assert event.data.opened_at == datetime(2025, 3, 10, 8, 0, tzinfo=UTC)
        assert event.data.restated_at is None


@pytest.mark.parametrize(
    ("given", "fault", "column"),
    [
        ({"Nr": ""}, "missing", "Nr"),
        ({"Registrerat": ""}, "missing", "Registrerat"),
        ({"Registrerat": "2025-03-30 02:30"}, "skipped_time", "Registrerat"),
        ({"Registrerat": "2025-05-01 09:00"}, "future", "Registrerat"),
        ({"Kanal": ""}, "missing", "Kanal"),
        ({"Kanal": "Röksignal"}, "unknown_word", "Kanal"),
        ({"Klart": "2025-03-09 09:00"}, "out_of_order", "Klart"),
        ({**AWAY, "Klart": "2025-03-10 09:04"}, "out_of_order", "Klart"),
        ({"Överlämnat": "2025-03-10 09:05"}, "missing", "Förvaltning"),
        ({**AWAY, "Förvaltning": "Skola"}, "unknown_word", "Förvaltning"),
        ({"Klart": "2025-03-10 09:04", "Klart_av": "Robot"}, "unknown_word", "Klart av"),
        ({"Kontakter": "-1"}, "bad_number", "Kontakter"),
        ({"Kontakter": "101"}, "bad_number", "Kontakter"),
        ({"Direkt": "kanske"}, "unknown_word", "Direkt"),
        (
            {"Först_klart": "2025-03-12 09:00", "Återöppnat": "2025-03-11 09:00"},
            "out_of_order",
            "Återöppnat",
        ),
        ({"Klart": "=NU()"}, "formula", "Klart"),
    ],
)
def test_a_row_that_can_not_be_has_a_fault_with_a_name_and_its_column(
    given: dict[str, str], fault: str, column: str
) -> None:
    with pytest.raises(RowError) as error:
        read(rows_of(), **given)
    assert (error.value.fault, error.value.column) == (fault, column)


def test_done_at_first_contact_and_with_more_contacts_is_told_and_the_contacts_count() -> None:
    rows = rows_of()
    events = read(rows, Direkt="ja", Kontakter="2")
    assert rows.mended == {"not_first_contact"}
    assert [what for what, _, _ in facts(events)] == ["opened", "contacted", "resolved"]


def test_only_a_keyed_hash_of_the_number_leaves_and_the_key_decides_it() -> None:
    given = {"Nr": "2025-00017", "Kontakter": "2"}
    text = b"".join(map(encode, read(rows_of(), **given)))
    assert not re.search(b"2025-?0*17|00017", text)
    mine, others = read(rows_of(), **given), read(rows_of(key=b"other"), **given)
    assert {event.subject for event in mine}.isdisjoint(event.subject for event in others)
    assert [event.id for event in read(rows_of(), **given)] == [event.id for event in mine]


def as_of(now: datetime, *exports: Sequence[CaseEvent]) -> Told | None:
    """Return the case as it stands when all exports have been read, in whichever order."""
    events = [event for export in exports for event in export]
    lines = [Line(at, encode(event), NOW // 1000) for at, event in enumerate(events)]
    books, refused = fold(LOADED, [Log("x", lines)], NOW)
    assert not refused
    return told(books["lulea"].cases.facts().values(), micros(now))


LATE = datetime(2025, 3, 31, tzinfo=UTC)


def test_a_later_export_adds_what_has_happened_since_and_changes_nothing_else() -> None:
    first, later = read(rows_of(), **AWAY), read(rows_of(), **AWAY, Klart="2025-03-12 10:00")
    new = {event.id for event in later} - {event.id for event in first}
    assert [CASE_TYPES[event.type] for event in later if event.id in new] == ["resolved"]
    once = as_of(LATE, later)
    assert once is not None
    assert once.life.state is State.FINISHED
    assert as_of(LATE, first, later) == as_of(LATE, later, first, later) == once


def test_of_two_times_of_a_fact_both_are_facts_and_the_first_end_is_the_one() -> None:
    first, later = (
        read(rows_of(), Klart="2025-03-12 10:00"),
        read(rows_of(), Klart="2025-03-13 10:00"),
    )
    alone = as_of(LATE, first)
    assert alone is not None
    assert alone.life.done == micros(datetime(2025, 3, 12, 9, 0, tzinfo=UTC))
    assert as_of(LATE, first, later) == as_of(LATE, later, first) == alone


@pytest.mark.parametrize("corrected", ["2025-03-13 10:00", "2025-03-11 10:00", "-"])
def test_where_the_system_says_when_it_changed_a_case_the_latest_statement_counts(
    corrected: str,
) -> None:
    first = read(rows_of(CATALOGUE), Klart="2025-03-12 10:00", Ändrat="2025-03-12 10:00")
    later = read(rows_of(CATALOGUE), Klart=corrected, Ändrat="2025-03-14 08:00")
    alone = as_of(LATE, later)
    assert alone is not None
    assert (alone.life.done == NEVER) == (corrected == "-")
    assert as_of(LATE, first, later) == as_of(LATE, later, first) == alone
    before = datetime(2025, 3, 12, 12, 0, tzinfo=UTC)
    assert as_of(before, first, later) is not None, "the case was there before it was changed"


def test_a_case_that_is_moved_or_opened_at_another_time_is_where_it_was_changed_to_last() -> None:
    first = read(rows_of(CATALOGUE), Ändrat="2025-03-10 09:00")
    later = read(rows_of(CATALOGUE), Registrerat="2025-03-10 09:30", Ändrat="2025-03-10 09:45")
    case = as_of(LATE, first, later)
    assert case is not None
    assert moment(case.opened) == datetime(2025, 3, 10, 8, 30, tzinfo=UTC)


def test_contacts_are_counted_once_however_many_exports_state_them() -> None:
    exports = [read(rows_of(), Kontakter=number) for number in ("2", "4", "3")]
    case = as_of(LATE, *exports)
    assert case is not None
    assert len(case.contacts) == 3


def test_the_same_row_again_is_told_once_and_another_of_the_same_case_is_refused() -> None:
    rows = rows_of()
    assert read(rows, **AWAY)
    assert read(rows, **AWAY) == []
    assert rows.mended == {"repeated"}
    with pytest.raises(RowError, match="conflicting"):
        read(rows)
    changed = rows_of(CATALOGUE)
    assert read(changed, Ändrat="2025-03-10 09:00")
    assert read(changed, **AWAY, Ändrat="2025-03-10 09:05"), "both statements stand, the later one"


words = st.sampled_from(
    ["", "-", "Telefon", "KC", "Förv", "Tekniska", "ja", "3", "2025-03-10 09:00",
     "2025-03-10 10:00", "2025-03-30 02:30", "2025-03-11 10:00:07", "=a", " x "]
)  # fmt: skip
WIDTH = len(columns_of(rows_of(CATALOGUE).spec))
ROWS = rows_of(CATALOGUE)


@given(st.lists(words | st.text(max_size=10), min_size=WIDTH, max_size=WIDTH))
def test_any_row_of_text_is_events_or_a_named_fault(row: list[str]) -> None:
    ROWS._seen.clear()
    try:
        events = ROWS.translate(row)
    except RowError as error:
        assert error.fault in NOT_KEPT  # noqa: PT017
    else:
        assert all(decode(encode(event)) == event for event in events)
        assert ROWS.mended <= set(MENDED)


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    file = tmp_path / "katalog.yaml"
    file.write_text(UNCHANGED, "utf-8")
    return file


def test_a_key_is_made_once_said_and_used_again(tmp_path: Path, catalogue: Path) -> None:
    file, key = tmp_path / "arenden.csv", tmp_path / "nyckel"
    columns = columns_of(rows_of().spec)
    file.write_text(csv_of(columns, [USUAL.get(column, "") for column in columns]), "utf-8")
    told_ = [tmp_path / "1", tmp_path / "2"]
    typed = ("import-cases", file, "--catalogue", catalogue, "--key-file", key)
    slip = ran(*typed, "--to", told_[0])
    assert slip.exit_code == 1
    assert "eller gör nyckeln med --new-key om det är första gången" in slip.stderr
    assert not key.exists()
    assert not told_[0].exists()
    said = succeeded(*typed, "--to", told_[0], "--new-key")
    assert f"Ny nyckel i {key}: spara en kopia av den." in said
    assert "Ny nyckel" not in succeeded(*typed, "--to", told_[1])
    assert "finns redan: kör utan --new-key" in ran(*typed, "--to", "-", "--new-key").stderr
    assert key.stat().st_mode & 0o077 == 0
    assert told_[0].read_bytes() == told_[1].read_bytes() != b""


def test_without_a_key_nothing_is_sent_and_a_dry_run_makes_none(
    tmp_path: Path, catalogue: Path
) -> None:
    file, key = tmp_path / "arenden.csv", tmp_path / "nyckel"
    columns = columns_of(rows_of().spec)
    file.write_text(csv_of(columns, [USUAL.get(column, "") for column in columns]), "utf-8")
    command = ("import-cases", file, "--catalogue", catalogue)
    assert "ange --key-file" in ran(*command, "--to", "-").stderr
    assert "Skulle spara 1 av 1" in succeeded(*command, "--dry-run", "--key-file", key)
    key.write_text("2025-03-10 abc\n", "utf-8")
    done = ran(*command, "--to", "-", "--key-file", key)
    assert (done.exit_code, done.stdout) == (1, "")
    assert "är inte rätt sorts nyckel: där ska stå 64 hexsiffror" in done.stderr
