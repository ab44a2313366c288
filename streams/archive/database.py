"""The archive's database: which one, how it is opened, and whether its tables are ours.

A file (SQLite) where nothing else is said; PostgreSQL by its address. A password stands in a file,
never in an address: that is seen by everybody who lists the machine's processes.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Final

from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Engine, create_engine, event, make_url, text
from sqlalchemy.engine import Connection
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError

from streams.addresses import is_loopback
from streams.domain.swedish import reason
from streams.secrets_file import Kind, SecretFileError, read_secret

VERSION_TABLE: Final = "svarsgrad_version"
SCRIPTS: Final = Path(__file__).parent / "migrations"
BUSY_MS: Final = 30_000
"""How long a file that another process writes is waited for."""
CACHE_KIB: Final = 64 * 1024
CONNECT_SECONDS: Final = 10
APPLICATION: Final = "svarsgrad"
"""What PostgreSQL is told that we are."""
_POSTGRESQL: Final = frozenset({"postgresql", "postgres", "postgresql+psycopg"})
_PASSWORD: Final = Kind("lösenordet", "ett lösenord")
_FILE_REFUSALS: Final = {
    sqlite3.SQLITE_BUSY: "är upptagen: något annat skriver i den, försök igen om en stund",
    sqlite3.SQLITE_CANTOPEN: "går inte att öppna: se över mappen och rättigheterna",
    sqlite3.SQLITE_CORRUPT: "är skadad: lägg tillbaka en kopia (docs/backup.md)",
    sqlite3.SQLITE_FULL: "får inte plats, disken är full: gör plats",
    sqlite3.SQLITE_NOTADB: "är ingen databas: ange en annan fil",
    sqlite3.SQLITE_READONLY: "får inte skrivas: se över rättigheterna",
}
"""What is wrong with a file, by SQLite's code, and what to do."""


class DatabaseError(Exception):
    """The database can't be used; whoever started the command must act. One line."""


class MigratedError(DatabaseError):
    """The tables have become another version's since we looked. Nothing was written."""


def address(told: str, password_file: str | None = None) -> URL:
    """Return the address of a database as it is typed: a file, or ``postgresql://…``.

    Raises :class:`DatabaseError`.
    """
    if "://" not in told:
        return URL.create("sqlite", database=str(Path(told)))
    try:
        url = make_url(told)
    except (ArgumentError, ValueError):
        url = None
    if url is None or url.drivername not in _POSTGRESQL or not url.database:
        # It isn't quoted: it may hold a password.
        raise DatabaseError(
            "--database är ingen databas: skriv en fil, eller postgresql://användare@värd/databas"
        )
    if url.password is not None or "password" in url.query:
        raise DatabaseError(
            "--database har ett lösenord i adressen, där andra ser det: lägg det i en fil och "
            "ange den med --database-password-file"
        )
    _require_tls_is_told(url)
    if password_file is not None:
        try:
            told_file = f"--database-password-file {password_file}"
            url = url.set(password=read_secret(password_file, told_file, _PASSWORD))
        except SecretFileError as error:
            raise DatabaseError(str(error)) from None
    return url.set(drivername="postgresql+psycopg")


def _require_tls_is_told(url: URL) -> None:
    """Raise unless it is said how another machine's certificate is checked: libpq believes any."""
    if "sslmode" in url.query or os.environ.get("PGSSLMODE"):
        return
    told_hosts = url.query.get("host") or url.host or os.environ.get("PGHOST", "")
    hosts = [told_hosts] if isinstance(told_hosts, str) else told_hosts
    for host in ",".join(hosts).split(","):
        # None, or a folder, is a socket of this machine.
        if host and not host.startswith("/") and not is_loopback(host):
            raise DatabaseError(
                f"--database är på en annan maskin, {host}, och libpq tror på vem som än svarar: "
                "sätt PGSSLMODE=verify-full och PGSSLROOTCERT (docs/archive.md)"
            )


def told(url: URL) -> str:
    """Return an address as it may be shown: without its password."""
    if is_file(url):
        return str(url.database)
    return url.set(drivername="postgresql").render_as_string(hide_password=True)


def is_file(url: URL) -> bool:
    """Say whether a database is a file."""
    return url.get_backend_name() == "sqlite"


def engine_of(url: URL, *, reads_only: bool = False) -> Engine:
    """Return what connects to a database; nothing is connected to yet.

    One that but reads has one and the same state before it in each transaction, whatever is
    written meanwhile.
    """
    if not is_file(url):
        level = "REPEATABLE READ" if reads_only else "READ COMMITTED"
        return create_engine(
            url,
            isolation_level=level,
            connect_args={"connect_timeout": CONNECT_SECONDS, "application_name": APPLICATION},
            pool_pre_ping=True,
        )
    engine = create_engine(url)

    @event.listens_for(engine, "connect")
    def _(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # transactions begin where we say
        for pragma in (
            f"busy_timeout={BUSY_MS}",
            f"cache_size=-{CACHE_KIB}",
            # What a power cut takes is read again: the position is in the same transaction.
            *(("query_only=1",) if reads_only else ("journal_mode=WAL", "synchronous=NORMAL")),
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN" if reads_only else "BEGIN IMMEDIATE")

    return engine


@contextmanager
def refusals(url: URL) -> Iterator[None]:
    """Say in one line what a database refuses. Raises :class:`DatabaseError`."""
    try:
        yield
    except DBAPIError as error:
        if isinstance(error.orig, sqlite3.Error):
            raise DatabaseError(f"{told(url)} {file_refusal(error.orig)}") from None
        why = str(error.orig).strip().splitlines()[0] if error.orig else type(error).__name__
        if isinstance(error, OperationalError):
            raise DatabaseError(
                f"arkivet {told(url)} går inte att nå ({why}): se om servern är i gång, och om "
                "adress, användare och lösenord stämmer"
            ) from None
        raise DatabaseError(f"arkivet {told(url)} tar inte emot ({why})") from None
    except OSError as error:
        raise DatabaseError(f"arkivet {told(url)} går inte att nå ({reason(error)})") from None


def file_refusal(error: sqlite3.Error) -> str:
    """Return what is wrong with a file and what to do, ``"är skadad: lägg tillbaka en kopia"``."""
    code: int | None = getattr(error, "sqlite_errorcode", None)  # none of what Python itself says
    return _FILE_REFUSALS.get((code or 0) & 0xFF) or f"går inte att använda ({error})"


def make_anew(engine: Engine) -> None:
    """Make a file anew: what has been deleted is still in it until then. Nothing, of a server."""
    if is_file(engine.url):
        connection = engine.raw_connection()
        try:
            cursor = connection.cursor()
            cursor.execute("VACUUM")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            connection.close()


# Whether the tables are ours.


def version(connection: Connection) -> str | None:
    """Return the version of the tables in a database; None if there are none of ours."""
    context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
    return context.get_current_revision()


def versions() -> list[str]:
    """Return all versions of the tables that we know, from the first to ours."""
    return _versions(SCRIPTS)


@cache
def _versions(scripts: Path) -> list[str]:
    config = Config()
    config.set_main_option("script_location", str(scripts))
    found = ScriptDirectory.from_config(config).walk_revisions()
    return [script.revision for script in found][::-1]


@contextmanager
def transaction(engine: Engine) -> Iterator[Connection]:
    """Give a transaction that writes; the tables are of our version for as long as it lasts.

    Raises :class:`MigratedError`, with nothing written, if somebody has made them another's.
    """
    with engine.begin() as connection:
        _hold_version(connection)
        yield connection


def _hold_version(connection: Connection) -> None:
    """See, first thing in a transaction, that the tables are ours, and that they stay so.

    Raises :class:`MigratedError`.
    """
    if not is_file(url := connection.engine.url):
        # Before anything is read: what is seen from here on is what there is once we hold it.
        connection.execute(text(f"LOCK TABLE {VERSION_TABLE} IN ACCESS SHARE MODE"))
    asked = f"SELECT version_num FROM {VERSION_TABLE}"  # noqa: S608 - a name of our own
    found = connection.execute(text(asked)).scalar()
    if found != versions()[-1]:
        raise MigratedError(
            f"arkivet {told(url)} har förts till version {found} av en annan svarsgrad, och den "
            f"här har {versions()[-1]}: kör bara en version åt gången (docs/upgrade.md)"
        )


@contextmanager
def opened_to_read(url: URL) -> Iterator[Connection]:
    """Give a connection that but reads, to an archive of this version.

    Raises :class:`DatabaseError`, also for what the database refuses meanwhile.
    """
    engine = engine_of(url, reads_only=True)
    try:
        require(engine)
        with refusals(url), engine.connect() as connection:
            _hold_version(connection)
            yield connection
    finally:
        engine.dispose()


def require_any(engine: Engine) -> None:
    """See that there is something that can be an archive. Raises :class:`DatabaseError`."""
    url = engine.url
    if is_file(url) and not Path(str(url.database)).is_file():
        raise DatabaseError(
            f"arkivet {told(url)} finns inte: det görs av svarsgrad archive; ligger det någon "
            "annanstans, ange det med --database"
        )


def require(engine: Engine) -> None:
    """See that the tables are of this version. Raises :class:`DatabaseError`."""
    url = engine.url
    require_any(engine)
    with refusals(url), engine.connect() as connection:
        found = version(connection)
    refuse_newer(url, found)
    if found is None:
        raise DatabaseError(f"{told(url)} är inget arkiv: det görs av svarsgrad archive")
    if found != versions()[-1]:
        raise DatabaseError(
            f"arkivet {told(url)} är av en äldre version ({found}): starta om svarsgrad archive, "
            "som för det framåt"
        )


def refuse_newer(url: URL, found: str | None) -> None:
    """Raise :class:`DatabaseError` for tables of a version that we don't know."""
    if found is not None and found not in versions():
        raise DatabaseError(
            f"arkivet {told(url)} är av en nyare version ({found}) än den här svarsgrad "
            f"({versions()[-1]}): uppgradera svarsgrad, eller för tillbaka arkivet med den nyare "
            f"(svarsgrad migrate-archive --to {versions()[-1]})"
        )
