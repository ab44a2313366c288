"""``svarsgrad import-calls``: a list of calls, as an exchange exports it, to events."""

from datetime import date, tzinfo
from pathlib import Path
from typing import Any

import click

from producers import options
from producers.calls_file.translator import CallerHash, CallRows, no_caller
from producers.pseudonym import Keys, pseudonym
from producers.tables.command_parts import asked, do_import, import_options, row_of
from producers.tables.local_times import day_of
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
    its, spec = asked("calls_file", CallsFile, kind="calls", **told)

    def rows(table: Table, columns: dict[str, int], now: int) -> CallRows:
        zone = its.municipality.zone
        caller: CallerHash = no_caller
        if key_file is not None and spec.caller is not None and not its.is_dry:
            caller = _hashed(Keys(key_file), zone, day_of(now, zone))
        return CallRows(
            municipality=its.municipality.id,
            source=its.source.id,
            spec=spec,
            row=row_of(its, spec, table, columns, now=now, durations=spec.durations),
            caller=caller,
        )

    do_import(its, spec, rows)


def _hashed(keys: Keys, zone: tzinfo, today: date) -> CallerHash:
    """Return what hashes numbers under the key of the day they called; of old days, none is."""
    keys.key(today, today)  # a file that can't be used is said at once

    def hashed(number: str, at: int) -> str | None:
        key = keys.key(day_of(at, zone), today)
        return None if key is None else pseudonym(number, key)

    return hashed
