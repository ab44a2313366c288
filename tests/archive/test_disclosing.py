"""What is disclosed is all that the archive has of a period, but who called."""

import csv
import io
from collections.abc import Callable
from datetime import date
from pathlib import Path
from zipfile import ZipFile
from zoneinfo import ZoneInfo

import pytest
from archived import fill
from click.testing import CliRunner, Result
from sqlalchemy import func, select

from producers.simulator import command as simulate
from streams.archive import database, disclose_command, migrating, schema
from streams.archive.disclosing import DESCRIPTION, FILES
from streams.domain.windows import midnight

Run = Callable[..., Result]
STOCKHOLM = ZoneInfo("Europe/Stockholm")


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("utlamnande")
    log, file = folder / "log.jsonl", folder / "arkiv.db"
    asked = ("--with", "all", "--scale", "0,2", "--heartbeat", "3600", "--to", str(log))
    result = CliRunner().invoke(simulate.command, [*asked, "--date", "2025-02-03/2025-02-07"])
    assert result.exit_code == 0, result.output
    engine = database.engine_of(database.address(str(file)))
    migrating.upgrade(engine)
    fill(engine, log.read_bytes().splitlines())
    engine.dispose()
    return file


@pytest.fixture
def run(archive: Path, tmp_path: Path) -> Run:
    def invoked(period: str, *more: str) -> Result:
        usual = ("--catalogue", "examples/lulea.yaml", "--database", archive, "--to", tmp_path)
        told = [str(its) for its in (period, *usual, *more)]
        return CliRunner().invoke(disclose_command.command, told)

    return invoked


def test_every_row_of_the_period_is_there_in_words(
    run: Run, archive: Path, tmp_path: Path
) -> None:
    result = run("2025-02-03/2025-02-05")
    assert result.exit_code == 0, result.output
    (file,) = tmp_path.glob("*.zip")
    assert file.name == "utlamnande-lulea-2025-02-03--2025-02-04.zip"
    assert file.stat().st_mode & 0o077 == 0
    start, end = (midnight(date(2025, 2, day), STOCKHOLM) for day in (3, 5))
    with ZipFile(file) as zipped, database.opened_to_read(database.address(str(archive))) as its:
        names = {its.name for its in FILES}
        assert set(zipped.namelist()) == {*(f"{name}.csv" for name in names), DESCRIPTION}
        for told in FILES:
            began = schema.BEGAN[told.table]
            asked = select(func.count()).select_from(told.table)
            expected = its.scalar(asked.where(began >= start, began < end))
            text = zipped.read(f"{told.name}.csv").decode("utf-8-sig")
            rows = list(csv.reader(io.StringIO(text), delimiter=";"))
            assert rows[0] == list(told.columns)
            assert len(rows) - 1 == expected
            assert all(len(row) == len(told.columns) for row in rows)
            if told.name != "andras-matningar":
                assert expected
        assert "Pröva om något omfattas av sekretess" in zipped.read(DESCRIPTION).decode()


def test_who_called_is_in_none_of_it(run: Run, archive: Path, tmp_path: Path) -> None:
    with database.opened_to_read(database.address(str(archive))) as connection:
        callers = {str(its) for its in connection.scalars(select(schema.leg.c.caller)) if its}
    assert callers
    run("2025-02")
    (file,) = tmp_path.glob("*.zip")
    with ZipFile(file) as zipped:
        cells = set(zipped.read("samtal.csv").decode("utf-8-sig").replace("\r\n", ";").split(";"))
    assert not callers & cells


def test_the_same_rows_give_the_same_bytes(run: Run, tmp_path: Path) -> None:
    run("2025")
    (file,) = tmp_path.glob("*.zip")
    before = file.read_bytes()
    run("2025")
    assert file.read_bytes() == before


@pytest.mark.parametrize(
    ("period", "said"),
    [
        ("2025-13", "är ingen period: skriv dagar"),
        ("igår", "är ingen period: skriv dagar"),
        ("9999", "är ingen period: skriv dagar"),
        ("2025-02-03/", "är ingen period: skriv dagar"),
        ("2025-02-05/2025-02-03", "slutar innan den börjar"),
    ],
)
def test_what_is_no_period_is_refused(run: Run, tmp_path: Path, period: str, said: str) -> None:
    result = run(period)
    assert result.exit_code == 2
    assert said in result.stderr.strip().splitlines()[-1]
    assert list(tmp_path.iterdir()) == []
