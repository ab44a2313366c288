"""``svarsgrad archive``: keeps what the log says in SQL, for reports of months and years."""

import logging
from functools import partial
from pathlib import Path
from typing import Final

import click
from sqlalchemy import Engine

from streams import options
from streams.addresses import read_address
from streams.archive import database, migrating
from streams.archive.app import Archiver, Settings, run_archiver
from streams.archive.forgetting import CALLERS_DAYS
from streams.catalogue_file import fingerprint, read_catalogue
from streams.domain.catalogue import CatalogueError
from streams.endpoints import ListenError
from streams.endpoints import security as listen_security
from streams.kafka import security as kafka_security
from streams.kafka.administration import (
    administered,
    partition_count,
    require_append_time,
    require_group,
    require_readable,
)
from streams.kafka.topics import TopicError, event_topics
from streams.logs import e, tell, tell_remark, tell_start
from streams.logs.long_running import LongRunning
from streams.transport.starting import StartError

LISTEN: Final = "127.0.0.1:9102"
log = logging.getLogger(__name__)


@click.command(
    "archive", cls=LongRunning, epilog=f"{listen_security.HELP}\n\n{kafka_security.HELP}"
)
@options.catalogue
@options.kafka
@options.topics
@options.database
@options.database_password
@options.archive_group("--group")
@click.option(
    "--listen",
    metavar="VÄRD:PORT",
    default=LISTEN,
    envvar="SVARSGRAD_ARCHIVE_LISTEN",
    show_default=True,
    show_envvar=True,
    help="Adress för /metrics, /healthz och /readyz.",
)
@click.option(
    "--callers-days",
    metavar="DAGAR",
    type=click.IntRange(0, 3650),
    default=CALLERS_DAYS,
    envvar="SVARSGRAD_ARCHIVE_CALLERS_DAYS",
    show_default=True,
    show_envvar=True,
    help="Så länge behålls uppringares pseudonymer; sedan stryks de.",
)
def command(  # noqa: PLR0917 - click calls it by name
    catalogue: Path,
    kafka: str,
    prefix: str,
    told: str,
    password_file: str | None,
    group: str,
    listen: str,
    callers_days: int,
) -> None:
    """Arkivera händelserna, för rapporter om månader och år.

    Läser ämnena i en egen grupp och skriver till en databas: en SQLite-fil om inget annat sägs.
    Var den läser vidare står i databasen, så att den kan stoppas när som helst.
    """
    address = read_address(listen)
    if address is None:
        raise click.UsageError(f"--listen {listen} saknar värd eller port; skriv {LISTEN}")
    try:
        url = database.address(told, password_file)
        loaded = read_catalogue(catalogue, with_profiles=False)
        its_listen = listen_security.listen_security_as_told(f"--listen {listen}", address[0])
        security = kafka_security.security_as_told(tell_remark)
        topics = [*event_topics(prefix)]
        with administered(kafka, security) as admin:
            partitions = partition_count(admin, topics)
            require_readable(admin, topics)
            require_group(admin, group)
            for topic in topics:
                require_append_time(admin, topic)
        engine = database.engine_of(url)
        _upgrade(engine, database.told(url))
        settings = Settings(
            kafka=kafka,
            topics=prefix,
            listen=address,
            listen_security=its_listen,
            group=group,
            callers_days=callers_days,
        )
        started = partial(
            tell_start,
            "archive",
            catalogue=catalogue,
            catalogue_sha256=fingerprint(catalogue),
            kafka=kafka,
            kafka_protocol=security.protocol,
            topics=prefix,
            group=group,
            partitions=partitions,
            database=database.told(url),
            callers_days=callers_days,
            listen=listen,
        )
        code = run_archiver(Archiver(settings, loaded, partitions, engine, security, started))
    except (
        CatalogueError, ListenError, TopicError, StartError, database.DatabaseError,
    ) as error:  # fmt: skip
        raise click.ClickException(str(error)) from None
    if code:
        raise click.exceptions.Exit(code)


def _upgrade(engine: Engine, name: str) -> None:
    """Give a database the tables that this version has, and say if it did not have them."""

    def begins(before: str, after: str) -> None:
        tell(
            log,
            e.DATABASE_MIGRATES,
            f"Arkivet {name} förs från version {before} till {after} …",
            database=name,
            from_version=before,
            to_version=after,
        )

    before, after = migrating.upgrade(engine, begins)
    if before == after:
        return
    what = "gjordes" if before is None else "är klart"
    tell(
        log,
        e.DATABASE_MIGRATED,
        f"Arkivet {name} {what} (version {after})",
        database=name,
        from_version=before,
        to_version=after,
    )
