"""The same simulated days as events, and as files that are imported: the figures are the same."""

import csv
import json
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from imported import ran, succeeded, whole_catalogue

WEEK = 'week: {mon-fri: "08:00-17:00"}'
DAILY = 'week: {mon-sun: "08:00-17:00"}\n        holidays: open'
PROMISES = """\
      aterkoppling:
        name: Återkoppling
        measure: feedback_within
        limit: 1d
        goal: 0.9
        valid_from: 2014-01-01
        source: provets egna löfte
      klart:
        name: Klart
        measure: resolved_within
        limit: 1d
        goal: 0.9
        valid_from: 2014-01-01
        source: provets egna löfte
"""
SPANS = {
    "two working days": "2025-03-04/2025-03-06",
    "the day of 23 hours": "2025-03-30",
    "the day of 25 hours": "2025-10-26",
}


def catalogue() -> str:
    """Return Luleå's, open every day, and with promises of cases."""
    text = whole_catalogue().replace(WEEK, DAILY)
    cases = "        name: Ärenden\n        kind: cases\n"
    for old, new in (
        (cases, f"{cases}        targets: [aterkoppling, klart]\n"),
        ("    targets:\n", f"    targets:\n{PROMISES}"),
    ):
        assert text.count(old) == 1
        text = text.replace(old, new)
    return text


@pytest.fixture(scope="module", params=SPANS.values(), ids=SPANS)
def days(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Path]:
    """Return some days, and where they are: as events, and as files with what is read of them."""
    place = tmp_path_factory.mktemp("days")
    (place / "katalog.yaml").write_text(catalogue(), "utf-8")
    succeeded(
        "simulate", "--date", request.param, "--with", "calls,cases", "--every-day",
        "--whole-seconds", "--municipality", "lulea=0,5", "--to", place / "simulerat.jsonl",
        "--call-list", place / "samtal.csv", "--case-export", place / "arenden.csv",
    )  # fmt: skip
    for command, name in (("import-calls", "samtal"), ("import-cases", "arenden")):
        succeeded(
            command, place / f"{name}.csv", "--catalogue", place / "katalog.yaml",
            "--key-file", place / f"{name}.nyckel", "--to", place / f"{name}.jsonl",
            *(["--new-key"] if name == "arenden" else []),
        )  # fmt: skip
    return request.param, place


def rows_of(file: Path) -> list[list[str]]:
    return list(csv.reader(file.read_text("utf-8-sig").splitlines(), delimiter=";"))


def events_in(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_bytes().splitlines()]


def as_an_export_could_say(events: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield what files can say of the simulated events.

    Of cases that were opened or restated then; in whole seconds; contacts at the opening, by its
    channel, since an export only has how many; and nothing of surveys.
    """
    opened = {
        event["subject"]: event["data"]["channel"]
        for event in events
        if event["type"] == "se.svarsgrad.case.opened.v1"
    }
    for event in events:
        if ".survey." in event["type"] or (
            ".case." in event["type"] and event["subject"] not in opened
        ):
            continue
        if ".case." in event["type"]:
            data = event["data"]
            if ".contacted." in event["type"]:
                event["time"], data["channel"] = data["opened_at"], opened[event["subject"]]
            event["time"] = event["time"][:19] + "Z"
            for key in data.keys() & {"opened_at", "restated_at"}:
                data[key] = data[key][:19] + "Z"
        yield event


def figures(place: Path, at: date, window: str, *files: Path) -> dict[str, Any]:
    """Return all figures, but for what files don't say.

    That is who calls, since a list has the number of every fourth, and which case is overdue.
    """
    done = ran(
        "replay", *files, "--catalogue", place / "katalog.yaml", "--json", "--at", f"{at}T23:59",
        "--window", window,
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    its: dict[str, Any] = json.loads(done.stdout)["lulea"]
    del its["contacts"]["callers"]
    for cases in its["cases"].values():
        for overdue in cases["overdue"]:
            del overdue["case"]
        cases["overdue"].sort(key=json.dumps)
    return its


@pytest.mark.parametrize("window", ["today", "30d"])
def test_imported_files_have_the_figures_of_the_events_that_they_are_of(
    days: tuple[str, Path], window: str
) -> None:
    dates, place = days
    reference = place / "referens.jsonl"
    events = as_an_export_could_say(events_in(place / "simulerat.jsonl"))
    reference.write_text("".join(json.dumps(event) + "\n" for event in events), "utf-8")
    start, _, end = dates.partition("/")
    last = date.fromisoformat(end) - timedelta(days=1) if end else date.fromisoformat(start)
    imported = figures(place, last, window, place / "samtal.jsonl", place / "arenden.jsonl")
    assert imported == figures(place, last, window, reference)
    vaxel, cases = imported["queues"]["vaxel"], imported["cases"][window]
    assert vaxel["answered"] > 100 or window == "30d"
    opened = cases["opened"]
    assert opened["opened"] > 100
    assert opened["handed_over"] > 30
    assert opened["contacts"] > opened["opened"]
    assert len(cases["overdue"]) > 5


def test_every_row_that_the_simulator_writes_is_kept(days: tuple[str, Path]) -> None:
    _, place = days
    for command, name in (("import-calls", "samtal"), ("import-cases", "arenden")):
        said = succeeded(
            command, place / f"{name}.csv", "--catalogue", place / "katalog.yaml", "--dry-run"
        )
        rows = len(rows_of(place / f"{name}.csv")) - 1
        assert len(said.splitlines()) == 2, "nothing is lost, nothing is mended"
        shown = f"{rows:,}".replace(",", "\N{NO-BREAK SPACE}")
        assert f"Skulle spara {shown} av {shown} rader" in said


def as_workbook(file: Path, to: Path) -> None:
    """Write a file's rows as a workbook has them: times and numbers as such."""
    with xlsxwriter.Workbook(to) as book:
        sheet = book.add_worksheet("Uttag")
        instant = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        clock = book.add_format({"num_format": "hh:mm:ss"})
        sheet.write_string(0, 0, "Uttag ur systemet")
        for number, cells in enumerate(rows_of(file), 2):
            for at, cell in enumerate(cells):
                if len(cell) == 19 and cell[:2] == "20":
                    sheet.write_datetime(number, at, datetime.fromisoformat(cell), instant)
                elif len(cell) == 8 and cell[2] == ":":
                    time = datetime.strptime(cell, "%H:%M:%S").time()  # noqa: DTZ007
                    sheet.write_datetime(number, at, time, clock)
                elif cell.isdigit() and len(cell) < 4:
                    sheet.write_number(number, at, int(cell))
                elif cell:
                    sheet.write_string(number, at, cell)


def test_a_workbook_says_the_same_as_a_csv_file(days: tuple[str, Path]) -> None:
    _, place = days
    for command, name in (("import-calls", "samtal"), ("import-cases", "arenden")):
        as_workbook(place / f"{name}.csv", place / f"{name}.xlsx")
        said = succeeded(
            command, place / f"{name}.xlsx", "--catalogue", place / "katalog.yaml",
            "--key-file", place / f"{name}.nyckel", "--to", place / "arbetsbok.jsonl",
        )  # fmt: skip
        assert "arbetsbok, bladet Uttag, rubriker på rad 3." in said
        assert (place / "arbetsbok.jsonl").read_bytes() == (place / f"{name}.jsonl").read_bytes()
