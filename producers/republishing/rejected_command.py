"""``svarsgrad republish-rejected``: rejected events that can be used now, to Kafka once more."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import click

from producers import options
from producers.publisher import Publisher, PublishError
from streams.domain.event_types import FORMS, TOPICS
from streams.domain.events import Event, EventError, decode, elements
from streams.domain.swedish import counted
from streams.domain.why_rejected import WHY_REJECTED
from streams.kafka.security import HELP, KafkaSecurity, security_as_told
from streams.kafka.topics import TopicError, rejected_topic
from streams.replay.places import originals, read_rejected

REASONS: Final = ("newer_version", "unknown_municipality", "misplaced", "wrong_topic")
"""Why an event may be rejected that is right, or will be in another place."""
GATHERED: Final = 500


@dataclass(slots=True)
class Found:
    """What came of what was rejected."""

    usable: int = 0
    still: Counter[str] = field(default_factory=Counter)
    """Reason → how many can't be used as yet."""
    gone: int = 0
    """How many their topic doesn't have any more."""

    def events(
        self, kafka: str, rejected: str, reasons: tuple[str, ...], security: KafkaSecurity
    ) -> Iterator[Event]:
        """Yield those that can be used. Raises :class:`~streams.kafka.topics.TopicError`."""
        wanted = read_rejected(kafka, rejected, reasons, security)
        for its, value in originals(kafka, wanted, security):
            if value is None:
                self.gone += 1
                continue
            try:
                event = decode(elements(value)[its.index])
            except (EventError, IndexError) as error:
                self.still[error.reason if isinstance(error, EventError) else "invalid"] += 1
                continue
            if event.type not in FORMS:
                self.still["invalid"] += 1
                continue
            self.usable += 1
            yield event  # type: ignore[misc] # of a type that we know


@click.command(
    "republish-rejected", short_help="Skicka avvisade händelser som går att använda.", epilog=HELP
)
@click.option(
    "--reason",
    "reasons",
    type=click.Choice(REASONS),
    multiple=True,
    default=("newer_version",),
    show_default=True,
    help="Varför de avvisades; går att ange flera gånger.",
)
@click.option("--dry-run", is_flag=True, help="Säg bara vad som skulle skickas.")
@click.option(
    "--rejected",
    metavar="NAMN",
    envvar="SVARSGRAD_REJECTED_TOPIC",
    show_envvar=True,
    help="Ämnet med det avvisade, om det inte heter NAMN.rejected.",
)
@options.kafka
@options.topics("varje slag går till sitt, som NAMN.calls.")
def command(  # click gives each option by name
    reasons: tuple[str, ...], dry_run: bool, rejected: str | None, kafka: str, topics: str
) -> None:
    """Ta tillbaka det som avvisades, när det går att använda: efter en uppgradering, till exempel.

    Händelserna läses där de står i sina ämnen och skickas på nytt med samma id. Det som redan är
    räknat räknas inte igen, så att det går att köra flera gånger.
    """
    found = Found()
    try:
        security = security_as_told()
        events = found.events(kafka, rejected or rejected_topic(topics), reasons, security)
        if dry_run:
            for _ in events:
                pass
        else:
            _send(events, kafka, {kind: f"{topics}.{kind}" for kind in TOPICS}, security)
    except (TopicError, PublishError) as error:
        raise click.ClickException(str(error)) from None
    _tell(found, dry_run=dry_run)


def _send(
    events: Iterator[Event], kafka: str, topics: dict[str, str], security: KafkaSecurity
) -> None:
    with Publisher(kafka, topics["calls"], topics=topics, security=security) as publisher:
        gathered: list[Event] = []
        for event in events:
            gathered.append(event)
            if len(gathered) >= GATHERED:
                publisher.publish_many(gathered)
                gathered = []
        publisher.publish_many(gathered)


def _tell(found: Found, *, dry_run: bool) -> None:
    for reason, number in sorted(found.still.items()):
        wrong, right = WHY_REJECTED[reason]
        events = counted(number, "händelse", "händelser")
        click.echo(f"{events} går inte att använda än: {wrong}; {right}.", err=True)
    if found.gone:
        events = counted(found.gone, "händelse", "händelser")
        click.echo(f"{events} finns inte kvar i sitt ämne.", err=True)
    verb = "Skulle skickas" if dry_run else "Skickades"
    click.echo(f"{verb}: {counted(found.usable, 'händelse', 'händelser')}.", err=True)
