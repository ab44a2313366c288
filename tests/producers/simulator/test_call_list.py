"""A list of calls and an export of cases say what the simulated days' events say, as files do."""

import csv
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from imported import ran, succeeded

from producers.simulator import call_list, case_export
from producers.simulator.asterisk_log import NUMBERS
from producers.simulator.calls import Leg
from producers.simulator.profile import lulea
from producers.simulator.simulation import simulate_day

STOCKHOLM = ZoneInfo("Europe/Stockholm")


def rows_of(file: Path) -> list[list[str]]:
    assert file.read_bytes().startswith(b"\xef\xbb\xbf"), "a spreadsheet sees that it is UTF-8"
    return list(csv.reader(file.read_text("utf-8-sig").splitlines(), delimiter=";"))


def test_each_stay_in_a_queue_is_a_row_when_it_is_over() -> None:
    day = simulate_day(lulea(scale=0.3, max_waiting=2), date(2026, 3, 2), STOCKHOLM, seed=1)
    listed = call_list.listed(day, STOCKHOLM)
    assert [at for at, _ in listed] == sorted(at for at, _ in listed)
    assert len(listed) == len(day.legs)

    def key(leg: Leg) -> tuple[str, str, str]:
        return leg.contact, leg.queue, call_list.OUTCOMES[leg.outcome]

    assert sorted((row.cells[0], row.cells[1], row.cells[5]) for _, row in listed) == sorted(
        map(key, day.legs)
    )
    assert {row.cells[2] for _, row in listed} <= {"", *NUMBERS}
    for _, row in listed:
        assert len(row.cells) == len(call_list.HEADER)
        assert (row.cells[5] == "Besvarat") == (row.cells[6] != "")


def test_files_are_written_beside_the_events_and_the_list_goes_on_in_one_that_is_there(
    tmp_path: Path,
) -> None:
    calls, cases = tmp_path / "samtal.csv", tmp_path / "arenden.csv"
    usual = ("--municipality", "lulea=0,1", "--with", "calls,cases")
    said = succeeded(
        "simulate", "--date", "2026-03-02", *usual, "--call-list", calls, "--case-export", cases
    )
    first = rows_of(calls)
    assert tuple(first[0]) == call_list.HEADER
    assert f"{len(first) - 1} rader i samtalslistan" in said
    export = rows_of(cases)
    assert tuple(export[0]) == case_export.HEADER
    assert f"{len(export) - 1} ärenden i exporten" in said
    numbers = [row[0] for row in export[1:]]
    assert numbers == sorted(set(numbers))
    succeeded("simulate", "--date", "2026-03-03", *usual, "--call-list", calls, "--append")
    both = rows_of(calls)
    assert both[: len(first)] == first
    assert sum(row[0] == "Samtals-id" for row in both) == 1
    assert len(both) > len(first)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (
            (),
            "Ange vart det ska skrivas: --to, --queue-log, --call-list, --case-export, --mail",
        ),
        (("--case-export", "a.csv"), "En ärendeexport har bara ärenden: ange cases bland --with."),
        (
            ("--call-list", "a.csv", "--municipality", "lulea", "--municipality", "boden"),
            "En samtalslista är en kommuns växel: ange en --municipality.",
        ),
        (("--call-list", "a.csv", "--with", "emails"), "En samtalslista har bara samtal"),
    ],
)
def test_files_that_nothing_would_come_to_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: tuple[str, ...], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    done = ran("simulate", "--date", "2026-03-02", *more)
    assert done.exit_code == 1
    assert said in done.stderr
    assert list(tmp_path.iterdir()) == []
