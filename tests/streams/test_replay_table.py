"""The tables of svarsgrad replay, at every width of a terminal."""

import os
import pty
import subprocess
import sys
import termios
from datetime import UTC, datetime, timedelta
from io import StringIO
from itertools import takewhile
from pathlib import Path

import pytest
from catalogues import catalogue
from click.testing import CliRunner
from rich.console import Console

from streams.domain.catalogue import Catalogue, load_catalogue
from streams.domain.events import CALL_TYPES, CallData, CallEvent, encode
from streams.domain.instants import micros
from streams.replay import Log, fold, whole_report
from streams.replay.command import command
from streams.replay.event_files import Line
from streams.replay.table import tables

EXAMPLE = (Path(__file__).parents[2] / "examples" / "lulea.yaml").read_text("utf-8")
NOON = datetime(2026, 3, 10, 11, 0, tzinfo=UTC)  # 12.00 in Stockholm
LEAVINGS = ("answered", "abandoned", "overflowed", "refused", "closed", "callback_requested")
NAMES = {
    "vaxel": "Växeln",
    "kundtjanst-teknik": "Kundtjänst teknik och fritid",
    "kundtjanst-skola": "Kundtjänst skola",
    "kundtjanst-social": "Kundtjänst social",
}


def load(*municipalities: str) -> Catalogue:
    text = catalogue(municipalities, "Europe/Stockholm")
    for id_, name in NAMES.items():
        text = text.replace(f"name: {id_},", f"name: {name},")
    return load_catalogue(text, "k.yaml")


def call(number: int, queue: str, what: str, wait: float, municipality: str) -> list[bytes]:
    """A call that arrived at 11.30 and what happened to it after a wait in seconds."""
    data = CallData(queue=queue, arrived_at=NOON - timedelta(minutes=30))
    return [
        encode(
            CallEvent(
                id=f"{number}-{name}",
                source="/test",
                type=f"se.svarsgrad.call.{name}.v1",
                subject=f"{queue}-{number}",
                time=data.arrived_at + timedelta(seconds=after),
                partitionkey=municipality,
                data=data,
            )
        )
        for name, after in {"offered": 0.0, what: wait}.items()
    ]


def calls(municipality: str = "lulea", times: int = 1, **happened: int) -> list[bytes]:
    """Calls to every queue: a number of each leaving, and of those that wait."""
    assert {f"se.svarsgrad.call.{what}.v1" for what in happened} <= CALL_TYPES.keys()
    kinds = [what for what, number in happened.items() for _ in range(number * times)]
    return [
        event
        for queue in NAMES
        for number, what in enumerate(kinds)
        for event in call(number, queue, what, 303, municipality)
    ]


def drawn(
    lines: list[bytes],
    width: int,
    *,
    loaded: Catalogue | None = None,
    asked: tuple[int, int] | None = None,
) -> list[str]:
    loaded, now = loaded or load("lulea"), micros(NOON)
    log = Log("-", [Line(number, line) for number, line in enumerate(lines)])
    legs, _ = fold(loaded, [log], now, asked)
    reports = whole_report(loaded, legs, now, "today", asked)
    said = StringIO()
    console = Console(file=said, width=width, highlight=False)
    console.print(tables(loaded, reports, "today", asked, now, clock_now=now), crop=False)
    return said.getvalue().replace("\N{NO-BREAK SPACE}", " ").splitlines()


COMMON = calls(times=3, answered=40, abandoned=10, overflowed=2, refused=1)


@pytest.mark.parametrize("width", [30, 40, 50, 60, 70, 79, 80, 90, 100, 110, 120, 160])
def test_at_every_width_the_states_add_up_to_the_calls_and_no_number_is_cut(width: int) -> None:
    shown = drawn(calls(times=9, offered=1, **dict.fromkeys(LEAVINGS, 2)), width)
    assert "…" not in "".join(shown)
    row = next(line for line in shown if line.startswith("Växeln"))
    calls_shown, *states = (int(n) for n in takewhile(str.isdigit, row.split()[1:]))
    assert calls_shown == sum(states) == 9 * 13
    assert len(states) >= 3


@pytest.mark.parametrize("width", [30, 55, 56, 60, 62, 63, 64, 80, 110])
def test_at_every_width_headings_are_whole_where_there_is_no_value(width: int) -> None:
    assert "…" not in "".join(drawn([], width))


def test_80_columns_hold_all_that_usually_matters() -> None:
    shown = drawn(COMMON, 80)
    assert max(map(len, shown)) <= 80
    text = "\n".join(shown)
    for heading in ("Samtal", "Lagt på", "Vidare", "Väntar", "Förlorade", "Säkert inom"):
        assert heading in text
    assert "Rings" not in text, "no call asked for it"
    assert "Växeln" in text
    assert "Kundtjänst teknik" in text


def test_promises_are_judged_and_a_lost_one_too() -> None:
    shown = drawn(calls(times=10, answered=4, abandoned=1), 80)
    rows = [line.split() for line in shown if "≤" in line or "högst 10" in line]
    assert [" ".join(row) for row in rows[:3]] == [
        "Växeln 90 % ≤ 15 s 0,0 % ✗ under 50 0,0–7,1 %",
        "90 % ≤ 5 min 0,0 % ✗ under 50 0,0–7,1 %",
        "högst 10 % förlorade 20,0 % ✗ över 50 11,2–33,0 %",
    ]


MEANS = """
      medelsvar:
        {name: M, measure: mean_wait, limit_seconds: 50, valid_from: 2007-04-01, source: S}
      langd:
        {name: L, measure: mean_talk, limit_seconds: 180, valid_from: 2007-04-01, source: S}
"""


@pytest.mark.parametrize(
    ("waited", "talked", "rows"),
    [
        (
            50,
            180,
            ["svar i medel ≤ 50 s 50,0 s ✓ hålls*", "samtal i medel ≤ 3 min 180,0 s ✓ hålls*"],
        ),
        (
            51,
            181,
            ["svar i medel ≤ 50 s 51,0 s ✗ över*", "samtal i medel ≤ 3 min 181,0 s ✗ över*"],
        ),
        (None, None, ["svar i medel ≤ 50 s inga data 0", "samtal i medel ≤ 3 min inga data 0"]),
    ],
)
def test_a_promised_mean_is_judged_by_its_limit(
    waited: int | None, talked: int | None, rows: list[str]
) -> None:
    text = catalogue(["lulea"], "Europe/Stockholm", queues=["vaxel"])
    text = text.replace("targets: [svar-15s, svar-5min, lost]", "targets: [medelsvar, langd]")
    loaded = load_catalogue(
        text.replace("    queues:", f"{MEANS.strip(chr(10))}\n    queues:"), "k"
    )
    lines = []
    if waited is not None and talked is not None:
        lines = call(1, "vaxel", "answered", waited, "lulea")
        lines += call(1, "vaxel", "completed", waited + talked, "lulea")[1:]
    shown = [" ".join(line.split()) for line in drawn(lines, 80, loaded=loaded)]
    for row in rows:
        assert any(row in line for line in shown), shown


def test_two_promises_of_a_queue_that_read_alike_are_told_by_name() -> None:
    text = catalogue(["lulea"], "Europe/Stockholm", queues=["vaxel"])
    text = text.replace("targets: [svar-15s, svar-5min, lost]", "targets: [medelsvar, igen]")
    again = MEANS + MEANS.split("      langd:", maxsplit=1)[0].strip("\n").replace(
        "medelsvar", "igen"
    ).replace("name: M", "name: I")
    loaded = load_catalogue(
        text.replace("    queues:", f"{again.strip(chr(10))}\n    queues:"), "k"
    )
    shown = "\n".join(drawn([], 80, loaded=loaded))
    assert "svar i medel ≤ 50 s: M" in shown
    assert "svar i medel ≤ 50 s: I" in shown


def test_a_promise_just_met_is_kept_and_few_calls_are_an_indication() -> None:
    shown = "\n".join(drawn(calls(answered=9, abandoned=1), 80))
    assert "10,0 % ✓ hålls*" in shown
    assert "* färre än 30: bara en indikation" in shown


def test_no_value_is_judged_nothing() -> None:
    shown = [line.strip() for line in drawn([], 80)]
    promised = [line for line in shown if "≤" in line or "högst 10" in line]
    assert len(promised) == 3 * len(NAMES)
    assert not any("✓" in line or "✗" in line for line in promised)
    assert all("inga data" in line for line in promised)


def test_each_municipality_has_its_heading_and_one_without_calls_a_line() -> None:
    shown = drawn(calls(answered=1), 80, loaded=load("lulea", "boden"))
    assert [line for line in shown if "i dag" in line] == [
        "Lulea i dag (2026-03-10) till kl. 12.00",
        "Boden i dag (2026-03-10) till kl. 12.00: inga uppgifter",
    ]
    assert sum(line.startswith("Växeln") for line in shown) == 2


def test_calls_outside_promised_hours_are_told_where_there_are_any() -> None:
    with_hours = EXAMPLE.replace('"08:00-17:00"', '"12:00-17:00"')
    outside = "12 samtal utanför utlovad tid räknas inte med."
    lines = calls(answered=3)
    assert outside in drawn(lines, 80, loaded=load_catalogue(with_hours, "k.yaml"))
    assert outside not in drawn(lines, 80, loaded=load_catalogue(EXAMPLE, "k.yaml"))


def test_a_promise_is_that_of_the_windows_last_day_whenever_it_is_asked() -> None:
    loaded = load_catalogue(EXAMPLE, "k.yaml")
    last_day = datetime(2018, 1, 24, 23, tzinfo=UTC), datetime(2018, 1, 25, 23, tzinfo=UTC)
    shown = drawn([], 80, loaded=loaded, asked=(micros(last_day[0]), micros(last_day[1])))
    assert any("90 % ≤ 15 s" in line for line in shown)
    assert any("högst 10 % förlorade" in line for line in shown)


def test_what_is_neither_answered_nor_waits_is_not_called_unanswered() -> None:
    """Some were passed on to a partner, and some are to be called back."""
    shown = drawn(calls(overflowed=2, callback_requested=3), 45)
    assert next(line for line in shown if line.startswith("Växeln")).split() == [
        *("Växeln", "5", "0", "5", "0")
    ]
    text = " ".join(" ".join(shown).split())
    assert "Besvarade Övriga Väntar" in text
    assert "Övriga: lade på, gick vidare, ska ringas upp, eller stängt eller fullt." in text


def test_there_are_never_two_blank_lines_in_a_row() -> None:
    for lines in ([], calls(answered=1)):
        assert "\n\n\n" not in "\n".join(line.strip() for line in drawn(lines, 80))


@pytest.mark.parametrize(("columns", "widest"), [("60", 60), ("90", 90), ("", 110), ("x", 110)])
def test_what_is_piped_is_as_wide_as_columns_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, columns: str, widest: int
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    (tmp_path / "k.yaml").write_text(catalogue(["lulea"], "Europe/Stockholm"), encoding="utf-8")
    (tmp_path / "d.jsonl").write_bytes(b"\n".join(calls(answered=1)))
    typed = ["--catalogue", f"{tmp_path / 'k.yaml'}", f"{tmp_path / 'd.jsonl'}"]
    result = CliRunner().invoke(command, [*typed, "--at", "2026-03-10T12:00"])
    longest = max(map(len, result.stdout.splitlines()))
    assert widest - 15 < longest <= widest


def test_the_command_draws_for_the_terminals_width(tmp_path: Path) -> None:
    (tmp_path / "k.yaml").write_text(catalogue(["lulea"], "Europe/Stockholm"), encoding="utf-8")
    (tmp_path / "d.jsonl").write_bytes(b"\n".join(calls(answered=1)))
    typed = "replay --catalogue k.yaml d.jsonl --at 2026-03-10T12:00"
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 40))
    own = {name: value for name, value in os.environ.items() if name not in {"COLUMNS", "LINES"}}
    subprocess.run(
        [sys.executable, "-m", "streams", *typed.split()],
        cwd=tmp_path,
        stdout=theirs,
        env=own | {"TERM": "xterm", "NO_COLOR": "1"},
        timeout=60,
        check=True,
    )
    os.close(theirs)
    with os.fdopen(ours, "rb") as terminal:
        text = terminal.read1(65536).decode()
    assert "Övriga" in text
    assert "Väntar" in text
    assert "Lagt på" not in text
