"""A period that is read from the archive, in either database, has the figures that replay has."""

from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from archived import Stored, emptied, fill
from click.testing import CliRunner
from sqlalchemy import Engine

from producers.simulator import command as simulate
from reports import report_command
from stack.postgresql import PostgreSQL
from streams.archive import database, migrating
from streams.archive.reading import books_as_of
from streams.domain.catalogue import load_catalogue
from streams.domain.report import Spans, frames_of, report_of
from streams.domain.windows import Window, midnight
from streams.figures import as_data
from streams.replay import Log, fold, whole_report

CATALOGUE = load_catalogue(
    Path("examples/lulea.yaml")
    .read_text(encoding="utf-8")
    .replace("        valid_to: 2018-01-26\n", ""),
    "k",
)
STOCKHOLM = ZoneInfo("Europe/Stockholm")


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    file = tmp_path_factory.mktemp("logg") / "logg.jsonl"
    asked = ("--with", "all", "--scale", "0,05", "--heartbeat", "3600", "--to", str(file))
    result = CliRunner().invoke(simulate.command, [*asked, "--date", "2025-02-03/2025-02-15"])
    assert result.exit_code == 0, result.output
    return file.read_bytes().splitlines()


@pytest.mark.parametrize(
    ("first", "after"),
    [(date(2025, 2, 3), date(2025, 2, 10)), (date(2025, 2, 7), date(2025, 2, 8))],
)
def test_a_period_has_the_figures_that_replay_has(
    engine: Engine, lines: list[bytes], first: date, after: date
) -> None:
    fill(emptied(engine), lines)
    municipality = CATALOGUE.municipalities["lulea"]
    start, end = midnight(first, STOCKHOLM), midnight(after, STOCKHOLM)
    span = Window("asked", start, end, rolling=False)
    with engine.connect() as connection:
        read = books_as_of(connection, municipality, start, end)
    frames = frames_of(municipality, read, end, Spans((span,), (span,)))
    found = as_data(report_of(municipality, frames), "asked")

    log = Log("f", [Stored(n, 1 << 50, line) for n, line in enumerate(lines)])
    books, _ = fold(CATALOGUE, [log], end, (start, end))
    told = whole_report(CATALOGUE, books, end, "asked", (start, end))["lulea"]
    expected = as_data(told, "asked")
    for data in (found, expected):  # heartbeats are not archived
        for key in ("seconds_since_heartbeat", "silent_sources"):
            data["presence"]["asked"].pop(key)
    assert found == expected
    assert found["queues"]["vaxel"]["arrived"]


def test_either_database_gives_the_same_report_and_keeps_that_it_was_established(
    lines: list[bytes], postgresql: PostgreSQL, tmp_path: Path
) -> None:
    file = tmp_path / "arkiv.db"
    password = ("--database-password-file", str(postgresql.password_file))
    made = {}
    for told, more in ((str(file), ()), (postgresql.new_database(), password)):
        engine = database.engine_of(database.address(told, *more[1:]))
        migrating.upgrade(engine)
        fill(engine, lines)
        engine.dispose()
        usual = ("--catalogue", "examples/lulea.yaml", "--database", told, *more)
        folder = tmp_path / f"rapporter{len(made)}"
        asked = ("month", "2025-02", *usual, "--to", str(folder), "--dated", "2026-02-09")
        for decision in (("--establish", "KS-AU § 12"), ()):
            result = CliRunner().invoke(report_command.command, [*asked, *decision])
            assert result.exit_code == 0, result.output
            assert "Fastställd enligt KS-AU § 12" in result.stderr
        made[told] = {its.name: its.read_bytes() for its in folder.iterdir()}
    first, second = made.values()
    assert first == second
    assert len(first) == 5
