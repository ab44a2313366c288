"""``svarsgrad restore``: a backup, put back."""

from pathlib import Path

import click

from streams import options
from streams.archive import database
from streams.backup import BackupError
from streams.backup.files import read_manifest
from streams.backup.restoring import restore_archive, restore_topics
from streams.domain.swedish import count
from streams.kafka import security as kafka_security
from streams.kafka.topics import TopicError


@click.command(
    "restore", short_help="Lägg tillbaka en säkerhetskopia.", epilog=kafka_security.HELP
)
@click.argument("folder", metavar="KOPIA", type=click.Path(path_type=Path))
@options.replication
@options.database
@options.kafka
@options.topics
def command(folder: Path, replication: int, told: str, kafka: str, prefix: str) -> None:
    """Lägg tillbaka en säkerhetskopia som svarsgrad backup har gjort.

    Stoppa först räknare, arkiv och källor. Ämnena ska vara borta eller tomma; varje post läggs
    där den låg, med den tid då den kom. Arkivet läggs tillbaka om filen saknas, annars lämnas det
    som det är. Avbryts det: kör igen, så kommer resten.
    """
    try:
        url = database.address(told)
        manifest = read_manifest(folder)
        restore_topics(
            folder,
            manifest,
            kafka=kafka,
            security=kafka_security.security_as_told(),
            prefix=prefix,
            replication=replication,
        )
        is_back = database.is_file(url) and restore_archive(
            folder, manifest, Path(str(url.database))
        )
    except (BackupError, TopicError, database.DatabaseError) as error:
        raise click.ClickException(str(error)) from None
    records = sum(log.records for log in manifest.logs)
    click.echo(f"{count(records)} poster är tillbaka i ämnena.")
    click.echo(
        f"Arkivet är tillbaka i {url.database}."
        if is_back
        else f"Arkivet {database.told(url)} är som det var."
    )
