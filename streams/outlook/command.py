"""``svarsgrad outlook``: the rest of today, and what it takes to keep the promises."""

from pathlib import Path

import click
import orjson
from rich.console import Console

from streams import options
from streams.catalogue_file import read_catalogue
from streams.domain.catalogue import CatalogueError
from streams.domain.ledger import Tally
from streams.instants_as_typed import typed_instant
from streams.kafka import security as kafka_security
from streams.kafka.topics import TopicError, event_topics
from streams.ledgers import system_clock
from streams.outlook.table import as_data, tables
from streams.replay import fold, live_report
from streams.replay.event_files import EventFileError
from streams.replay.remarks import NothingToCountError, refuse_nothing, rejections
from streams.replay.sources import one_of, read_logs


@click.command("outlook", epilog=kafka_security.HELP)
@options.files
@options.catalogue
@click.option(
    "--topics", "prefix", metavar="NAMN", help="Läs alla ämnen som börjar så, som svarsgrad."
)
@options.kafka
@click.option(
    "--at",
    metavar="TIDPUNKT",
    help="Som det var då, t.ex. 2026-03-10T10:15, i kommunens tid om ingen annan zon anges; "
    "annars nu.",
)
@click.option("--json", "as_json", is_flag=True, help="Skriv JSON: ett objekt för varje kommun.")
def command(  # noqa: PLR0917 - click calls it by name
    files: tuple[Path, ...],
    catalogue: Path,
    prefix: str | None,
    kafka: str,
    at: str | None,
    as_json: bool,
) -> None:
    """Visa vad dagen kan nå, och vad som krävs för det.

    Hur många samtal som väntas, vad löftena som bäst kan hamna på, hur många av de samtal som är
    kvar som måste besvaras i tid, och hur många som behöver svara.

    FIL är händelser, en JSON per rad, även packade (.gz); - är standard in.
    """
    topics = [*event_topics(prefix)] if prefix else []
    one_of(files, topics)
    tally, now = Tally(), system_clock()
    try:
        loaded = read_catalogue(catalogue)
        zones = {municipality.zone for municipality in loaded.municipalities.values()}
        now = typed_instant(at, "--at", zones.pop() if len(zones) == 1 else None) if at else now
        books, refused = fold(loaded, read_logs(files, topics, kafka), now, None, tally)
        refuse_nothing(topics or [str(f) for f in files], loaded, tally, refused)
    except (CatalogueError, TopicError, EventFileError, NothingToCountError) as error:
        raise click.ClickException(str(error)) from None
    for line in rejections(refused):
        click.echo(line, err=True)
    reports = live_report(loaded, books, now)
    if as_json:
        data = {
            id_: as_data(loaded.municipalities[id_], report) for id_, report in reports.items()
        }
        click.echo(orjson.dumps(data, option=orjson.OPT_INDENT_2).decode())
    else:
        Console(highlight=False).print(tables(loaded, reports, now), crop=False)
