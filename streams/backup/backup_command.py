"""``svarsgrad backup``: the archive and the topics, in a folder of their own."""

from datetime import UTC, datetime
from pathlib import Path

import click

from streams import options
from streams.archive import database
from streams.backup import BackupError
from streams.backup.saving import forget_old, make_backup
from streams.domain.swedish import count, counted
from streams.kafka import security as kafka_security
from streams.kafka.topics import TopicError


@click.command(
    "backup", short_help="Säkerhetskopiera arkivet och ämnena.", epilog=kafka_security.HELP
)
@click.option(
    "--to",
    metavar="MAPP",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Mappen där kopiorna ligger; var och en får en egen mapp i den.",
)
@click.option(
    "--keep",
    metavar="N",
    type=click.IntRange(1, 3650),
    help="Ta sedan bort alla utom de N senaste.",
)
@click.option(
    "--also",
    "beside",
    metavar="MAPP",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="En mapp som ska vara med, som den där källornas lägen sparas. Flera går bra.",
)
@options.database
@options.kafka
@options.topics
def command(  # noqa: PLR0917 - click calls it by name
    to: Path,
    keep: int | None,
    beside: tuple[Path, ...],
    told: str,
    kafka: str,
    prefix: str,
) -> None:
    """Säkerhetskopiera arkivet och ämnena, medan allt är i gång.

    Allt som ämnena har kopieras varje gång. Läggs tillbaka med svarsgrad restore. Ett arkiv i
    PostgreSQL kopieras med pg_dump.
    """
    try:
        url = database.address(told)
        is_file = database.is_file(url)
        if is_file and not Path(str(url.database)).exists():
            raise BackupError(f"arkivet {url.database} finns inte: ange det med --database")
        folder, manifest = make_backup(
            to,
            datetime.now(UTC),
            kafka=kafka,
            security=kafka_security.security_as_told(),
            prefix=prefix,
            archive=Path(str(url.database)) if is_file else None,
            beside=beside,
        )
        gone = forget_old(to, keep) if keep else []
    except (BackupError, TopicError, database.DatabaseError) as error:
        raise click.ClickException(str(error)) from None
    except OSError as error:
        raise click.ClickException(f"gamla kopior i {to} kunde inte tas bort: {error}") from None
    records = sum(log.records for log in manifest.logs)
    size_told = count(round(sum(path.stat().st_size for path in folder.iterdir()) / 1e6))
    click.echo(f"{folder}: {counted(records, 'post', 'poster')} ur ämnena, {size_told} MB.")
    if manifest.archive is None:
        click.echo("Arkivet är i PostgreSQL och är inte med: kopiera det med pg_dump.", err=True)
    if gone:
        click.echo(f"{counted(len(gone), 'äldre kopia', 'äldre kopior')} togs bort.")
