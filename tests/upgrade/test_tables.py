"""The archive's tables, brought to the next version and back: all of it or nothing, and alone."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import next_version
import pytest
from archived import fill
from click.testing import CliRunner
from sqlalchemy import Engine, MetaData, select
from workers import wait_until

from stack.postgresql import PostgreSQL
from streams.archive import database, migrating
from streams.archive.migrate_command import command
from streams.domain.event_types import FORMS
from streams.domain.events import encode
from streams.events_page import example

OURS, NEXT = "0001", "0002"
Tables = dict[str, list[tuple[Any, ...]]]


@pytest.fixture(params=["sqlite", "postgresql"])
def told(request: pytest.FixtureRequest, tmp_path: Path) -> list[str]:
    """How an archive of our version, with something of everything in it, is given to a command."""
    if request.param == "sqlite":
        given = ["--database", str(tmp_path / "arkiv.db")]
    else:
        server: PostgreSQL = request.getfixturevalue("postgresql")
        given = ["--database", server.new_database()]
        given += ["--database-password-file", str(server.password_file)]
    engine = engine_of(given)
    migrating.upgrade(engine)
    fill(engine, [encode(example(type_)) for type_ in FORMS])
    engine.dispose()
    return given


@pytest.fixture
def next_tables(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """What lets this process have the next version's tables."""

    def take() -> None:
        scripts = next_version.next_version() / "streams" / "archive" / "migrations"
        monkeypatch.setattr(database, "SCRIPTS", scripts)

    return take


def engine_of(told: list[str]) -> Engine:
    return database.engine_of(database.address(*told[1::2]))


def tables_in(told: list[str]) -> Tables:
    """All rows of all tables, as they stand there; with the names of their columns first."""
    engine, metadata = engine_of(told), MetaData()
    metadata.reflect(engine)
    with engine.connect() as connection:
        found = {
            name: [tuple(table.c.keys()), *sorted(map(tuple, connection.execute(select(table))))]
            for name, table in metadata.tables.items()
        }
    engine.dispose()
    return found  # type: ignore[return-value]


def version_in(told: list[str]) -> str:
    return str(tables_in(told)["svarsgrad_version"][1][0])


def migrate(told: list[str], *more: str) -> tuple[int, str]:
    done = CliRunner().invoke(command, [*told, *more])
    return done.exit_code, done.output


def is_next(before: Tables, after: Tables) -> bool:
    """Whether an archive of the next version has what one of ours had."""
    expected = {**before, "svarsgrad_version": [("version_num",), (NEXT,)]}
    names, *rows = before["staffed"]
    assert rows, "there is something to rename"
    renamed = tuple("answering" if name == "people" else name for name in names)
    expected["staffed"] = [renamed, *rows]
    expected["survey_question"] = [("question",), ("bemotande",)]
    return after == expected


def test_forwards_and_back_all_rows_are_as_they_were(
    told: list[str], next_tables: Callable[[], None]
) -> None:
    was = tables_in(told)
    assert all(len(was[name]) > 1 for name in ("leg", "question_fact", "case_fact", "staffed"))
    assert migrate(told) == (0, f"Arkivet {shown(told)} är redan av version {OURS}.\n")
    next_tables()
    code, said = migrate(told)
    assert (code, said.splitlines()) == (
        0,
        [
            f"Arkivet {shown(told)} förs från version {OURS} till {NEXT} …",
            f"Arkivet {shown(told)} är nu av version {NEXT}.",
        ],
    )
    became = tables_in(told)
    assert is_next(was, became)
    code, said = migrate(told, "--to", OURS, "--backup-taken")
    assert code == 0, said
    assert f"fördes tillbaka från version {NEXT} till {OURS}." in said
    assert "Starta nu den äldre svarsgrad" in said
    assert tables_in(told) == was
    if len(told) == 2:  # a file is copied
        copy = Path(f"{told[1]}.version-{NEXT}")
        assert tables_in(["--database", str(copy)]) == became
        assert copy.stat().st_mode & 0o077 == 0
        assert f"Som det var ligger det kvar i {copy}." in said


def shown(told: list[str]) -> str:
    return database.told(database.address(*told[1::2]))


@pytest.mark.parametrize("way", ["forwards", "back"])
def test_killed_in_the_middle_it_is_one_version_or_the_other_and_goes_on(
    told: list[str], way: str, tmp_path: Path, next_tables: Callable[[], None]
) -> None:
    was = tables_in(told)
    more: list[str] = []
    if way == "back":
        next_tables()
        assert migrate(told)[0] == 0
        more = ["--to", OURS, "--backup-taken"]
    before = tables_in(told)
    mark = tmp_path / "in the middle"
    process = subprocess.Popen(
        [sys.executable, "-m", "streams", "migrate-archive", *told, *more],
        cwd=next_version.next_version(),
        env=next_version.environment(WAIT_IN_THE_MIDDLE=str(mark)),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until(mark.exists, 30, "it is in the middle")
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    wait_until(lambda: is_let_go(told), 20, "the database has noticed")
    assert tables_in(told) == before
    Path(f"{told[1]}.version-{NEXT}").unlink(missing_ok=True)
    done = next_version.run("migrate-archive", *told, *more)
    assert done.returncode == 0, done.stderr
    assert tables_in(told) == was if way == "back" else is_next(was, tables_in(told))


def is_let_go(told: list[str]) -> bool:
    """Whether nobody else has the database; a server sees late that a client is no more."""
    engine = engine_of(told)
    try:
        migrating._refuse_others(engine)
    except database.DatabaseError:
        return False
    finally:
        engine.dispose()
    return True


def test_two_that_begin_at_once_bring_it_forward_once(told: list[str]) -> None:
    was = tables_in(told)
    both = [
        subprocess.Popen(
            [sys.executable, "-m", "streams", "migrate-archive", *told],
            cwd=next_version.next_version(),
            env=next_version.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for _ in range(2)
    ]
    said = [process.communicate(timeout=60)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert sum(f"förs från version {OURS}" in its for its in said) == 1, said
    assert is_next(was, tables_in(told))


def test_an_older_one_writes_and_reads_nothing_in_newer_tables(
    told: list[str], next_tables: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    engine, ours = engine_of(told), database.SCRIPTS
    with database.transaction(engine):
        pass  # it is connected, as one that runs is
    next_tables()
    assert migrate(told)[0] == 0
    was = tables_in(told)
    monkeypatch.setattr(database, "SCRIPTS", ours)
    with pytest.raises(database.MigratedError, match=f"till version {NEXT} av en annan svarsgrad"):
        fill(engine, [encode(example("se.svarsgrad.call.offered.v1"))], topic="another")
    engine.dispose()
    assert {**tables_in(told), "position": was["position"]} == was
    again = engine_of(told)
    for call in (
        lambda: migrating.upgrade(again),
        lambda: database.opened_to_read(again.url).__enter__(),
    ):
        with pytest.raises(database.DatabaseError, match="nyare version") as error:
            call()
        assert f"migrate-archive --to {OURS}" in str(error.value)
    again.dispose()


def test_who_reads_has_one_version_before_it_and_who_comes_meanwhile_is_told(
    told: list[str], next_tables: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    url, ours = database.address(*told[1::2]), database.SCRIPTS
    engine, metadata = engine_of(told), MetaData()
    metadata.reflect(engine)
    with database.opened_to_read(url) as reading:
        next_tables()
        thread = threading.Thread(target=lambda: migrating.upgrade(engine))
        thread.start()
        time.sleep(0.7)
        assert thread.is_alive() == (len(told) > 2), "a server's migration waits for who reads"
        # A table that this reader has not touched yet, and the migration has or is about to.
        rows = reading.execute(select(metadata.tables["staffed"])).all()
        assert len(rows) == 1
        assert rows[0]._fields[-1] == "people"
    thread.join(30)
    assert not thread.is_alive()
    engine.dispose()
    assert version_in(told) == NEXT
    monkeypatch.setattr(database, "SCRIPTS", ours)
    with (
        pytest.raises(database.DatabaseError, match="nyare version"),
        database.opened_to_read(url),
    ):
        pass


def test_what_would_not_be_safe_is_refused_in_one_line(
    told: list[str], next_tables: Callable[[], None]
) -> None:
    nothing_older = migrate(told, "--to", "0000", "--backup-taken")
    assert nothing_older[0] == 1
    assert "det finns ingen äldre" in nothing_older[1]
    next_tables()
    assert migrate(told)[0] == 0
    was = tables_in(told)
    wrong = migrate(told, "--to", "base", "--backup-taken")
    assert f"går inte att föra tillbaka till base: ange {OURS}" in wrong[1]
    engine = database.engine_of(database.address(*told[1::2]), reads_only=True)
    with engine.connect() as open_elsewhere:
        open_elsewhere.exec_driver_sql("SELECT 1")
        code, said = migrate(told, "--to", OURS, "--backup-taken")
    engine.dispose()
    assert (code, "stoppa svarsgrad archive" in said) == (1, True), said
    if len(told) == 2:
        copy = Path(f"{told[1]}.version-{NEXT}")
        copy.touch()
        assert f"säkerhetskopian {copy} finns redan: flytta den" in migrate(told, "--to", OURS)[1]
        copy.unlink()
    else:
        assert "ta först en säkerhetskopia" in migrate(told, "--to", OURS)[1]
    assert tables_in(told) == was


def test_what_is_no_archive_is_not_migrated(tmp_path: Path) -> None:
    for more in ([], ["--to", OURS]):
        code, said = migrate(["--database", str(tmp_path / "none.db")], *more)
        assert (code, "finns inte: det görs av svarsgrad archive" in said) == (1, True), said
    assert list(tmp_path.iterdir()) == []
