"""``svarsgrad topics``: creates the topics that are missing and checks all of them."""

import click

from streams import options
from streams.kafka import security as kafka_security
from streams.kafka.administration import administered, create, faults
from streams.kafka.topics import TopicError, wanted


@click.command("topics", epilog=kafka_security.HELP)
@options.kafka
@click.option(
    "--partitions",
    metavar="N",
    default=8,
    show_default=True,
    type=click.IntRange(1, 1000),
    help="Antal partitioner, lika för alla ämnen; ändras aldrig i efterhand.",
)
@options.replication
@options.topics
@click.option("--check", is_flag=True, help="Kontrollera bara, skapa inget.")
def command(kafka: str, partitions: int, replication: int, prefix: str, check: bool) -> None:
    """Skapa de Kafka-ämnen som saknas och kontrollera alla.

    Ett ämne som finns men är annorlunda än det ska vara ändras inte: det sägs vad som är fel.
    """
    topics = wanted(prefix, partitions=partitions, replication=replication)
    try:
        with administered(kafka, kafka_security.security_as_told()) as admin:
            made = [] if check else create(admin, topics)
            wrong = faults(admin, topics)
            existing = set(admin.list_topics())
    except TopicError as error:
        raise click.ClickException(str(error)) from None
    for topic in (topic for topic in topics if topic.name in existing):
        click.echo(f"{topic.name}: {'skapat' if topic.name in made else 'finns'}")
    for line in wrong:
        click.echo(f"Fel: {line}", err=True)
    if wrong:
        raise click.exceptions.Exit(1)
