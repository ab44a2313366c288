"""A row of a list of calls is what it says, no more, and what can't be is named."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from imported import csv_of, ran, succeeded

from producers.calls_file.translator import CallRows
from producers.pseudonym import Keys, pseudonym
from producers.tables.faults import MENDED, NOT_KEPT, RowError
from producers.tables.local_times import LocalTimes
from producers.tables.row import Row
from streams.domain.catalogue import load_catalogue
from streams.domain.catalogue.tables import columns_of
from streams.domain.event_types import CALL_TYPES
from streams.domain.events import CallEvent, decode, encode
from streams.domain.instants import micros

STOCKHOLM = ZoneInfo("Europe/Stockholm")
NOW = micros(datetime(2025, 4, 1, tzinfo=UTC))
CATALOGUE = """\
version: 1
municipalities:
  lulea:
    name: Luleå
    zone: Europe/Stockholm
    teams: {alla: {name: Alla}}
    sources:
      pbx:
        name: Telefonväxeln
        queues: [vaxel, teknik]
        calls_file:
          call_id: Id
          queue_column: Kö
          queues: {"Växeln": vaxel}
          arrived: [Dag, Tid]
          wait: Väntan
          answered: Besvarat
          ended: Slut
          talk: Samtal
          outcome: Utfall
          outcomes: {Svar: answered, Lagt på: abandoned, Vidare: overflowed, Fullt: refused,
                     Stängt: closed, Ring upp: callback_requested}
          transferred: Kopplat
          called_back: Uppringd
          caller: Nummer
          origin: Typ
          origins: {Extern: external, Intern: internal}
          none: ["-", "NULL", "00:00:00"]
          formats: ["%d/%m/%Y %H:%M:%S"]
    queues:
      vaxel: {name: Växeln, kind: switchboard, team: alla}
      teknik: {name: Teknik, kind: customer_centre, team: alla}
"""
SOURCE = load_catalogue(CATALOGUE, "x").municipalities["lulea"].sources["pbx"]
assert SOURCE.calls_file is not None
SPEC = SOURCE.calls_file
COLUMNS = columns_of(SPEC)
USUAL = {
    "Id": "17.1",
    "Kö": "Växeln",
    "Dag": "2025-03-10",
    "Tid": "09:15:00",
    "Väntan": "12",
    "Besvarat": "",
    "Slut": "",
    "Samtal": "1:00",
    "Utfall": "Svar",
    "Kopplat": "",
    "Uppringd": "",
    "Nummer": "",
    "Typ": "",
}


def rows_of(text: str = CATALOGUE, **options: object) -> CallRows:
    source = SOURCE
    if text != CATALOGUE:
        source = load_catalogue(text, "x").municipalities["lulea"].sources["pbx"]
    spec = source.calls_file
    assert spec is not None
    columns = columns_of(spec)
    row = Row(
        spec,
        {column: at for at, column in enumerate(columns)},
        len(columns),
        queues=source.queues,
        times=LocalTimes(STOCKHOLM, spec.formats),
        now=NOW,
        durations=spec.durations,
    )
    return CallRows(municipality="lulea", source="pbx", spec=spec, row=row, **options)  # type: ignore[arg-type]


def cells(columns: Sequence[str] = COLUMNS, **given: str) -> list[str]:
    values = {**USUAL, **given}
    return [values[column] for column in columns]


def told(events: Sequence[CallEvent]) -> list[tuple[str, str]]:
    """Return what was told, each with its local time of day."""
    return [
        (CALL_TYPES[event.type], f"{event.time.astimezone(STOCKHOLM):%H:%M:%S}")
        for event in events
    ]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, [("answered", "09:15:12"), ("completed", "09:16:12")]),
        ({"Samtal": ""}, [("answered", "09:15:12")]),
        (
            {"Besvarat": "2025-03-10 09:15:20", "Slut": "10/03/2025 09:20:00"},
            [("answered", "09:15:20"), ("completed", "09:20:00")],
        ),
        ({"Kopplat": "7001"}, [("answered", "09:15:12"), ("transferred", "09:16:12")]),
        ({"Kopplat": "-"}, [("answered", "09:15:12"), ("completed", "09:16:12")]),
        ({"Väntan": "00:00:00"}, [("answered", "09:15:00"), ("completed", "09:16:00")]),
        ({"Utfall": "lagt  PÅ", "Väntan": "00:01:15"}, [("abandoned", "09:16:15")]),
        ({"Utfall": "Vidare", "Väntan": "40"}, [("overflowed", "09:15:40")]),
        ({"Utfall": "Fullt", "Väntan": "-"}, [("refused", "09:15:00")]),
        ({"Utfall": "Stängt", "Väntan": "NULL"}, [("closed", "09:15:00")]),
        (
            {"Utfall": "Lagt på", "Väntan": "-", "Slut": "2025-03-10 09:15:09"},
            [("abandoned", "09:15:09")],
        ),
        (
            {"Utfall": "Ring upp", "Uppringd": "2025-03-10 10:00:00"},
            [("callback_requested", "09:15:12"), ("callback_answered", "10:00:00")],
        ),
    ],
)
def test_a_row_states_what_happened_and_when(
    given: dict[str, str], expected: list[tuple[str, str]]
) -> None:
    events = rows_of().translate(cells(**given))
    assert told(events) == [("offered", "09:15:00"), *expected]
    for event in events:
        assert decode(encode(event)) == event
        assert event.partitionkey == "lulea"
        assert event.data.queue == "vaxel"
        assert event.data.arrived_at == datetime(2025, 3, 10, 8, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("given", "fault", "column"),
    [
        ({"Väntan": "-350"}, "negative", "Väntan"),
        ({"Besvarat": "2025-03-10 09:14:59"}, "out_of_order", "Besvarat"),
        ({"Väntan": "18:00:00"}, "too_long", "Väntan"),
        ({"Väntan": ""}, "missing", "Väntan"),
        ({"Väntan": "snart"}, "bad_duration", "Väntan"),
        ({"Utfall": ""}, "missing", "Utfall"),
        ({"Utfall": "-"}, "missing", "Utfall"),
        ({"Utfall": "Svarat"}, "unknown_word", "Utfall"),
        ({"Typ": "Utrikes"}, "unknown_word", "Typ"),
        ({"Kö": "Växel"}, "unknown_queue", "Kö"),
        ({"Kö": ""}, "missing", "Kö"),
        ({"Tid": "25:00:00"}, "impossible_time", "Tid"),
        ({"Dag": "2025-02-30"}, "impossible_time", "Tid"),
        ({"Tid": ""}, "missing", "Tid"),
        ({"Dag": ""}, "missing", "Dag"),
        ({"Dag": "2025-03-30", "Tid": "02:30:00"}, "skipped_time", "Tid"),
        ({"Dag": "2025-04-02"}, "future", "Tid"),
        ({"Väntan": "=1+1"}, "formula", "Väntan"),
        ({"Utfall": "Sv\N{REPLACEMENT CHARACTER}r"}, "unreadable", "Utfall"),
        ({"Utfall": "Svar\0"}, "unreadable", "Utfall"),
        ({"Id": "08-465 004 00"}, "number_in_id", "Id"),
        ({"Id": "0846500400-20250310081500"}, "number_in_id", "Id"),
        ({"Id": "sip_0846500400@pbx"}, "number_in_id", "Id"),
        ({"Id": "x-846500400-1", "Nummer": "+46 8 465 004 00"}, "number_in_id", "Id"),
    ],
)
def test_a_row_that_can_not_be_has_a_fault_with_a_name_and_its_column(
    given: dict[str, str], fault: str, column: str
) -> None:
    with pytest.raises(RowError) as error:
        rows_of().translate(cells(**given))
    assert (error.value.fault, error.value.column) == (fault, column)
    assert fault in NOT_KEPT


def test_the_known_word_most_like_an_unknown_one_is_named() -> None:
    for column, word, near in (("Kö", "Växlen", "växeln"), ("Utfall", "Lagd på", "lagt på")):
        with pytest.raises(RowError) as error:
            rows_of().translate(cells(**{column: word}))
        assert error.value.near == near


@pytest.mark.parametrize(
    ("given", "mended", "expected"),
    [
        ({"Utfall": " Svar\N{NO-BREAK SPACE}"}, "blanks", ["answered", "completed"]),
        ({"Id": '="0012"'}, "text_formula", ["answered", "completed"]),
        ({"Samtal": "18:00:00"}, "talk_too_long", ["answered"]),
        ({"Samtal": "-350"}, "talk_negative", ["answered"]),
        ({"Slut": "2025-03-10 09:15:11"}, "talk_negative", ["answered"]),
        ({"Id": "NULL"}, "no_id", ["answered", "completed"]),
    ],
)
def test_what_can_be_mended_is_and_is_told(
    given: dict[str, str], mended: str, expected: list[str]
) -> None:
    rows = rows_of()
    assert [what for what, _ in told(rows.translate(cells(**given)))] == ["offered", *expected]
    assert rows.mended == {mended}
    assert mended in MENDED


def test_columns_too_few_are_a_fault_and_empty_ones_too_many_are_not() -> None:
    rows = rows_of()
    for wrong in (cells()[:-1], [*cells(), "x"]):
        with pytest.raises(RowError, match="columns"):
            rows.translate(wrong)
    assert len(rows.translate([*cells(), "", " "])) == 3


def test_the_same_row_again_is_told_once_and_another_of_the_same_leg_is_refused() -> None:
    rows = rows_of()
    assert len(rows.translate(cells())) == 3
    assert rows.translate(cells()) == []
    assert rows.mended == {"repeated"}
    with pytest.raises(RowError, match="conflicting"):
        rows.translate(cells(Väntan="13"))
    onward = rows.translate(cells(Kö="teknik", Tid="09:16:12"))
    assert {event.subject for event in onward} == {rows_of().translate(cells())[0].subject}


def test_without_an_id_rows_that_are_alike_are_calls_of_their_own_in_whatever_file() -> None:
    text = CATALOGUE.replace("          call_id: Id\n", "")
    assert "call_id" not in text
    columns = columns_of(rows_of(text).spec)
    busy = [
        cells(columns, Nummer="08-465 004 00"),
        cells(columns, Nummer="08-465 004 01"),
        cells(columns, Väntan="13"),
    ]
    once, overlapping = rows_of(text), rows_of(text)
    first = [event for row in busy for event in once.translate(row)]
    again = [
        event
        for row in (cells(columns, Tid="09:14:00"), *busy)
        for event in overlapping.translate(row)
    ]
    assert again[3:] == first
    assert len({event.subject for event in first}) == 3
    assert len({event.id for event in again}) == len(again) == 12


def test_a_call_without_an_id_is_the_same_when_more_of_its_row_is_read() -> None:
    text = CATALOGUE.replace("          call_id: Id\n", "")
    less = text.replace("          talk: Samtal\n", "").replace("          caller: Nummer\n", "")
    calls = {
        rows_of(one).translate(cells(columns_of(rows_of(one).spec)))[0].subject
        for one in (text, less)
    }
    assert len(calls) == 1


@pytest.mark.parametrize("id_", ["000123456", "1773134100.17", "A-17", "20250310091500", "0017"])
def test_an_id_is_not_taken_for_a_number(id_: str) -> None:
    assert len(rows_of().translate(cells(Id=id_, Nummer="08-465 004 00"))) == 3


def test_no_number_is_in_an_event_and_the_hash_is_the_days(tmp_path: Path) -> None:
    keys, today = Keys(tmp_path / "k"), datetime(2025, 4, 1).date()  # noqa: DTZ001

    def hashed(number: str, at: int) -> str | None:
        assert at == micros(datetime(2025, 3, 10, 8, 15, tzinfo=UTC))
        return pseudonym(number, keys.key(today, today) or b"")

    offered, *others = rows_of(caller=hashed).translate(cells(Nummer="08-465 004 00", Id="a-9"))
    assert offered.data.caller == pseudonym("0846500400", keys.key(today, today) or b"")
    assert all(event.data.caller is None for event in others)
    plain = rows_of().translate(cells(Nummer="08-465 004 00", Id="a-9"))
    assert plain[0].data.caller is None
    text = b"".join(map(encode, [offered, *others, *plain]))
    assert not re.search(rb"465|a-9", text)
    assert [event.id for event in plain] == [event.id for event in [offered, *others]]


def test_an_answer_in_the_hour_that_comes_twice_is_after_the_arrival() -> None:
    night = {"Dag": "2024-10-27", "Tid": "02:59:50", "Väntan": ""}
    offered, answered, ended = rows_of().translate(
        cells(**night, Besvarat="2024-10-27 02:00:05", Samtal="10")
    )
    assert offered.time == datetime(2024, 10, 27, 0, 59, 50, tzinfo=UTC)
    assert answered.time - offered.time == timedelta(seconds=15)
    assert ended.time - answered.time == timedelta(seconds=10)


words = st.sampled_from(
    ["", "-", "NULL", "Svar", "Lagt på", "Växeln", "teknik", "12", "-5", "1:15", "00:00:00",
     "2025-03-10", "2025-03-30", "02:30:00", "09:15:00", "2025-03-10 09:16:00", "08-465 004 00",
     '="a"', "=a", " Svar ", "Ring upp", "18:00:00"]
)  # fmt: skip


@given(st.lists(words | st.text(max_size=12), min_size=len(COLUMNS), max_size=len(COLUMNS)))
def test_any_row_of_text_is_events_or_a_named_fault(row: list[str]) -> None:
    rows = rows_of()
    try:
        events = rows.translate(row)
    except RowError as error:
        assert error.fault in NOT_KEPT  # noqa: PT017
        assert error.column in {"", *COLUMNS}  # noqa: PT017
    else:
        assert all(decode(encode(event)) == event for event in events)
        assert rows.mended <= set(MENDED)


@given(
    at=st.datetimes(datetime(2024, 1, 1), datetime(2025, 3, 29)),  # noqa: DTZ001
    wait=st.integers(0, 3600),
    talk=st.none() | st.integers(0, 3600),
    outcome=st.sampled_from(sorted(SPEC.outcomes.items())),
    queue=st.sampled_from([("Växeln", "vaxel"), ("teknik", "teknik"), (" VÄXELN ", "vaxel")]),
    shape=st.sampled_from(["{}", "{:d} s"]),
)
def test_a_good_row_has_the_events_that_a_plain_reading_of_it_has(
    *,
    at: datetime,
    wait: int,
    talk: int | None,
    outcome: tuple[str, str],
    queue: tuple[str, str],
    shape: str,
) -> None:
    at = at.replace(microsecond=0, tzinfo=STOCKHOLM)
    arrived = at.astimezone(UTC)
    if arrived.astimezone(STOCKHOLM).replace(tzinfo=None) != at.replace(tzinfo=None):
        return  # the clock skipped it
    expected = {("offered", arrived), (outcome[1], arrived + timedelta(seconds=wait))}
    if outcome[1] == "answered" and talk is not None:
        expected.add(("completed", arrived + timedelta(seconds=wait + talk)))
    events = rows_of().translate(
        cells(
            Dag=f"{at:%Y-%m-%d}",
            Tid=f"{at:%H:%M:%S}",
            Väntan=shape.format(wait),
            Samtal="" if talk is None else str(talk),
            Utfall=outcome[0],
            Kö=queue[0],
        )
    )
    assert {(CALL_TYPES[event.type], event.time) for event in events} == expected
    assert {(event.data.queue, event.data.arrived_at) for event in events} == {(queue[1], arrived)}


def test_without_a_column_of_outcomes_who_has_no_answer_did_what_the_catalogue_says() -> None:
    start, end = CATALOGUE.index("          outcome: "), CATALOGUE.index("          transferred:")
    rows = rows_of(CATALOGUE[:start] + "          unanswered: abandoned\n" + CATALOGUE[end:])
    columns = columns_of(rows.spec)
    answered = rows.translate(cells(columns, Besvarat="2025-03-10 09:15:20"))
    lost = rows.translate(cells(columns, Id="2"))
    assert [what for what, _ in told(answered)] == ["offered", "answered", "completed"]
    assert told(lost)[1:] == [("abandoned", "09:15:12")]


def test_a_call_that_arrives_at_midnight_does_where_that_means_nothing_elsewhere() -> None:
    midnight = {"Dag": "2025-03-10", "Tid": "00:00:00"}
    assert told(rows_of().translate(cells(**midnight)))[0] == ("offered", "00:00:00")
    with pytest.raises(RowError, match="missing"):
        rows_of().translate(cells(Tid="-"))


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    file = tmp_path / "katalog.yaml"
    file.write_text(CATALOGUE, "utf-8")
    return file


def test_what_was_kept_and_what_was_not_is_said_with_lines_and_never_with_values(
    tmp_path: Path, catalogue: Path
) -> None:
    file, report = tmp_path / "samtal.csv", tmp_path / "fel.csv"
    file.write_text(
        csv_of(
            COLUMNS,
            cells(),
            cells(Id="2", Kö="Hemlig kö", Nummer="08-465 004 01"),
            cells(Id="3", Väntan=" 5 "),
            cells(Id="4", Kö="Hemlig kö"),
            cells(Id="5", Tid="hemligt"),
            cells(Id="6")[:-2],
        ),
        "utf-8",
    )
    said = succeeded(
        "import-calls", file, "--catalogue", catalogue, "--to", tmp_path / "h", "--report", report
    )
    assert said.splitlines() == [
        f"{file}: UTF-8, semikolon.",
        f"Sparade till {tmp_path / 'h'} 2 av 6 rader: 6 händelser.",
        "Inte sparat, 4 rader:",
        "  2: okänd kö (kolumn Kö), rad 3, 5",
        "  1: ingen tidpunkt, eller skriven på annat sätt (kolumn Tid), rad 6",
        "  1: fel antal kolumner, rad 7",
        "Sparat, men lagat:",
        "  1: mellanslag runt värden, som togs bort, rad 4",
    ]
    assert report.read_text("utf-8-sig").splitlines() == [
        "rad;sparad;slag;kolumn;vad",
        "3;nej;unknown_queue;Kö;okänd kö",
        "4;ja;blanks;;mellanslag runt värden, som togs bort",
        "5;nej;unknown_queue;Kö;okänd kö",
        "6;nej;impossible_time;Tid;ingen tidpunkt, eller skriven på annat sätt",
        "7;nej;columns;;fel antal kolumner",
    ]
    assert len((tmp_path / "h").read_bytes().splitlines()) == 6


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([], "har inga rader under rubrikerna: exportera den igen."),
        ([[""] * len(COLUMNS)], "har inga rader under rubrikerna: exportera den igen."),
        (
            [cells(Utfall="Svarr"), cells(Kö="x", Id="2"), cells(Kö="y", Id="3")],
            "(UTF-8, semikolon): ingen av 3 rader gick att använda; vanligast: okänd kö "
            "(kolumn Kö), rad 3",
        ),
    ],
)
def test_a_file_of_which_nothing_can_be_kept_is_one_line_and_a_failure(
    tmp_path: Path, catalogue: Path, rows: list[list[str]], said: str
) -> None:
    file = tmp_path / "samtal.csv"
    file.write_text(csv_of(COLUMNS, *rows), "utf-8")
    done = ran("import-calls", file, "--catalogue", catalogue, "--dry-run")
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == f"Fel: {file} {said}\n"


def test_a_dry_run_says_the_same_and_writes_nothing(tmp_path: Path, catalogue: Path) -> None:
    file, key = tmp_path / "samtal.csv", tmp_path / "nycklar"
    file.write_text(csv_of(COLUMNS, cells(Nummer="08-465 004 00")), "utf-8")
    said = succeeded(
        "import-calls", file, "--catalogue", catalogue, "--dry-run", "--key-file", key
    )
    assert "Skulle spara 1 av 1 rad: 3 händelser." in said
    assert sorted(tmp_path.iterdir()) == sorted([file, catalogue])


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--source", "pbz"], "källan pbz finns inte i katalog.yaml; menade du pbx?"),
        (["--municipality", "boden"], "--municipality: boden finns inte i katalog.yaml: skriv"),
        (["--to", "h", "--kafka", "a:1"], "ange antingen --kafka eller --to"),
        (["--to", "samtal.csv"], "--to är filen som läses: ange en annan"),
        (["--dry-run", "--report", "ingen/fel.csv"], "--report ingen/fel.csv går inte att skriva"),
        (["--dry-run", "--report", "/dev/full"], "/dev/full går inte att skriva (disken är full)"),
        (["--to", "/dev/full"], "Det går inte att skriva till /dev/full (disken är full)."),
    ],
)
def test_what_was_typed_wrong_is_one_line(
    tmp_path: Path,
    catalogue: Path,
    monkeypatch: pytest.MonkeyPatch,
    more: list[str],
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("samtal.csv").write_text(csv_of(COLUMNS, cells()), "utf-8")
    done = ran("import-calls", "samtal.csv", "--catalogue", catalogue.name, *more)
    assert done.exit_code in {1, 2}
    assert said in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.output


@given(
    st.binary(max_size=400)
    | st.lists(st.text('Kö;Id"\n=-0:äå \0', max_size=60)).map(
        lambda lines: (csv_of(COLUMNS, cells()) + "\n".join(lines)).encode()
    )
)
def test_no_file_makes_the_command_fail_but_in_one_line(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    place = tmp_path_factory.getbasetemp()
    file, catalogue = place / "any.csv", place / "any.yaml"
    if not catalogue.exists():
        catalogue.write_text(CATALOGUE, "utf-8")
    file.write_bytes(content)
    done = ran("import-calls", file, "--catalogue", catalogue, "--dry-run")
    assert done.exit_code in {0, 1}
    assert done.exception is None or isinstance(done.exception, SystemExit)
    assert done.exit_code == 0 or len(done.stderr.splitlines()) == 1


def test_a_source_that_says_nothing_of_lists_is_told_to(tmp_path: Path) -> None:
    start, end = (
        CATALOGUE.index("        calls_file:"),
        CATALOGUE.index("    queues:\n      vaxel"),
    )
    (tmp_path / "k.yaml").write_text(CATALOGUE[:start] + CATALOGUE[end:], "utf-8")
    done = ran("import-calls", tmp_path / "x.csv", "--catalogue", tmp_path / "k.yaml")
    assert "säger inte med calls_file vad filens kolumner betyder: skriv det" in done.stderr
