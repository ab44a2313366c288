"""Brings the archive's tables from version to version: forward, and back to an older one.

Whoever is at work in the database meanwhile is waited for, or refused; a file is copied before it
is brought back.
"""

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, inspect, text
from sqlalchemy.engine import Connection

from streams.archive import database
from streams.archive.database import (
    APPLICATION,
    VERSION_TABLE,
    DatabaseError,
    is_file,
    refusals,
    refuse_newer,
    require_any,
    told,
    version,
    versions,
)

_LOCK: Final = 0x73766172
"""What two that upgrade PostgreSQL at once wait for each other by."""


def upgrade(
    engine: Engine, tell: Callable[[str, str], None] = lambda *_: None
) -> tuple[str | None, str]:
    """Make the tables, or bring them up to date; return the version before and after.

    ``tell`` is told both when there is something to bring up to date, before it is begun. Raises
    :class:`DatabaseError` for tables of a newer svarsgrad.
    """
    url = engine.url
    if is_file(url):
        _require_place(Path(str(url.database)))
    with refusals(url), engine.begin() as connection:
        if not is_file(url):
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        before = version(connection)
        refuse_newer(url, before)
        if before is None and is_file(url) and inspect(connection).get_table_names():
            raise DatabaseError(f"{told(url)} är en annan databas, inget arkiv: ange en egen fil")
        if before is not None and before != versions()[-1]:
            tell(before, versions()[-1])
            _keep_others_out(connection)
        command.upgrade(_config(connection), "head")
        after = version(connection)
    return before, str(after)


def _keep_others_out(connection: Connection) -> None:
    """Wait for those who read and write now, and let no others begin until we are done."""
    if not is_file(connection.engine.url):
        connection.execute(text(f"LOCK TABLE {VERSION_TABLE} IN ACCESS EXCLUSIVE MODE"))


def downgrade(engine: Engine, to: str, *, has_backup: bool) -> tuple[str, Path | None]:
    """Bring the tables back to an older version; return the one before, and where the copy is.

    A file is copied first; of a server somebody says that they have a copy. Raises
    :class:`DatabaseError`, with the tables as they were.
    """
    url = engine.url
    require_any(engine)
    with refusals(url):
        with engine.connect() as connection:
            before = version(connection)
        refuse_newer(url, before)
        if before is None:
            raise DatabaseError(f"{told(url)} är inget arkiv: det görs av svarsgrad archive")
        if to not in versions() or versions().index(to) >= versions().index(before):
            older = versions()[: versions().index(before)]
            raise DatabaseError(
                f"arkivet {told(url)} är av version {before} och går inte att föra tillbaka till "
                f"{to}: {'ange ' + ' eller '.join(older) if older else 'det finns ingen äldre'}"
            )
        _refuse_others(engine)
        copy = _copied(engine, before, has_backup=has_backup)
        with engine.begin() as connection:
            if not is_file(url):
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            _keep_others_out(connection)
            command.downgrade(_config(connection), to)
    return before, copy


def _refuse_others(engine: Engine) -> None:
    """Raise :class:`DatabaseError` while another process of ours has the database open."""
    url = engine.url
    engine.dispose()
    if is_file(url):
        with closing(sqlite3.connect(str(url.database), timeout=0)) as alone:
            try:
                # Only who is alone with a file may do this; it is WAL again at the next opening.
                others = alone.execute("PRAGMA journal_mode=DELETE").fetchone()[0] != "delete"
            except sqlite3.OperationalError:
                others = True
    else:
        asked = (
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
            "AND application_name = :name AND pid <> pg_backend_pid()"
        )
        with engine.connect() as connection:
            others = bool(connection.execute(text(asked), {"name": APPLICATION}).scalar())
    if others:
        raise DatabaseError(
            f"arkivet {told(url)} används: stoppa svarsgrad archive, och vänta tills rapporter är "
            "klara"
        )


def _copied(engine: Engine, before: str, *, has_backup: bool) -> Path | None:
    """Copy a file to one beside it. Raises :class:`DatabaseError`."""
    url = engine.url
    if not is_file(url):
        if not has_backup:
            raise DatabaseError(
                f"ta först en säkerhetskopia av {told(url)} med pg_dump, och säg sedan till med "
                "--backup-taken"
            )
        return None
    file = Path(str(url.database))
    copy = file.with_name(f"{file.name}.version-{before}")
    if copy.exists():
        raise DatabaseError(f"säkerhetskopian {copy} finns redan: flytta den")
    copy.touch(mode=0o600)
    with closing(sqlite3.connect(str(file))) as source, closing(sqlite3.connect(copy)) as kept:
        source.backup(kept)
    return copy


def _require_place(file: Path) -> None:
    """See that a file can be made, or written. Raises :class:`DatabaseError`."""
    if file.is_dir():
        raise DatabaseError(f"--database {file} är en mapp: ange en fil i den")
    folder = file.absolute().parent
    if not folder.is_dir():
        raise DatabaseError(f"--database {file}: mappen {folder} finns inte; skapa den")
    if not os.access(folder, os.W_OK) or (file.exists() and not os.access(file, os.W_OK)):
        raise DatabaseError(
            f"--database {file} får inte skrivas: se över rättigheterna i {folder}"
        )


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(database.SCRIPTS))
    config.attributes["connection"] = connection
    return config
