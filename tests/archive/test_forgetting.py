"""What the archive lets go of is gone, and doesn't come back when a log is read again."""

import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from archived import MUNICIPALITY, TOPIC_NAMES, ZONES, batch_of, emptied, write
from click.testing import CliRunner
from sqlalchemy import Engine, select

from streams.__main__ import commands
from streams.archive import database, migrating, schema
from streams.archive.forgetting import Erasure, drop_callers
from streams.archive.writing import Unwritten, begin
from streams.domain.events import CallData, CallEvent
from streams.domain.instants import micros

NEW = datetime(2026, 3, 10, 9, tzinfo=UTC)
OLD = datetime(2024, 3, 10, 9, tzinfo=UTC)
CALLER = "5f" * 16


def call(number: int, at: datetime, caller: str | None = CALLER) -> CallEvent:
    return CallEvent(
        id=f"e{number}",
        source="/test",
        type="se.svarsgrad.call.offered.v1",
        subject=f"samtal-{number}",
        time=at,
        partitionkey="lulea",
        data=CallData(queue="vaxel", arrived_at=at, caller=caller),
    )


def legs(engine: Engine) -> dict[str, bool]:
    """Each call that the archive has, and whether it knows who called."""
    its = schema.leg.c
    with engine.connect() as connection:
        found = connection.execute(select(its.contact, its.caller.is_not(None))).all()
    return {row[0]: bool(row[1]) for row in found}


EVENTS = [call(1, OLD), call(2, OLD + timedelta(days=1)), call(3, NEW)]
ERASURE = Erasure("lulea", date(2024, 3, 11), MUNICIPALITY.zone, "KS 2026/17")


def test_what_is_erased_is_gone_and_stays_so_when_the_log_is_read_again(engine: Engine) -> None:
    write(emptied(engine), EVENTS, 1)
    with engine.begin() as connection:
        expected = ERASURE.counts(connection)
        assert ERASURE.carry_out(connection, micros(NEW)) == expected
    assert expected["leg"] == 1
    assert set(legs(engine)) == {"samtal-2", "samtal-3"}
    again(engine)
    assert set(legs(engine)) == {"samtal-2", "samtal-3"}
    with engine.connect() as connection:
        (noted,) = connection.execute(select(schema.erasure)).all()
    assert (noted.decision, noted.before) == ("KS 2026/17", ERASURE.instant)
    assert '"leg": 1' in noted.counts


def again(engine: Engine, callers_since: int = 0) -> None:
    """Read the log of calls again, from its beginning."""
    with engine.begin() as connection:
        connection.execute(schema.position.delete())
        begin(connection, ("t.calls", 0), 0)
    unwritten = Unwritten(ZONES, 1, TOPIC_NAMES)
    unwritten.fold(batch_of("t.calls", EVENTS))
    unwritten.write(engine, callers_since)


def test_callers_are_kept_for_a_while_and_then_no_more(engine: Engine) -> None:
    write(emptied(engine), EVENTS, 1)
    assert all(legs(engine).values())
    with engine.begin() as connection:
        assert drop_callers(connection, micros(NEW)) == 2
    expected = {"samtal-1": False, "samtal-2": False, "samtal-3": True}
    assert legs(engine) == expected
    again(engine, callers_since=micros(NEW))
    assert legs(engine) == expected


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """An archive in a file, with three calls."""
    file = tmp_path / "arkiv.db"
    engine = database.engine_of(database.address(str(file)))
    migrating.upgrade(engine)
    write(engine, EVENTS, 1)
    engine.dispose()
    return file


def forget(file: Path, *more: str, before: str = "2024-03-11") -> tuple[int, str]:
    given = ["--catalogue", "examples/lulea.yaml", "--database", str(file)]
    asked = ["forget", *given, "--before", before, "--decision", "KS 2026/17", *more]
    done = CliRunner().invoke(commands, asked)
    return done.exit_code, done.output


def test_the_protocol_says_what_was_erased_by_which_decision(file: Path) -> None:
    code, said = forget(file, "--dry-run")
    assert code == 0
    assert said.startswith("Skulle gallras: Luleå")
    assert b"samtal-1" in whole(file)
    code, said = forget(file)
    assert code == 0
    assert said.startswith("Gallringsprotokoll: Luleå")
    assert "enligt KS 2026/17: det som började före måndag 11 mars 2024." in said
    assert "\n  1 samtal i köer\n" in said
    assert b"samtal-1" not in whole(file), "nor is it left in the file"
    assert b"samtal-2" in whole(file)


def whole(file: Path) -> bytes:
    return b"".join(path.read_bytes() for path in file.parent.glob(f"{file.name}*"))


def test_what_live_figures_are_of_can_not_be_erased(file: Path) -> None:
    code, said = forget(file, before=f"{date.today()}")  # noqa: DTZ011 - as one would type it
    assert code == 2
    assert "är för nära: räknarna räknar ännu med det som började efter" in " ".join(said.split())


def test_an_archive_that_is_none_is_said_to_be(tmp_path: Path) -> None:
    code, said = forget(tmp_path / "finns-inte.db")
    assert code == 1
    assert "finns inte: det görs av svarsgrad archive" in " ".join(said.split())


def test_a_database_of_somebody_else_is_left_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "annan.db"
    with closing(sqlite3.connect(file)) as other:
        other.execute("CREATE TABLE kunder (namn TEXT)")
        other.commit()
    engine = database.engine_of(database.address(str(file)))
    with pytest.raises(database.DatabaseError, match="är en annan databas, inget arkiv"):
        migrating.upgrade(engine)
    engine.dispose()
    with closing(sqlite3.connect(file)) as other:
        assert [row[0] for row in other.execute("SELECT name FROM sqlite_master")] == ["kunder"]
