"""``svarsgrad import-cases``: an export of cases, as a case system makes it, to events."""

import secrets
from functools import partial
from pathlib import Path
from typing import Any

import click

from producers import options
from producers.cases_file.translator import CaseRows
from producers.pseudonym import KEY_BYTES
from producers.stable_key import make_key, read_key, stable_hash
from producers.tables.command_parts import asked, do_import, import_options, row_of
from producers.tables.table import Table
from streams.domain.catalogue.tables import CasesFile
from streams.kafka.security import HELP


@click.command("import-cases", short_help="Läs in en ärendeexport (CSV eller XLSX).", epilog=HELP)
@import_options
@options.topics("ärendena går till NAMN.cases.")
@click.option(
    "--key-file",
    type=click.Path(path_type=Path),
    metavar="FIL",
    help="Kommunens nyckel för ärendenummer; skapas om den saknas. Spara en kopia: med en annan "
    "nyckel blir alla ärenden nya. Behövs, utom med --dry-run.",
)
def command(key_file: Path | None, **told: Any) -> None:
    """Läs in en export ur ärendesystemet: CSV eller XLSX.

    Vad kolumnerna betyder står i katalogen, under källans cases_file. Läs in en ny export när som
    helst: bara det som har hänt sedan sist är nytt. Ärendenummer lämnar aldrig datorn.

    \b
    Pröva först: svarsgrad import-cases arenden.csv --catalogue katalog.yaml --dry-run
    """  # noqa: D301 - the escape is a mark to click: don't rewrap what follows
    its, spec = asked({"cases_file": CasesFile}, kind="cases", **told)
    if key_file is None and not its.is_dry:
        raise click.UsageError("ange --key-file, t.ex. arendenyckel.txt; den skapas om den saknas")

    def rows(table: Table, columns: dict[str, int], now: int) -> CaseRows:
        key = _key(None if its.is_dry else key_file)
        return CaseRows(
            municipality=its.municipality.id,
            source=its.source.id,
            spec=spec,
            row=row_of(its, spec, table, columns, now=now),
            subject=partial(stable_hash, key, its.municipality.id, its.source.id),
        )

    do_import(its, spec, rows)


def _key(file: Path | None) -> bytes:
    """Return the key in a file, made if there is none; without a file, one for this time only."""
    if file is None:
        return secrets.token_bytes(KEY_BYTES)
    key = read_key(file)
    if key is None:
        key = make_key(file)
        click.echo(
            f"Ny nyckel i {file}: spara en kopia av den. Utan den blir ärenden som redan är "
            "inlästa nya.",
            err=True,
        )
    return key
