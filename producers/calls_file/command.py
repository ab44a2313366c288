"""``svarsgrad import-calls``: a list of calls, as an exchange exports it, to events."""

from pathlib import Path
from typing import Any

import click

from producers import options
from producers.calls_file.callers import callers_of
from producers.calls_file.translator import CallRows
from producers.tables.command_parts import asked, do_import, import_options, row_of
from producers.tables.table import Table
from streams.domain.catalogue.tables import CallsFile
from streams.kafka.security import HELP


@click.command("import-calls", short_help="Läs in en samtalslista (CSV eller XLSX).", epilog=HELP)
@import_options
@options.topics("samtalen går till NAMN.calls.")
@click.option(
    "--key-file",
    type=click.Path(path_type=Path),
    metavar="FIL",
    help="Kommunens nycklar för pseudonymer; skapas om den saknas. Utan den lämnas numren bort, "
    "som de alltid gör för samtal äldre än 14 dagar.",
)
def command(key_file: Path | None, **told: Any) -> None:
    """Läs in en samtalslista som telefonväxeln har exporterat: CSV eller XLSX.

    Vad kolumnerna betyder står i katalogen, under källans calls_file. Samma fil, eller en som går
    omlott, kan läsas in igen: inget räknas två gånger. Telefonnummer lämnar aldrig datorn.

    \b
    Pröva först: svarsgrad import-calls samtal.csv --catalogue katalog.yaml --dry-run
    """  # noqa: D301 - the escape is a mark to click: don't rewrap what follows
    its, spec = asked({"calls_file": CallsFile}, kind="calls", **told)

    def rows(table: Table, columns: dict[str, int], now: int) -> CallRows:
        return CallRows(
            municipality=its.municipality.id,
            source=its.source.id,
            spec=spec,
            row=row_of(its, spec, table, columns, now=now, durations=spec.durations),
            caller=callers_of(key_file, its.municipality.zone, now, is_dry=its.is_dry),
        )

    do_import(its, spec, rows)
