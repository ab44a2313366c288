"""What is typed of a measure is checked, recorded once, and said back; slips are one line."""

import gzip
import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from producers import publisher as publisher_module
from producers.measures.as_typed import FIRST_DAY
from producers.measures.command import command, recorded
from producers.publisher import PublishError
from streams.__main__ import main
from streams.domain.event_types import MeasureData, MeasureEvent
from streams.domain.events import Event, decode, encode
from streams.domain.instants import micros
from streams.domain.measures import Measures
from streams.kafka.security import PLAINTEXT

CATALOGUE = """
version: 1
municipalities:
  lulea:
    name: Luleå
    zone: Pacific/Kiritimati
    queues: {vaxel: {name: V, kind: partner, targets: [medelsvar]}}
    promises: [nojda, index, webben]
    targets:
      nojda:
        - {name: Nöjda medborgare, measure: external, goal: 0.7, valid_from: 2014-01-01,
           valid_to: 2018-01-01, source: x}
        - {name: Nöjda invånare, measure: external, goal: 0.7, valid_from: 2018-01-01, source: x}
      index: {name: Kvalitetsindex, measure: external, valid_from: 2014-01-01, source: x}
      webben: {name: Webben, measure: channel_share, channels: [chat], valid_from: 2014-01-01,
        source: x}
      medelsvar:
        {name: Medelsvarstid, measure: mean_wait, limit_seconds: 50, valid_from: 2014-01-01,
        source: x}
"""
ANOTHER = "  boden: {name: Boden, zone: Europe/Stockholm, queues: {v: {name: V, kind: partner}}}\n"
USUAL = ("--on", "2014-11-01", "--document", "SCB 2014")


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    path = tmp_path / "katalog.yaml"
    path.write_text(CATALOGUE, encoding="utf-8")
    return path


def run(catalogue: Path, *arguments: str, to: str | None = "-") -> Result:
    where = [] if to is None else ["--to", to]
    typed = ["--catalogue", str(catalogue), *where, *arguments]
    return CliRunner().invoke(command, typed, env={"SVARSGRAD_KAFKA": None})


def event_of(result: Result) -> MeasureEvent:
    assert result.exit_code == 0, result.output
    event = decode(result.stdout.encode())
    assert isinstance(event, MeasureEvent)
    return event


def refusal(result: Result) -> str:
    """The one line that says what is wrong, below the usage that `main` leaves out."""
    assert result.exit_code != 0
    assert result.stdout == ""
    return result.stderr.strip().splitlines()[-1]


# What is recorded.


@pytest.mark.parametrize(
    ("measure", "typed", "value", "told"),
    [
        ("nojda", "64 %", 0.64, "Nöjda medborgare: 64 %"),
        ("nojda", "64%", 0.64, "Nöjda medborgare: 64 %"),
        ("nojda", "64\N{NO-BREAK SPACE}%", 0.64, "Nöjda medborgare: 64 %"),
        ("nojda", "64 procent", 0.64, "Nöjda medborgare: 64 %"),
        ("nojda", "0,64", 0.64, "Nöjda medborgare: 64 %"),
        ("nojda", "0.64", 0.64, "Nöjda medborgare: 64 %"),
        ("nojda", "57,9 %", 0.579, "Nöjda medborgare: 57,9 %"),
        ("nojda", "0,1 %", 0.001, "Nöjda medborgare: 0,1 %"),
        ("nojda", "100 %", 1.0, "Nöjda medborgare: 100 %"),
        ("nojda", "0", 0.0, "Nöjda medborgare: 0 %"),
        ("index", "89,3", 89.3, "Kvalitetsindex: 89,3"),
        ("index", "1 200", 1200.0, "Kvalitetsindex: 1200"),
        ("index", "85 %", 0.85, "Kvalitetsindex: 85 %"),
        ("index", "120 %", 1.2, "Kvalitetsindex: 1,2"),
        ("webben", "12,5 %", 0.125, "Webben: 12,5 %"),
        ("medelsvar", "42", 42.0, "Medelsvarstid: 42"),
        ("medelsvar", "0,9", 0.9, "Medelsvarstid: 0,9"),
    ],
)
def test_a_value_is_recorded_and_said_back(
    catalogue: Path, measure: str, typed: str, value: float, told: str
) -> None:
    result = run(catalogue, measure, typed, *USUAL)
    assert event_of(result).data.value == value
    said = result.stderr.replace("\N{NO-BREAK SPACE}", " ")
    assert said == f"{told} den 1 november 2014, enligt SCB 2014.\n"


def test_everything_that_was_typed_is_in_the_event(catalogue: Path) -> None:
    before = datetime.now(UTC)
    result = run(
        catalogue, "nojda", "64 %", "--on", "2019-02-03", "--n", "1 000",
        "--document", " SCB:s  medborgarundersökning. ",
    )  # fmt: skip
    event = event_of(result)
    assert event.data == MeasureData(
        measure="nojda",
        value=0.64,
        on=date(2019, 2, 3),
        n=1000,
        document="SCB:s medborgarundersökning.",
    )
    assert (event.partitionkey, event.subject) == ("lulea", "nojda/2019-02-03")
    assert before <= event.time <= datetime.now(UTC)
    assert result.stderr.replace("\N{NO-BREAK SPACE}", " ") == (
        "Nöjda invånare: 64 % den 3 februari 2019 (n = 1 000), enligt SCB:s "
        "medborgarundersökning.\n"
    )


def test_the_same_typed_twice_has_one_id_and_anything_else_another(catalogue: Path) -> None:
    ids = [
        event_of(run(catalogue, *typed)).id
        for typed in (
            ("nojda", "64 %", *USUAL),
            ("nojda", "0,640", *USUAL),
            ("index", "64 %", *USUAL),
            ("nojda", "65 %", *USUAL),
            ("nojda", "64 %", *USUAL, "--n", "5"),
            ("nojda", "64 %", "--on", "2014-11-02", "--document", "SCB 2014"),
            ("nojda", "64 %", "--on", "2014-11-01", "--document", "SCB"),
        )
    ]
    assert ids[0] == ids[1]
    assert len(set(ids)) == 6
    data = MeasureData(measure="nojda", value=0.64, on=date(2014, 11, 1), document="SCB 2014")
    now = datetime.now(UTC)
    assert recorded("lulea", data, now).id == ids[0] != recorded("boden", data, now).id


def test_a_zero_has_no_sign(catalogue: Path) -> None:
    minus, plain = (
        event_of(run(catalogue, "index", *USUAL, "--", typed)) for typed in ("-0", "0")
    )
    assert str(minus.data.value) == "0.0"
    assert minus.id == plain.id


def test_a_day_on_which_nothing_was_promised_is_recorded_and_said(catalogue: Path) -> None:
    result = run(catalogue, "nojda", "64 %", "--on", "2013-12-31", "--document", "SCB")
    assert event_of(result).data.on == date(2013, 12, 31)
    assert "gällde inte den dagen" in result.stderr


def test_today_is_the_municipalitys(catalogue: Path) -> None:
    """On Kiritimati it is tomorrow already, fourteen hours before Greenwich."""
    today = datetime.now(ZoneInfo("Pacific/Kiritimati")).date()
    last = run(catalogue, "nojda", "64 %", "--on", str(today), "--document", "SCB")
    assert event_of(last).data.on in {today, today + timedelta(days=1)}
    later = today + timedelta(days=2)
    said = refusal(run(catalogue, "nojda", "64 %", "--on", str(later), "--document", "SCB"))
    assert "har inte varit än" in said


# Where it goes.


def test_a_file_gets_a_line_for_each(catalogue: Path, tmp_path: Path) -> None:
    path = tmp_path / "matvarden.jsonl"
    path.write_bytes(b'{"an older one": 1}')  # whose last newline is missing
    for value in ("64 %", "65 %"):
        result = run(catalogue, "nojda", value, *USUAL, to=str(path))
        assert result.stdout.endswith("enligt SCB 2014.\n")
    older, *lines = path.read_bytes().splitlines(keepends=True)
    assert older == b'{"an older one": 1}\n'
    assert [decode(line).data.value for line in lines] == [0.64, 0.65]  # type: ignore[attr-defined]
    assert lines[-1].endswith(b"\n")


def test_a_packed_file_gets_packed_lines(catalogue: Path, tmp_path: Path) -> None:
    path = tmp_path / "matvarden.jsonl.gz"
    for value in ("64 %", "65 %"):
        run(catalogue, "nojda", value, *USUAL, to=str(path))
    with gzip.open(path) as file:
        assert [decode(line).data.value for line in file] == [0.64, 0.65]  # type: ignore[attr-defined]


class Published:
    """A publisher that keeps what it is given, until its block is left."""

    made: Sequence[Any] = ()
    events: list[Event]
    is_down = False

    def __init__(self, servers: str, topic: str, *, security: object) -> None:
        assert security == PLAINTEXT
        type(self).made = (servers, topic, self)
        self.events = []

    def publish(self, event: Event) -> None:
        self.events.append(event)

    def __enter__(self) -> "Published":
        return self

    def __exit__(self, *_: object) -> None:
        if self.is_down:
            raise PublishError("1 händelser kom inte fram")


def test_without_a_file_it_goes_to_kafka(catalogue: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publisher_module, "Publisher", Published)
    result = run(catalogue, "nojda", "64 %", *USUAL, "--kafka", "k:1", to=None)
    assert result.exit_code == 0
    assert result.stdout.startswith("Nöjda medborgare: 64")
    servers, topic, published = Published.made
    assert (servers, topic) == ("k:1", "svarsgrad.measures")
    assert [event.data.value for event in published.events] == [0.64]


def test_what_did_not_reach_kafka_is_not_said_to_be_recorded(
    catalogue: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publisher_module, "Publisher", Published)
    monkeypatch.setattr(Published, "is_down", True)
    result = run(catalogue, "nojda", "64 %", *USUAL, to=None)
    assert refusal(result).endswith("kom inte fram")


def test_an_absent_broker_is_one_line(catalogue: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(servers: str, _topic: str, **_: object) -> None:
        raise PublishError(f"ingen Kafka svarar på {servers}")

    monkeypatch.setattr(publisher_module, "Publisher", absent)
    result = run(catalogue, "nojda", "64 %", *USUAL, "--kafka", "k:1", to=None)
    assert refusal(result).endswith("ingen Kafka svarar på k:1")


# What is refused.


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (("nöjda", "64 %", *USUAL), "nöjda är inget löfte i {}; menade du nojda?"),
        (
            ("xyz", "64 %", *USUAL),
            "xyz är inget löfte i {}; det som andra mäter är nojda och index",
        ),
        (("nojda", "64", *USUAL), 'vad löftet gäller: skriv "64 %" om det är procent'),
        (("nojda", "120 %", *USUAL), "vad löftet gäller: skriv 0 till 100 %"),
        (("nojda", "120", *USUAL), "vad löftet gäller: skriv 0 till 100 %"),
        (("webben", "1,01", *USUAL), 'skriv "1,01 %" om det är procent'),
        (("nojda", "bra", *USUAL), 'bra är inget värde: skriv ett tal som 89,3, eller "64 %"'),
        (("index", "1e9", *USUAL), "1e9 är inget värde"),
        (("index", "", *USUAL), 'VÄRDE är tomt: skriv ett tal som 89,3, eller "64 %"'),
        (("index", " ", *USUAL), "VÄRDE är tomt"),
        (("index", "-3", *USUAL), "-3 ser ut som en flagga: skriv ett negativt VÄRDE sist, efter"),
        (("index", "-3,5", *USUAL), "efter två streck, som -- -3,5"),
        (("index", "-3 %", *USUAL), 'efter två streck, som -- "-3 %"'),
        (("index", "--nn", "3", *USUAL), "--nn"),
        (("index", "nan", *USUAL), "nan är inget värde"),
        (("index", "1,2,3", *USUAL), "1,2,3 är inget värde"),
        (("index", "9" * 400, *USUAL), "är inget värde"),
        (("index", "5", "--on", "1 nov 2014", "--document", "x"), "skriv år-månad-dag, som 2014-"),
        (("index", "5", "--on", "20141101", "--document", "x"), "--on 20141101 är ingen dag"),
        (("index", "5", "--on", "2014-02-30", "--document", "x"), "--on 2014-02-30 är ingen dag"),
        (("index", "5", "--on", "2999-01-01", "--document", "x"), "har inte varit än"),
        (("index", "5", "--on", "0214-11-01", "--document", "x"), "är före 1990: rätta året"),
        (("index", "5", "--on", "2014-11-01", "--document", " "), "skriv var värdet står"),
        (("index", "5", "--on", "2014-11-01", "--document", "x" * 201), "med högst 200 tecken"),
        (("index", "5", *USUAL, "--n", "0"), "--n"),
        (("index", "5", *USUAL, "--n", "1000000001"), "skriv hur många som svarade"),
        (("index", "5", *USUAL, "--municipality", "boden"), "boden finns inte i {}: skriv lulea"),
        (("index", "5", *USUAL, "--kafka", "k:1"), "ange antingen --kafka eller --to"),
    ],
)
def test_a_slip_is_one_line_that_says_what_would_be_right(
    catalogue: Path, typed: tuple[str, ...], said: str
) -> None:
    assert said.format(catalogue) in refusal(run(catalogue, *typed))


def test_the_first_day_is_the_first_that_is_taken(catalogue: Path) -> None:
    typed = ("index", "5", "--document", "x", "--on")
    assert event_of(run(catalogue, *typed, str(FIRST_DAY))).data.on == FIRST_DAY
    refusal(run(catalogue, *typed, str(FIRST_DAY - timedelta(days=1))))


def test_a_catalogue_with_several_municipalities_needs_one_to_be_named(catalogue: Path) -> None:
    catalogue.write_text(CATALOGUE + ANOTHER, encoding="utf-8")
    said = refusal(run(catalogue, "index", "5", *USUAL))
    assert said.endswith(f"--municipality: ange vilken kommun i {catalogue}: lulea, boden")
    result = run(catalogue, "index", "5", *USUAL, "--municipality", "lulea")
    assert event_of(result).partitionkey == "lulea"
    said = refusal(run(catalogue, "index", "5", *USUAL, "--municipality", "boden"))
    assert said.endswith("lägg till det under targets och promises, med measure: external")


def test_a_catalogue_that_cannot_be_used_is_one_line(catalogue: Path, tmp_path: Path) -> None:
    catalogue.write_text("version: 2", encoding="utf-8")
    assert f"{catalogue}" in refusal(run(catalogue, "index", "5", *USUAL))
    said = refusal(run(tmp_path / "ingen.yaml", "index", "5", *USUAL))
    assert "finns inte; ange katalogens fil" in said


def test_a_file_that_cannot_be_written_is_one_line(catalogue: Path, tmp_path: Path) -> None:
    for name in ("ingen/fil.jsonl", "ingen/fil.jsonl.gz"):
        said = refusal(run(catalogue, "index", "5", *USUAL, to=str(tmp_path / name)))
        assert said.endswith("finns inte.")


def test_the_command_line_tells_a_slip_in_one_line(
    catalogue: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    typed = ["svarsgrad", "record-measure", "nojd", "64 %", *USUAL, "--catalogue", str(catalogue)]
    monkeypatch.setattr(sys, "argv", typed)
    with pytest.raises(SystemExit):
        main()
    assert capsys.readouterr().err == (
        f"Fel: nojd är inget löfte i {catalogue}; menade du nojda? "
        "(hjälp: svarsgrad record-measure --help)\n"
    )


@given(st.decimals(-100, 1000, places=3))
def test_any_number_comes_through_to_the_book_as_it_was_typed(number: Any) -> None:
    data = MeasureData(measure="a", value=float(number), on=date(2014, 11, 1), document="x")
    event = decode(encode(recorded("lulea", data, datetime.now(UTC))))
    assert isinstance(event, MeasureEvent)
    book = Measures()
    book.state(event, micros(event.time))
    ((one,),) = book.facts().values()
    assert one.value == float(number)
