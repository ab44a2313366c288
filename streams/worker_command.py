"""``svarsgrad worker``: runs one worker until it is told to stop."""

import os

import click

from streams.app import WorkerError, run_worker
from streams.check_catalogue import read_catalogue
from streams.domain.catalogue import CatalogueError
from streams.logs import log_to_stderr
from streams.settings import PREFIX, SettingError, Settings, described
from streams.topics import TopicError, connect, partition_count


@click.command("worker", epilog="\b\nMiljövariabler:\n" + described())
@click.option("--catalogue", metavar="FIL", help="Katalogfilen (SVARSGRAD_CATALOGUE).")
@click.option("--kafka", metavar="VÄRD:PORT", help="Kafkas adress (SVARSGRAD_KAFKA).")
@click.option("--group", metavar="NAMN", help="Konsumentgrupp (SVARSGRAD_GROUP).")
@click.option(
    "--listen",
    metavar="VÄRD:PORT",
    help="Adress för /metrics, /healthz, /readyz (SVARSGRAD_LISTEN).",
)
def command(**options: str | None) -> None:
    """Räkna servicenivåerna löpande och visa dem på /metrics.

    Alla inställningar kan ges i miljön; flaggorna går före.
    """
    given = {PREFIX + name.upper(): value for name, value in options.items() if value}
    try:
        settings = Settings.from_environment({**os.environ, **given})
        catalogue = read_catalogue(settings.catalogue)
        admin = connect(settings.kafka)
        try:
            topics = [settings.calls_topic, settings.rejected_topic]
            partitions = partition_count(admin, topics)
        finally:
            admin.close()
        log_to_stderr()  # not before: what is wrong with the start is said in one line
        code = run_worker(settings, catalogue, partitions)
    except (SettingError, CatalogueError, TopicError, WorkerError) as error:
        raise click.ClickException(str(error)) from None
    if code:
        raise click.exceptions.Exit(code)
