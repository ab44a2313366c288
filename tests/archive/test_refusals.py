"""What the archive's database refuses is said in one Swedish line that says what to do."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from streams.archive import database
from streams.backup import BackupError
from streams.backup.saving import copy_of_database

FILL = "CREATE TABLE many AS SELECT randomblob(99999) AS it"


def refused(told: str, *statements: str) -> str:
    """Return what is said of the last statement, which the database refuses."""
    url = database.address(told)
    engine = database.engine_of(url)
    with pytest.raises(database.DatabaseError) as found, database.refusals(url):
        _do(engine, statements)
    engine.dispose()
    return str(found.value)


def _do(engine: Engine, statements: tuple[str, ...]) -> None:
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))


def test_a_full_disk_is_said(tmp_path: Path) -> None:
    file = tmp_path / "arkiv.db"
    said = refused(str(file), "PRAGMA max_page_count=9", FILL)
    assert said == f"{file} får inte plats, disken är full: gör plats"


def test_a_file_that_another_writes_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "arkiv.db"
    monkeypatch.setattr(database, "BUSY_MS", 1)
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("PRAGMA journal_mode=WAL")
        other.execute("BEGIN IMMEDIATE")
        assert refused(str(file), "SELECT 1").startswith(
            f"{file} är upptagen: något annat skriver"
        )


def test_a_file_that_can_not_be_opened_is_said(tmp_path: Path) -> None:
    said = refused(str(tmp_path), "SELECT 1")
    assert said.startswith(f"{tmp_path} går inte att öppna: se över mappen")


def test_what_is_no_archive_is_said_and_no_copy_made_of_it(tmp_path: Path) -> None:
    file = tmp_path / "anteckningar.txt"
    file.write_text("Det här är ingen databas, det är en lista. " * 99, encoding="utf-8")
    assert refused(str(file), "SELECT 1") == f"{file} är ingen databas: ange en annan fil"
    with pytest.raises(BackupError, match="är ingen databas: ange en annan fil"):
        copy_of_database(file, tmp_path / "kopia.db")


def test_a_server_that_does_not_answer_is_said_as_it_was_typed() -> None:
    said = refused("postgresql://svarsgrad@127.0.0.1:1/svarsgrad", "SELECT 1")
    assert said.startswith(
        "arkivet postgresql://svarsgrad@127.0.0.1:1/svarsgrad går inte att nå ("
    )
    assert said.endswith("se om servern är i gång, och om adress, användare och lösenord stämmer")
