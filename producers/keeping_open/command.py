"""``svarsgrad keep-open``: keeps what is open for very long in the live figures. For every day."""

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import click
from sqlalchemy import Engine, insert, select

from producers.keeping_open.restating import Restated, Restater
from producers.publisher import Publisher, PublishError
from streams import options
from streams.archive import database, schema
from streams.archive.caught_up import NotCaughtUpError, require_caught_up
from streams.archive.reading import items_begun_before
from streams.archive.rows import read, written
from streams.catalogue_file import read_catalogue
from streams.domain.books import Books
from streams.domain.catalogue import Catalogue, CatalogueError, Municipality
from streams.domain.swedish import counted
from streams.kafka import security as kafka_security
from streams.kafka.security import KafkaSecurity
from streams.ledgers import system_clock

TOPICS: Final = ("emails", "cases")
_CALLED: Final = {"question": ("fråga", "frågor"), "case": ("ärende", "ärenden")}


@click.command("keep-open", epilog=kafka_security.HELP)
@options.catalogue
@options.kafka
@options.topics
@options.database
@options.database_password
@click.option("--dry-run", is_flag=True, help="Visa vad som skulle anges; skicka inget.")
def command(  # noqa: PLR0917 - click calls it by name
    catalogue: Path, kafka: str, prefix: str, told: str, password_file: str | None, dry_run: bool
) -> None:
    """Håll kvar det som är öppet i mer än ett år. Varje dag.

    Räknarna håller frågor och ärenden i 400 dagar. Det som är öppet längre, och som källan inte
    själv anger på nytt, anges här på nytt ur arkivet, i god tid innan det glöms.
    """
    topics = {kind: f"{prefix}.{kind}" for kind in TOPICS}
    try:
        loaded = read_catalogue(catalogue, with_profiles=False)
        security = kafka_security.security_as_told()
        url = database.address(told, password_file)
        reader = database.engine_of(url, reads_only=True)
        database.require(reader)
        with database.refusals(url):
            require_caught_up(reader, kafka, security, frozenset(topics.values()))
            found = _found(reader, loaded, system_clock())
            if not dry_run:
                _note(database.engine_of(url), found)
                _publish(found, kafka, topics, security)
    except (CatalogueError, NotCaughtUpError, database.DatabaseError, PublishError) as error:
        raise click.ClickException(str(error)) from None
    verb = "skulle anges" if dry_run else "angavs"
    for id_, municipality in loaded.municipalities.items():
        its = found[id_]
        numbers = [
            counted(sum(one.kind == kind for one in its), *words)
            for kind, words in _CALLED.items()
        ]
        click.echo(f"{municipality.name}: {' och '.join(numbers)} {verb} på nytt")


def _found(engine: Engine, loaded: Catalogue, now: int) -> dict[str, list[Restated]]:
    found = {}
    for id_, municipality in loaded.municipalities.items():
        restater = Restater(id_, now)
        books, own = _known(engine, municipality, restater.began_before)
        found[id_] = [
            *restater.questions(books, own["question"]),
            *restater.cases(books, own["case"]),
        ]
    return found


def _known(
    engine: Engine, municipality: Municipality, before: int
) -> tuple[Books, Mapping[str, Mapping[str, set[int]]]]:
    """Return what began before an instant, and which editions of what are ours."""
    own: defaultdict[str, defaultdict[str, set[int]]] = defaultdict(lambda: defaultdict(set))
    its = schema.kept_edition.c
    asked = select(its.kind, its.subject, its.edition).where(
        its.municipality == written(municipality.id)
    )
    with engine.connect() as connection:
        books = items_begun_before(connection, municipality, before)
        for kind, subject, edition in connection.execute(asked):
            own[kind][read(subject)].add(edition)
    return books, own


def _note(engine: Engine, found: Mapping[str, list[Restated]]) -> None:
    """Note which editions are ours, before anybody can hear of them."""
    rows = [
        {
            "municipality": written(municipality),
            "kind": one.kind,
            "subject": written(one.subject),
            "edition": one.edition,
        }
        for municipality, its in found.items()
        for one in its
    ]
    if rows:
        with database.transaction(engine) as connection:
            connection.execute(insert(schema.kept_edition), rows)


def _publish(
    found: Mapping[str, list[Restated]],
    kafka: str,
    topics: Mapping[str, str],
    security: KafkaSecurity,
) -> None:
    if not any(found.values()):
        return
    with Publisher(kafka, topics["cases"], topics=topics, security=security) as publisher:
        for its in found.values():
            for one in its:  # in one message: half an edition would be taken for the whole
                publisher.publish_many(one.events)
