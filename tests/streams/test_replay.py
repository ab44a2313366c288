"""svarsgrad replay as an analyst uses it: files, spans, JSON and the table."""

import gzip
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from catalogues import catalogue
from click.testing import CliRunner, Result

from streams import replay_command
from streams.domain.events import CallData, CallEvent, encode
from streams.domain.instants import micros
from streams.replay_command import command

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
    figures: dict[str, Any] = json.loads(result.stdout)["lulea"]["vaxel"]
    return figures


def test_json_has_every_figure_of_a_queue(files: dict[str, Path]) -> None:
    figures = vaxel(run(files, str(files["day.jsonl"]), "--at", AT, "--json"))
    assert figures == {
        "arrived": 4,
        "outside_hours": 0,
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
        "lost_ratio": pytest.approx(1 / 3),
        "lost_ratio_high": pytest.approx(1 / 3),
        "service_levels": {
            "svar-15s": {
                "good": 1, "decided": 3, "ratio": pytest.approx(1 / 3),
                "wilson_low": pytest.approx(0.0615, abs=1e-4),
                "wilson_high": pytest.approx(0.7923, abs=1e-4),
            },
            "svar-5min": {
                "good": 2, "decided": 3, "ratio": pytest.approx(2 / 3),
                "wilson_low": pytest.approx(0.2077, abs=1e-4),
                "wilson_high": pytest.approx(0.9385, abs=1e-4),
            },
        },
    }  # fmt: skip


def test_a_queue_that_no_call_reached_has_counts_of_zero_and_no_values(
    files: dict[str, Path],
) -> None:
    result = run(files, str(files["day.jsonl"]), "--at", AT, "--json")
    figures = json.loads(result.stdout)["lulea"]["kundtjanst-skola"]
    assert figures["arrived"] == 0
    assert figures["lost_ratio"] is None
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
    assert "offset 0: not_json" in result.stderr


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
