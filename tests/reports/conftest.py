"""An archive of some weeks of a small Luleå, this year and the year before, and its reports."""

from collections.abc import Callable
from pathlib import Path

import pytest
from archived import fill
from click.testing import CliRunner, Result

from producers.simulator import command as simulate
from reports import report_command
from streams.archive import database, migrating

EXAMPLE = Path("examples/lulea.yaml").read_text(encoding="utf-8")
ALL_PROMISES = EXAMPLE.replace("        valid_to: 2018-01-26\n", "").replace(
    "        wait_starts: queue\n", "        wait_starts: queue\n        resolution_seconds: 1\n"
)
"""All that was promised in 2014 and in 2018, at once; the switchboard tells whole seconds."""
DATED = ("--dated", "2026-02-09")

Report = Callable[..., Result]


@pytest.fixture(scope="session")
def logs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Return files of events: February 2024, and January to February 2025, a twentieth in size."""
    folder = tmp_path_factory.mktemp("logs")
    made = []
    for name, dates in (("2024", "2024-02-01/2024-03-01"), ("2025", "2025-01-07/2025-03-01")):
        file = folder / f"{name}.jsonl"
        given = ("--with", "all", "--scale", "0,05", "--heartbeat", "3600", "--whole-seconds")
        result = CliRunner().invoke(
            simulate.command, [*given, "--date", dates, "--seed", name, "--to", str(file)]
        )
        assert result.exit_code == 0, result.output
        made.append(file)
    return made


@pytest.fixture(scope="session")
def archive(logs: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an archive of them, in a file."""
    file = tmp_path_factory.mktemp("arkiv") / "arkiv.db"
    engine = database.engine_of(database.address(str(file)))
    migrating.upgrade(engine)
    fill(engine, [line for log in logs for line in log.read_bytes().splitlines()])
    engine.dispose()
    return file


@pytest.fixture(scope="session")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("katalog") / "lulea.yaml"
    file.write_text(ALL_PROMISES, encoding="utf-8")
    return file


@pytest.fixture
def report(archive: Path, catalogue: Path, tmp_path: Path) -> Report:
    """Return what makes a report into ``tmp_path``; options that are told come last, and win."""

    def run(*arguments: object, expect: int = 0) -> Result:
        usual = ("--catalogue", catalogue, "--database", archive, "--to", tmp_path, *DATED)
        command, *rest = arguments
        result = CliRunner().invoke(
            report_command.command, [str(its) for its in (command, *usual, *rest)]
        )
        assert result.exit_code == expect, result.output
        return result

    return run
