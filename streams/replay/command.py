"""``svarsgrad replay``: the figures of event files, or of a topic. The analyst's tool."""

import os
import sys
from collections.abc import Sequence
from datetime import tzinfo
from pathlib import Path
from typing import Final

import click
import orjson
from rich.console import Console

from streams import options
from streams.catalogue_file import read_catalogue
from streams.domain.catalogue import Catalogue, CatalogueError
from streams.domain.ledger import Tally
from streams.domain.windows import DAYS, ITEM_NAMES, NAMES, TODAY, window
from streams.figures import as_data
from streams.instants_as_typed import typed_instant
from streams.kafka import security as kafka_security
from streams.kafka.topics import TopicError, event_topics
from streams.ledgers import system_clock
from streams.replay import fold, whole_report, window_of
from streams.replay.event_files import EventFileError
from streams.replay.remarks import (
    NothingToCountError,
    begins_later,
    came,
    none_in_window,
    recorded_later,
    refuse_nothing,
    rejections,
)
from streams.replay.sources import one_of, read_logs
from streams.replay.table import tables

WINDOWS: Final = (*NAMES, *(name for name in ITEM_NAMES if name not in NAMES))
ASKED: Final = "asked"
"""What a span that was asked for is called among the figures."""
FILE_WIDTH: Final = 110
"""Columns of what is not written to a terminal, unless COLUMNS says otherwise."""


@click.command("replay", epilog=kafka_security.HELP)
@options.files
@options.catalogue
@click.option(
    "--topic",
    "named",
    metavar="ÄMNE",
    multiple=True,
    help="Läs ett Kafka-ämne i stället för filer. Flera går bra.",
)
@click.option(
    "--topics", "prefix", metavar="NAMN", help="Läs alla ämnen som börjar så, som svarsgrad."
)
@options.kafka
@click.option(
    "--until-offsets",
    metavar="JSON",
    help='Läs till dessa positioner: {"0": 17, …}; av flera ämnen {"ämne": {"0": 17, …}, …}.',
)
@click.option(
    "--at",
    metavar="TIDPUNKT",
    help="Räkna som det var då, t.ex. 2026-03-10T10:15, i kommunens tid om ingen annan zon "
    "anges; annars nu.",
)
@click.option(
    "--window",
    "name",
    metavar="FÖNSTER",
    default=TODAY,
    show_default=True,
    help="15m, 30m, 1h, today, 7d, 30d eller FRÅN/TILL (två tidpunkter; TILL räknas inte med).",
)
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="Skriv JSON: ett objekt för varje kommun, med alla siffror, även de som tabellerna "
    "utelämnar.",
)
def command(  # noqa: PLR0917 - click calls it by name
    files: tuple[Path, ...],
    catalogue: Path,
    named: tuple[str, ...],
    prefix: str | None,
    kafka: str,
    until_offsets: str | None,
    at: str | None,
    name: str,
    as_json: bool,
) -> None:
    """Räkna hur löftena hålls ur sparade händelser.

    Visar samtal, frågor, ärenden, enkäter och bemanning, som de är kända vid en tidpunkt.

    FIL är händelser, en JSON per rad, även packade (.gz); - är standard in.
    """
    topics = [*named, *(event_topics(prefix) if prefix else ())]
    one_of(files, topics, "--topic, --topics")
    if until_offsets and not topics:
        raise click.UsageError("--until-offsets gäller bara ämnen (--topic, --topics)")
    tally, clock_now = Tally(), system_clock()
    try:
        loaded = read_catalogue(catalogue)
        zone = _shared_zone(loaded)
        asked, now = _span(name, at, zone, clock_now)
        name = name if asked is None else ASKED
        until = _offsets(until_offsets, topics)
        logs = read_logs(files, topics, kafka, until)
        books, refused = fold(loaded, logs, now, asked or _days(loaded, name, now), tally)
        refuse_nothing(topics or [str(f) for f in files], loaded, tally, refused)
    except (CatalogueError, TopicError, EventFileError, NothingToCountError) as error:
        raise click.ClickException(str(error)) from None
    reports = whole_report(loaded, books, now, name, asked)
    for line in rejections(refused):
        click.echo(line, err=True)
    over, arrivals = _over(loaded, name, now, asked), came(books)
    remark = none_in_window(name, over, tally, arrivals, zone)
    remark = remark or begins_later(over, tally, arrivals, zone)
    for line in filter(None, (remark, recorded_later(books, now, zone))):
        click.echo(line, err=True)
    if as_json:
        data = {id_: as_data(of_one, name) for id_, of_one in reports.items()}
        click.echo(orjson.dumps(data, option=orjson.OPT_INDENT_2).decode())
    else:
        width = None if sys.stdout.isatty() else _asked_width() or FILE_WIDTH
        drawn = tables(loaded, reports, name, asked, now, clock_now=clock_now)
        Console(width=width, highlight=False).print(drawn, crop=False)


def _asked_width() -> int | None:
    columns = os.environ.get("COLUMNS", "")
    return int(columns) if columns.isascii() and columns.isdigit() and int(columns) else None


def _shared_zone(catalogue: Catalogue) -> tzinfo | None:
    """Return the zone of all municipalities; None if they have different ones."""
    zones = {municipality.zone for municipality in catalogue.municipalities.values()}
    return zones.pop() if len(zones) == 1 else None


def _span(
    name: str, at: str | None, zone: tzinfo | None, clock_now: int
) -> tuple[tuple[int, int] | None, int]:
    """Return the span asked for, if one is, and now; instants without an offset are in zone."""
    if name in WINDOWS:
        return None, typed_instant(at, "--at", zone) if at else clock_now
    start, slash, end = name.partition("/")
    if not slash:
        raise click.UsageError(
            f"fönstret {name!r} finns inte: skriv {', '.join(WINDOWS)} eller FRÅN/TILL"
        )
    first, last = (typed_instant(text, "--window", zone) for text in (start, end))
    if first >= last:
        raise click.UsageError("--window: FRÅN måste ligga före TILL")
    now = typed_instant(at, "--at", zone) if at else last
    if now < last:
        raise click.UsageError("--at måste ligga vid eller efter fönstrets slut")
    return (first, last), now


def _days(catalogue: Catalogue, name: str, now: int) -> tuple[int, int] | None:
    """Return the span that windows of several days reach over, in the earliest of all zones."""
    if DAYS.get(name, 1) == 1:
        return None
    zones = [municipality.zone for municipality in catalogue.municipalities.values()]
    return min(window(name, now, zone).start for zone in zones), now


def _over(
    catalogue: Catalogue, name: str, now: int, asked: tuple[int, int] | None
) -> tuple[int, int]:
    """Return from when to when the window called ``name`` is, in the earliest of all zones."""
    windows = [window_of(name, now, m.zone, asked) for m in catalogue.municipalities.values()]
    return min(its.start for its in windows), max(its.end for its in windows)


def _offsets(text: str | None, topics: Sequence[str]) -> dict[str, dict[int, int]]:
    """Return where to stop, by topic and partition; nothing to read all there is."""
    if text is None:
        return {}
    try:
        asked = orjson.loads(text)
        if len(topics) == 1 and topics[0] not in asked:
            asked = {topics[0]: asked}
        if not asked.keys() <= set(topics):
            raise ValueError(text)
        # A topic that is not named is not read at all.
        offsets = {
            topic: {int(p): offset for p, offset in asked.get(topic, {}).items()}
            for topic in topics
        }
    except (ValueError, AttributeError, TypeError):
        offsets = {"": {0: -1}}
    if not all(type(at) is int and at >= 0 for of in offsets.values() for at in of.values()):
        usual = '{"0": 17, "1": 4}'
        example = usual if len(topics) == 1 else f'{{"{topics[0]}": {usual}}}'
        raise click.UsageError(f"--until-offsets: skriv {example}")
    return offsets
