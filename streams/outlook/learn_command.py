"""``svarsgrad learn-profile``: learns what comes to each queue on ordinary days."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click
from rich.console import Console

from streams import options
from streams.catalogue_file import read_catalogue
from streams.domain.catalogue import Catalogue, CatalogueError
from streams.domain.ledger import Tally
from streams.domain.outlook.learning import profiles_of
from streams.domain.outlook.profiles_file import Profiles, write_profiles
from streams.domain.swedish import count, counted, mean_seconds, percent, reason
from streams.kafka import security as kafka_security
from streams.kafka.topics import TopicError, event_topics
from streams.ledgers import system_clock
from streams.replay import fold
from streams.replay.cells import fitting, name_of
from streams.replay.event_files import EventFileError
from streams.replay.remarks import NothingToCountError, refuse_nothing, rejections
from streams.replay.sources import one_of, read_logs
from streams.whole_file import FOR_ALL, write_whole

EARLIEST: Final = 0
"""From when on calls are kept: 1970, that is all of them."""


@click.command("learn-profile", epilog=kafka_security.HELP)
@options.files
@options.catalogue
@click.option(
    "--topics", "prefix", metavar="NAMN", help="Läs ämnet med samtal som börjar så, som svarsgrad."
)
@options.kafka
@click.option(
    "--to",
    metavar="FIL",
    required=True,
    type=click.Path(path_type=Path),
    help="Filen med profiler; skriv den som profiles: FIL i katalogen.",
)
def command(
    files: tuple[Path, ...], catalogue: Path, prefix: str | None, kafka: str, to: Path
) -> None:
    """Lär när samtalen kommer, av dagar som varit.

    Dagar med vanliga öppettider räknas; helgdagar, förkortade dagar och händelser i katalogen
    inte, och varken den första dagen eller den sista. Ta med några månader.

    FIL är händelser, en JSON per rad, även packade (.gz); - är standard in.
    """
    topics = [next(iter(event_topics(prefix)))] if prefix else []
    one_of(files, topics)
    tally, now = Tally(), system_clock()
    try:
        loaded = read_catalogue(catalogue, with_profiles=False)
        with _working("Läser händelser"):
            logs = read_logs(files, topics, kafka)
            books, refused = fold(loaded, logs, now, (EARLIEST, now), tally)
        refuse_nothing(topics or [str(f) for f in files], loaded, tally, refused)
    except (CatalogueError, TopicError, EventFileError, NothingToCountError) as error:
        raise click.ClickException(str(error)) from None
    for line in rejections(refused):
        click.echo(line, err=True)
    profiles = {
        id_: profiles_of(municipality, books[id_].calls.recent(EARLIEST, now), now)
        for id_, municipality in loaded.municipalities.items()
    }
    if not any(profiles.values()):
        raise click.ClickException(
            "av händelserna går ingen profil att lära: det behövs samtal från minst tre dagar, "
            "och en dag med vanliga öppettider mellan den första och den sista"
        )
    _write(to, write_profiles(profiles))
    _tell(loaded, profiles, to)


@contextlib.contextmanager
def _working(what: str) -> Iterator[None]:
    with Console(stderr=True).status(f"{what} …"):
        yield


def _write(to: Path, content: bytes) -> None:
    try:
        write_whole(to, content, FOR_ALL)
    except OSError as error:
        raise click.ClickException(
            f"--to {to} kan inte skrivas ({reason(error)}); se över mappen och rättigheterna"
        ) from None


def _tell(catalogue: Catalogue, profiles: Profiles, to: Path) -> None:
    """Say what has been learnt, and of which queues nothing has."""
    console = Console(stderr=True, highlight=False)
    for id_, municipality in catalogue.municipalities.items():
        its = profiles[id_]
        rows = [
            (
                name_of(municipality, queue),
                count(profile.days),
                *(count(round(sum(profile.week[weekday]))) for weekday in range(5)),
                "–" if profile.day_spread is None else f"± {percent(profile.day_spread, 0)}",
                mean_seconds(profile.talk_seconds),
                mean_seconds(profile.patience_seconds),
            )
            for queue, profile in its.items()
        ]
        if rows:
            headings = ("Kö", "Dagar", "mån", "tis", "ons", "tor", "fre", "Varierar", "Samtal")
            console.print(fitting((*headings, "Tålamod"), rows, fewer=[(7, 8, 9)]), crop=False)
        lacking = [
            queue.name
            for queue in municipality.queues.values()
            if queue.is_answered and queue.id not in its
        ]
        if lacking:
            console.print(f"{municipality.name}: inget att lära av för {', '.join(lacking)}")
    queues = sum(len(its) for its in profiles.values())
    console.print(f"{counted(queues, 'profil', 'profiler')} skrevs till {to}")
