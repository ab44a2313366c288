"""``svarsgrad import-overflow``: a partner's report, so that what went on to it has an outcome."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

import click
from sqlalchemy import Engine

from producers import options
from producers.calls_file.callers import callers_of
from producers.calls_file.overflow.gone import gone_between
from producers.calls_file.overflow.matching import Gone
from producers.calls_file.overflow.reading import CallsReport, IntervalsReport, Whose
from producers.calls_file.translator import CallRows
from producers.tables.command_parts import Asked, asked, do_import, import_options, row_of
from producers.tables.table import Table
from streams import options as common
from streams.archive import database
from streams.archive.caught_up import NotCaughtUpError, require_caught_up
from streams.domain.catalogue.tables import OverflowCalls, OverflowIntervals
from streams.kafka.security import HELP, security_as_told

_FORMS: Final[Mapping[str, type[OverflowCalls | OverflowIntervals]]] = {
    "overflow_calls": OverflowCalls,
    "overflow_intervals": OverflowIntervals,
}


@click.command(
    "import-overflow",
    short_help="Läs in rapporten från den som tar över samtal.",
    epilog=HELP,
)
@import_options
@options.topics("utfallen går till NAMN.calls.")
@common.database
@common.database_password
@click.option(
    "--key-file",
    type=click.Path(path_type=Path, readable=False),
    metavar="FIL",
    help="Kommunens nycklar för pseudonymer: med dem känns samtal igen på vem som ringde.",
)
def command(key_file: Path | None, told: str, password_file: str | None, **typed: Any) -> None:
    """Läs in rapporten från den som tar över samtal, så att de samtalen får ett utfall.

    En rad är ett samtal (overflow_calls i katalogen) eller ett intervall (overflow_intervals).
    Vilka samtal som gick över står i arkivet, som ska vara ikapp. Samma rapport kan läsas in igen:
    inget räknas två gånger.

    \b
    Pröva först: svarsgrad import-overflow rapport.csv --catalogue katalog.yaml --dry-run
    """  # noqa: D301 - the escape is a mark to click: don't rewrap what follows
    its, spec = asked(
        _FORMS,
        kind="calls",
        **typed,
    )
    try:
        url = database.address(told, password_file)
        reader = database.engine_of(url, reads_only=True)
        database.require(reader)
        if its.to is None and not its.is_dry:
            topics = frozenset({f"{its.topics}.calls"})
            require_caught_up(reader, its.kafka, security_as_told(), topics)
    except (NotCaughtUpError, database.DatabaseError) as error:
        raise click.ClickException(str(error)) from None
    whose = Whose(its.municipality.id, its.source.id)
    find = partial(_gone, reader, its)

    def report(table: Table, columns: dict[str, int], now: int) -> CallsReport | IntervalsReport:
        row = row_of(its, spec, table, columns, now=now, durations=spec.durations)
        if isinstance(spec, OverflowIntervals):
            return IntervalsReport(whose, spec, row, find)
        caller = callers_of(key_file, its.municipality.zone, now, is_dry=its.is_dry)
        rows = CallRows(
            municipality=its.municipality.id,
            source=its.source.id,
            spec=spec,
            row=row,
            caller=caller,
        )
        return CallsReport(whose, spec, rows, find)

    with database.refusals(url):
        do_import(its, spec, report)


def _gone(reader: Engine, its: Asked, partner: str, span: tuple[int, int]) -> list[Gone]:
    queues = [
        queue.id for queue in its.municipality.queues.values() if queue.overflow_to == partner
    ]
    with reader.connect() as connection:
        return gone_between(
            connection, its.municipality.id, queues=queues, partner=partner, span=span
        )
