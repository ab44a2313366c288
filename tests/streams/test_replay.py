"""svarsgrad replay as an analyst uses it: files, spans, JSON and the table."""

import gzip
import json
from datetime import UTC, date, datetime, timedelta
from itertools import combinations
from pathlib import Path
from typing import Any

import msgspec
import pytest
from catalogues import catalogue
from click.testing import CliRunner, Result
from exported import MISSES

from streams.domain.catalogue import load_catalogue
from streams.domain.events import REASONS, CallData, CallEvent, Event, encode
from streams.domain.instants import micros
from streams.domain.why_rejected import WHY_REJECTED
from streams.events_page import example
from streams.replay import Log, fold
from streams.replay import command as replay_command
from streams.replay.command import command
from streams.replay.event_files import Line
from streams.replay.remarks import rejections

NOON = datetime(2026, 3, 10, 11, 0, tzinfo=UTC)  # 12.00 in Stockholm
AT = "2026-03-10T12:00:00+01:00"


def call(number: int, arrived: datetime, **after: float) -> list[bytes]:
    """A call in the switchboard, and what happened to it so many seconds later."""
    data = CallData(queue="vaxel", arrived_at=arrived)
    return [
        encode(
            CallEvent(
                id=f"{number}-{what}",
                source="/test",
                type=f"se.svarsgrad.call.{what}.v1",
                subject=str(number),
                time=arrived + timedelta(seconds=seconds),
                partitionkey="lulea",
                data=data,
            )
        )
        for what, seconds in {"offered": 0.0, **after}.items()
    ]


LINES = [
    *call(1, NOON - timedelta(minutes=50), answered=15),
    *call(2, NOON - timedelta(minutes=40), answered=15.5),
    *call(3, NOON - timedelta(minutes=20), abandoned=4),
    *call(4, NOON - timedelta(seconds=10)),
]


def written(kind: str, subject: str = "x", **data: object) -> Event:
    """An event of the day before like the example of its type, but for some of its data."""
    like = example(f"se.svarsgrad.{kind}.v1")
    made: Event = msgspec.structs.replace(
        like,
        subject=subject,
        id=f"{kind}/{subject}",
        time=NOON - timedelta(days=1),
        data=msgspec.structs.replace(like.data, **data),
    )
    return made


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    made = {name: tmp_path / name for name in ("lulea.yaml", "day.jsonl", "day.jsonl.gz")}
    made["lulea.yaml"].write_text(catalogue(["lulea"], "Europe/Stockholm"), encoding="utf-8")
    made["day.jsonl"].write_bytes(b"\n".join(LINES) + b"\n")
    made["day.jsonl.gz"].write_bytes(gzip.compress(b"\n".join(LINES)))
    return made


def run(files: dict[str, Path], *arguments: str, stdin: bytes = b"") -> Result:
    given = ["--catalogue", str(files["lulea.yaml"]), *arguments]
    return CliRunner().invoke(command, given, input=stdin)


def vaxel(result: Result) -> dict[str, Any]:
    assert result.exit_code == 0, result.output
    figures: dict[str, Any] = json.loads(result.stdout)["lulea"]["queues"]["vaxel"]
    return figures


def told(result: Result) -> str:
    """The error, without the word for one: whether that is Swedish depends on who asks."""
    return result.output.partition(": ")[2]


NO_SHARE = {"count": 0, "n": 0, "ratio": None, "wilson_low": None, "wilson_high": None}
NO_MISS = dict.fromkeys(MISSES, 0)
A_HALF = {
    "count": 1, "n": 2, "ratio": 0.5,
    "wilson_low": pytest.approx(0.0945, abs=1e-4), "wilson_high": pytest.approx(0.9055, abs=1e-4),
}  # fmt: skip
A_THIRD = {
    "count": 1, "n": 3, "ratio": pytest.approx(1 / 3),
    "wilson_low": pytest.approx(0.0615, abs=1e-4), "wilson_high": pytest.approx(0.7923, abs=1e-4),
}  # fmt: skip
TWO_THIRDS = {
    "count": 2, "n": 3, "ratio": pytest.approx(2 / 3),
    "wilson_low": pytest.approx(0.2077, abs=1e-4), "wilson_high": pytest.approx(0.9385, abs=1e-4),
}  # fmt: skip
NONE_OF_THREE = {
    "count": 0, "n": 3, "ratio": 0.0,
    "wilson_low": 0.0, "wilson_high": pytest.approx(0.5615, abs=1e-4),
}  # fmt: skip


def all_of(number: int) -> dict[str, Any]:
    """The lower end is 1 / (1 + z²/n)."""
    low = pytest.approx(1 / (1 + 3.841459 / number), abs=1e-4)
    return {"count": number, "n": number, "ratio": 1.0, "wilson_low": low, "wilson_high": 1.0}


def test_json_has_every_figure_of_a_queue(files: dict[str, Path]) -> None:
    figures = vaxel(run(files, str(files["day.jsonl"]), "--at", AT, "--json"))
    assert figures == {
        "now": {
            "waiting": 1, "longest_wait_seconds": 10.0, "is_open": True, "has_incident": False,
        },
        "arrived": 4,
        "outside_hours": 0,
        "internal": 0,
        "answered": 2,
        "abandoned": 1,
        "overflowed": 0,
        "refused": 0,
        "closed": 0,
        "callback": 0,
        "waiting": 1,
        "wait_seconds": {
            "mean": 15.25, "p50": 15.0, "p80": 15.5, "p90": 15.5, "p95": 15.5, "p99": 15.5,
            "max": 15.5,
        },
        "wait_or_never_seconds": {
            "p50": 15.5, "p80": None, "p90": None, "p95": None, "p99": None,
        },
        "talk_seconds": {"mean": None, "n": 0},
        "latest": {"svar-15s": A_THIRD, "svar-5min": TWO_THIRDS},
        "published_service_levels": {},
        "abandoned_within": {"5": 1, "10": 1, "15": 1, "20": 1, "40": 1, "60": 1, "all": 1},
        "lost": A_THIRD,
        "lost_high": A_THIRD,
        "ended": {"own": 2, "partner": 0, "lost": 1, "unknown": 0},
        "answered_in_all": TWO_THIRDS,
        "transfers": {"answered": 0, "lost": 0, "unknown": 0, "unseen": 0},
        "callbacks": {"asked": 0, "reached": 0, "kept": None},
        "without_incidents": None,
        "if_overflow": {},
        "service_levels": {
            "svar-15s": {
                "good": 1, "decided": 3, "ratio": pytest.approx(1 / 3),
                "wilson_low": pytest.approx(0.0615, abs=1e-4),
                "wilson_high": pytest.approx(0.7923, abs=1e-4),
                "missed": {**NO_MISS, "answered_late": 1, "abandoned_early": 1},
                "formulas": {
                    "of_answered": A_HALF, "less_early_abandons": A_HALF,
                    "early_abandons_kept": TWO_THIRDS, "left": TWO_THIRDS,
                },
            },
            "svar-5min": {
                "good": 2, "decided": 3, "ratio": pytest.approx(2 / 3),
                "wilson_low": pytest.approx(0.2077, abs=1e-4),
                "wilson_high": pytest.approx(0.9385, abs=1e-4),
                "missed": {**NO_MISS, "abandoned_early": 1},
                "formulas": {
                    "of_answered": all_of(2), "less_early_abandons": all_of(2),
                    "early_abandons_kept": all_of(3), "left": all_of(3),
                },
            },
        },
    }  # fmt: skip


def test_json_has_every_figure_of_all_contacts(files: dict[str, Path]) -> None:
    result = run(files, str(files["day.jsonl"]), "--at", AT, "--json")
    figures = json.loads(result.stdout)["lulea"]["contacts"]
    assert figures == {
        "contacts": 4,
        "outside_hours": 0,
        "internal": 0,
        "outcomes": {"answered": 2, "lost": 1, "unknown": 0, "waiting": 1},
        "at_centre": 4,
        "at_centre_answered": 2,
        "legs": 4,
        "legs_per_contact": 1.0,
        "wait_seconds": {
            "mean": 15.25, "p50": 15.0, "p80": 15.5, "p90": 15.5, "p95": 15.5, "p99": 15.5,
            "max": 15.5,
        },
        "helped": 2,
        "lost": A_THIRD,
        "lost_high": A_THIRD,
        "kkik": {
            "contacts": {
                "within_1_min": TWO_THIRDS,
                "within_2_min": NONE_OF_THREE,
                "later": NONE_OF_THREE,
                "not_answered": A_THIRD,
                "waiting": NONE_OF_THREE,
            },
            "undecided": 1,
            "transfers": {"answered": 0, "cut": 0, "pending": 0, "unseen": 0},
            "after_transfer": NO_SHARE,
        },
        "callers": {
            "contacts": 0,
            "callers": 0,
            "waiting": 0,
            "mean_calls_until_answer": None,
            "got_through": NO_SHARE,
        },
    }  # fmt: skip


def test_a_queue_that_no_call_reached_has_counts_of_zero_and_no_values(
    files: dict[str, Path],
) -> None:
    result = run(files, str(files["day.jsonl"]), "--at", AT, "--json")
    figures = json.loads(result.stdout)["lulea"]["queues"]["kundtjanst-skola"]
    assert figures["arrived"] == 0
    assert figures["lost"]["ratio"] is None
    assert figures["wait_seconds"]["p90"] is None
    assert figures["service_levels"]["svar-15s"]["ratio"] is None


def test_plain_packed_and_piped_files_give_the_same(files: dict[str, Path]) -> None:
    plain = run(files, str(files["day.jsonl"]), "--at", AT, "--json")
    packed = run(files, str(files["day.jsonl.gz"]), "--at", AT, "--json")
    piped = run(files, "-", "--at", AT, "--json", stdin=b"\n".join(LINES))
    assert plain.stdout == packed.stdout == piped.stdout


def test_the_same_file_twice_changes_nothing(files: dict[str, Path]) -> None:
    once = run(files, str(files["day.jsonl"]), "--at", AT, "--json")
    twice = run(files, *[str(files["day.jsonl"])] * 2, "--at", AT, "--json")
    assert once.stdout == twice.stdout


def test_a_past_instant_knows_nothing_of_what_came_later(files: dict[str, Path]) -> None:
    at = "2026-03-10T11:10:10+01:00"  # ten seconds into the first call
    figures = vaxel(run(files, str(files["day.jsonl"]), "--at", at, "--json"))
    assert (figures["arrived"], figures["waiting"]) == (1, 1)


def test_a_span_counts_the_calls_that_arrived_in_it(files: dict[str, Path]) -> None:
    span = "2026-03-10T11:15:00+01:00/2026-03-10T11:45:00+01:00"
    figures = vaxel(run(files, str(files["day.jsonl"]), "--window", span, "--json"))
    assert (figures["arrived"], figures["answered"], figures["abandoned"]) == (2, 1, 1)


def test_a_rolling_window_slides(files: dict[str, Path]) -> None:
    day = str(files["day.jsonl"])
    assert vaxel(run(files, day, "--at", AT, "--window", "30m", "--json"))["arrived"] == 2
    assert vaxel(run(files, day, "--at", AT, "--window", "1h", "--json"))["arrived"] == 4


def test_the_table_is_swedish(files: dict[str, Path]) -> None:
    result = run(files, str(files["day.jsonl"]), "--at", AT)
    assert result.exit_code == 0
    assert "90 % ≤ 15 s" in result.stdout.replace("\N{NO-BREAK SPACE}", " ")
    assert "33,3" in result.stdout
    assert "inga data" in result.stdout


def test_a_bad_line_is_told_and_the_rest_is_counted(files: dict[str, Path]) -> None:
    result = run(files, "-", "--at", AT, "--json", stdin=b"\n".join([b"{", *LINES]))
    assert vaxel(result)["arrived"] == 4
    assert result.stderr == (
        "1 händelse avvisades: inte JSON i UTF-8, eller för många nivåer; skriv en händelse, "
        "eller en lista av händelser, på varje rad (standard in, rad 1)\n"
    )


# Times, as they are typed and told.


@pytest.mark.parametrize(
    ("typed", "same"),
    [
        ("--at 2026-03-10T12:00", f"--at {AT}"),
        (
            "--window 2026-03-10T11:15/2026-03-10T11:45",
            "--window 2026-03-10T11:15+01:00/2026-03-10T10:45Z",
        ),
        ("--window 2026-03-10/2026-03-11", "--window 2026-03-09T23:00Z/2026-03-10T23:00Z"),
    ],
)
def test_a_time_without_an_offset_is_the_municipalitys(
    files: dict[str, Path], typed: str, same: str
) -> None:
    day = str(files["day.jsonl"])
    result = run(files, day, *typed.split(), "--json")
    assert result.exit_code == 0
    assert result.stdout == run(files, day, *same.split(), "--json").stdout


def test_a_time_without_an_offset_is_refused_where_municipalities_have_different_zones(
    files: dict[str, Path],
) -> None:
    one, other = (catalogue([n], z) for n, z in (("lulea", "Europe/Stockholm"), ("x", "UTC")))
    files["lulea.yaml"].write_text(one + other.split("municipalities:\n")[1], encoding="utf-8")
    result = run(files, str(files["day.jsonl"]), "--at", "2026-03-10T12:00")
    assert "ingen tidpunkt med zon" in result.output


@pytest.mark.parametrize(
    ("typed", "heading"),
    [
        ("", "Lulea i dag (2026-03-10) till kl. 13.00.05"),
        ("--window 1h", "Lulea senaste timmen (2026-03-10 kl. 12.00.05–13.00.05)"),
        ("--at 2026-03-10T12:30", "Lulea i dag (2026-03-10) till kl. 12.30"),
        ("--at 2026-03-09T10:15", "Lulea 2026-03-09 till kl. 10.15"),
        ("--at 2026-03-10T10:15 --window 15m", "Lulea 2026-03-10 kl. 10.00–10.15"),
        (
            "--at 2026-03-10T00:05 --window 15m",
            "Lulea 2026-03-09 kl. 23.50 – 2026-03-10 kl. 00.05",
        ),
        ("--window 2026-03-10T08:00/2026-03-10T12:00", "Lulea 2026-03-10 kl. 08.00–12.00"),
        ("--window 2026-03-10/2026-03-11", "Lulea 2026-03-10"),
        ("--window 2026-03-01/2026-04-01", "Lulea 2026-03-01 till och med 2026-03-31"),
        (
            "--window 2026-03-09/2026-03-10 --at 2026-03-10T12:00",
            "Lulea 2026-03-09, som det var känt 2026-03-10 kl. 12.00",
        ),
    ],
)
def test_the_heading_says_whose_figures_they_are_and_of_when(
    files: dict[str, Path], monkeypatch: pytest.MonkeyPatch, typed: str, heading: str
) -> None:
    clock_now = micros(NOON + timedelta(hours=1, seconds=5))
    monkeypatch.setattr(replay_command, "system_clock", lambda: clock_now)
    result = run(files, str(files["day.jsonl"]), *typed.split())
    assert result.stdout.splitlines()[0] == heading


# Nothing to show, and why.


def test_no_events_at_all_is_an_error(files: dict[str, Path]) -> None:
    empty = files["day.jsonl"].with_name("tom.jsonl")
    empty.write_bytes(b"\n")
    result = run(files, str(empty), "-", "--json")
    assert result.exit_code == 1
    assert told(result) == f"{empty} och standard in innehåller inga händelser\n"


def test_a_queue_log_is_known_and_told_how_to_convert(files: dict[str, Path]) -> None:
    log = Path(__file__).parents[2] / "examples" / "queue_log"
    result = run(files, str(log))
    assert result.exit_code == 1
    assert told(result) == (
        f"{log} är en queue_log, inte händelser: kör svarsgrad follow-queue-log {log} "
        "--municipality lulea --once --to händelser.jsonl först\n"
    )


def test_if_no_event_can_be_used_the_commonest_fault_is_told(files: dict[str, Path]) -> None:
    elsewhere = [line.replace(b'"lulea"', b'"kiruna"') for line in LINES]
    result = run(files, "-", stdin=b"\n".join([b"{", *elsewhere]))
    assert result.exit_code == 1
    assert told(result) == (
        "ingen händelse går att använda (de flesta, 7 av 8): kommunen finns inte i "
        "katalogen; lägg till den, eller rätta avsändaren (den första: standard in, rad 2)\n"
    )


@pytest.mark.parametrize(
    ("typed", "shows"),
    [
        ("--at 2026-03-10T10:00", "--at 2026-03-10T23:59+01:00"),  # not yet
        ("--at 2026-05-10T10:00", "--at 2026-03-10T23:59+01:00"),  # behind the horizon
        ("--at 2026-03-11T10:00 --window 15m", "--at 2026-03-10T12:00+01:00"),
        (
            "--window 2026-03-11/2026-03-12",
            "--window 2026-03-10T00:00+01:00/2026-03-11T00:00+01:00",
        ),
    ],
)
def test_where_nothing_came_in_the_window_what_would_show_the_latest_is_told(
    files: dict[str, Path], typed: str, shows: str
) -> None:
    day = str(files["day.jsonl"])
    result = run(files, day, *typed.split())
    assert result.exit_code == 0
    assert "Samtal" in result.stdout
    assert result.stderr == (
        "Inget kom i fönstret. 7 händelser lästes; det senaste kom 2026-03-10 "
        f"kl. 11.59.50: visa det med {shows}\n"
    )
    window = typed.split()[2:] if "15m" in typed else []
    again = run(files, day, *shows.split(), *window)
    assert again.stderr == ""


def test_a_call_in_the_last_minute_of_a_day_is_shown_by_what_is_told(
    files: dict[str, Path],
) -> None:
    late = b"\n".join(call(1, datetime(2026, 3, 10, 22, 59, 30, tzinfo=UTC)))
    option = run(files, "-", stdin=late).stderr.split("visa det med ")[1].split()
    assert vaxel(run(files, "-", *option, "--json", stdin=late))["arrived"] == 1


def test_calls_outside_promised_hours_are_something_to_show(files: dict[str, Path]) -> None:
    example = (Path(__file__).parents[2] / "examples" / "lulea.yaml").read_text("utf-8")
    files["lulea.yaml"].write_text(example.replace('"08:00-17:00"', '"13:00-17:00"'), "utf-8")
    result = run(files, str(files["day.jsonl"]), "--at", AT)
    assert "4 samtal utanför utlovad tid räknas inte med." in result.stdout
    assert result.stderr == ""


def test_events_of_unknown_types_alone_are_told(files: dict[str, Path]) -> None:
    newer = b"\n".join(line.replace(b".call.", b".chat.") for line in LINES)
    result = run(files, "-", stdin=newer)
    assert result.exit_code == 0
    assert "7 händelser lästes, alla av typer som den här versionen inte känner" in result.stderr


OF_KINDS = {
    "calls": call(1, NOON - timedelta(days=1), answered=15),
    "questions": [encode(written("email.received", received_at=NOON - timedelta(days=1)))],
    "cases": [encode(written("case.opened", opened_at=NOON - timedelta(days=1)))],
    "surveys": [
        encode(written("survey.answered", subject=f"s{n}", question="bemotande", grade=5))
        for n in range(5)
    ],
    "presence": [
        encode(
            written(
                "presence.staffed",
                subject="kundtjanst-teknik",
                queue="kundtjanst-teknik",
                people=2,
            )
        )
    ],
    "measures": [
        encode(written("measure.recorded", measure="nojda-scb", value=0.5, on=date(2025, 3, 1)))
    ],
    "unknown": [call(9, NOON)[0].replace(b".call.", b".chat.")],
}
SHOWN = {
    "calls": "Förlorade",
    "questions": "Inkorg",
    "cases": "Inkorg",
    "surveys": "Nöjda",
    "presence": "Förvaltning",
    "measures": "Nöjda",
}


@pytest.mark.parametrize("kinds", [c for n in (1, 2, 7) for c in combinations(OF_KINDS, n)])
def test_each_kind_is_shown_on_its_own_merits_and_what_is_said_is_true(
    files: dict[str, Path], kinds: tuple[str, ...]
) -> None:
    example = Path(__file__).parents[2] / "examples" / "lulea.yaml"
    files["lulea.yaml"].write_text(example.read_text("utf-8"), "utf-8")
    events = b"\n".join(line for kind in kinds for line in OF_KINDS[kind])
    typed = ["--at", "2026-03-09T23:59", "--window", "7d"]
    result = run(files, "-", *typed, stdin=events)
    assert result.exit_code == 0, result.output
    if kinds == ("unknown",):
        assert "alla av typer som den här versionen inte känner" in result.stderr
        return
    assert "Inget kom" not in result.stderr
    assert "inte känner" not in result.stderr
    for kind in set(kinds) - {"unknown"}:
        assert SHOWN[kind] in result.stdout, kind
    assert ("Inga samtal." in result.stdout) == ("calls" not in kinds)
    assert ("p90:" in result.stdout) == ("calls" in kinds)
    later = run(files, "-", "--at", "2026-03-20T10:00", "--window", "7d", stdin=events)
    assert ("visa det med --at 2026-03-09T" in later.stderr) == bool(
        set(kinds) - {"unknown", "measures"}
    )
    assert "samtalet" not in later.stderr


def test_a_value_typed_in_later_is_told_of_and_not_shown(files: dict[str, Path]) -> None:
    example = Path(__file__).parents[2] / "examples" / "lulea.yaml"
    files["lulea.yaml"].write_text(example.read_text("utf-8"), "utf-8")
    (value,) = OF_KINDS["measures"]  # typed in at noon on 9 March
    early, late = (
        run(files, "-", "--at", at, stdin=value) for at in ("2026-03-09T12:00", "2026-03-09T12:01")
    )
    assert early.stderr == (
        "1 mätvärde skrevs in senare, det sista 2026-03-09 kl. 12.00, och räknas inte med\n"
    )
    assert "50,0" not in early.stdout
    assert late.stderr == ""
    assert "50,0" in late.stdout


def test_a_window_that_begins_before_what_was_read_is_told_from_when_there_is_any(
    files: dict[str, Path],
) -> None:
    def said(*typed: str) -> str:
        return run(files, str(files["day.jsonl"]), *typed).stderr

    week = ["--at", AT, "--window", "7d"]
    assert said(*week) == (
        "Fönstret börjar 2026-03-04, men det som lästes börjar senare: samtal 2026-03-10\n"
    )
    assert said("--at", AT) == ""
    older = b"\n".join(call(7, NOON - timedelta(days=40), answered=1) + LINES)
    assert run(files, "-", *week, stdin=older).stderr == ""


# Rejected events.


def test_rejected_events_are_told_by_kind_with_the_first_place_and_nothing_of_them(
    files: dict[str, Path],
) -> None:
    bad = [
        LINES[0].replace(b'"queue":"vaxel"', b'"queue":""'),
        b"[" + LINES[0] + b"," + LINES[1].replace(b"lulea", b"kiruna") + b"]",
        b'{"namn": "Hemlig Person"}',
        LINES[0].replace(b'"queue":"vaxel"', b'"queue":7'),
    ]
    result = run(files, "-", "--at", AT, stdin=b"\n".join([*LINES, *bad]))
    assert result.exit_code == 0
    assert result.stderr.splitlines() == [
        "2 händelser avvisades: data.queue saknas eller har fel form; se docs/events.md "
        "(den första: standard in, rad 8)",
        "1 händelse avvisades: kommunen finns inte i katalogen; lägg till den, eller rätta "
        "avsändaren (standard in, rad 9, händelse 2)",
        "1 händelse avvisades: id saknas eller har fel form; se docs/events.md (standard in, "
        "rad 10)",
    ]


def test_a_rejection_in_a_topic_is_told_by_partition_offset_and_index() -> None:
    records = [Line(17, b"[" + LINES[0] + b",{}]"), Line(18, b"{"), Line(19, b"{")]
    loaded = load_catalogue(catalogue(["lulea"], "Europe/Stockholm"), "k.yaml")
    _, refused = fold(loaded, [Log("calls-0", records, 0, 1)], micros(NOON))
    assert [line.split(" (")[1] for line in rejections(refused)] == [
        "calls-0, offset 17, index 1)",
        "den första: calls-0, offset 18, index 0)",
    ]


def test_every_reason_has_its_swedish_words() -> None:
    assert WHY_REJECTED.keys() == REASONS.keys()
