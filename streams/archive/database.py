"""The archive's database: which one, how it is opened, and whether its tables are ours.

A file (SQLite) where nothing else is said; PostgreSQL by its address. A password stands in a file,
never in an address: that is seen by everybody who lists the machine's processes.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.engine import Connection
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError

from streams.domain.swedish import reason
from streams.secrets_file import Kind, SecretFileError, read_secret

VERSION_TABLE: Final = "svarsgrad_version"
SCRIPTS: Final = Path(__file__).parent / "migrations"
BUSY_MS: Final = 30_000
"""How long a file that another process writes is waited for."""
CACHE_KIB: Final = 64 * 1024
CONNECT_SECONDS: Final = 10
_POSTGRESQL: Final = frozenset({"postgresql", "postgres", "postgresql+psycopg"})
_PASSWORD: Final = Kind("lösenordet", "ett lösenord")
_NO_DATABASE: Final = "file is not a database"
"""What SQLite says of any other file."""
_LOCK: Final = 0x73766172
"""What two that upgrade PostgreSQL at once wait for each other by."""


class DatabaseError(Exception):
    """The database can't be used; whoever started the command must act. One line."""


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
    if password_file is not None:
        try:
            told_file = f"--database-password-file {password_file}"
            url = url.set(password=read_secret(password_file, told_file, _PASSWORD))
        except SecretFileError as error:
            raise DatabaseError(str(error)) from None
    return url.set(drivername="postgresql+psycopg")


def told(url: URL) -> str:
    """Return an address as it may be shown: without its password."""
    return str(url.database) if is_file(url) else url.render_as_string(hide_password=True)


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
            connect_args={"connect_timeout": CONNECT_SECONDS},
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
        why = str(error.orig).strip().splitlines()[0] if error.orig else type(error).__name__
        if why == _NO_DATABASE:
            raise DatabaseError(f"{told(url)} är ingen databas: ange en annan fil") from None
        what = "går inte att nå" if isinstance(error, OperationalError) else "tar inte emot"
        raise DatabaseError(f"arkivet {told(url)} {what} ({why})") from None
    except OSError as error:
        raise DatabaseError(f"arkivet {told(url)} går inte att nå ({reason(error)})") from None


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


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.attributes["connection"] = connection
    return config


def version(connection: Connection) -> str | None:
    """Return the version of the tables in a database; None if there are none of ours."""
    context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
    return context.get_current_revision()


def _newest() -> ScriptDirectory:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    return ScriptDirectory.from_config(config)


def upgrade(engine: Engine) -> tuple[str | None, str]:
    """Make the tables, or bring them up to date; return the version before and after.

    Raises :class:`DatabaseError` for tables of a newer svarsgrad.
    """
    url = engine.url
    if is_file(url):
        _require_place(Path(str(url.database)))
    with refusals(url), engine.begin() as connection:
        if not is_file(url):
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        before = version(connection)
        _refuse_newer(url, before)
        if before is None and is_file(url) and inspect(connection).get_table_names():
            raise DatabaseError(f"{told(url)} är en annan databas, inget arkiv: ange en egen fil")
        command.upgrade(_config(connection), "head")
        after = version(connection)
    return before, str(after)


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


@contextmanager
def opened_to_read(url: URL) -> Iterator[Connection]:
    """Give a connection that but reads, to an archive of this version.

    Raises :class:`DatabaseError`, also for what the database refuses meanwhile.
    """
    engine = engine_of(url, reads_only=True)
    try:
        require(engine)
        with refusals(url), engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


def require(engine: Engine) -> None:
    """See that the tables are of this version. Raises :class:`DatabaseError`."""
    url = engine.url
    if is_file(url) and not Path(str(url.database)).is_file():
        raise DatabaseError(
            f"arkivet {told(url)} finns inte: det görs av svarsgrad archive; ligger det någon "
            "annanstans, ange det med --database"
        )
    with refusals(url), engine.connect() as connection:
        found = version(connection)
    _refuse_newer(url, found)
    if found is None:
        raise DatabaseError(f"{told(url)} är inget arkiv: det görs av svarsgrad archive")
    if found != _newest().get_current_head():
        raise DatabaseError(
            f"arkivet {told(url)} är av en äldre version ({found}): starta om svarsgrad archive, "
            "som för det framåt"
        )


def _refuse_newer(url: URL, found: str | None) -> None:
    known = {script.revision for script in _newest().walk_revisions()}
    if found is not None and found not in known:
        raise DatabaseError(
            f"arkivet {told(url)} är av en nyare version ({found}) än den här svarsgrad "
            f"({_newest().get_current_head()}): uppgradera svarsgrad"
        )
