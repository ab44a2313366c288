"""``svarsgrad import-cases``: an export of cases, as a case system makes it, to events."""

import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

import click

from producers import options
from producers.cases_file.translator import CaseRows
from producers.pseudonym import KEY_BYTES, KeyFileError
from producers.stable_key import make_key, read_key, stable_hash
from producers.tables.command_parts import asked, do_import, import_options, reading, row_of
from producers.tables.faults import RowError
from producers.tables.row import Row
from producers.tables.table import Table
from streams.domain.catalogue.tables import CasesFile
from streams.domain.instants import micros
from streams.kafka.security import HELP

SHORTEST_HASH: Final = 6
"""So much of a hash tells a case from others, mostly: all whose hash begins so are said."""


@click.command("import-cases", short_help="Läs in en ärendeexport (CSV eller XLSX).", epilog=HELP)
@import_options
@options.topics("ärendena går till NAMN.cases.")
@click.option(
    "--key-file",
    type=click.Path(path_type=Path),
    metavar="FIL",
    help="Kommunens nyckel för ärendenummer: samma varje gång, för med en annan blir alla ärenden "
    "nya. Behövs, utom med --dry-run.",
)
@click.option(
    "--new-key", is_flag=True, help="Gör nyckeln i --key-file, den första gången. Spara en kopia."
)
@click.option(
    "--find",
    "sought",
    metavar="HASH",
    multiple=True,
    help="Säg på vilken rad i filen ett ärende står, som listor och larm har som HASH (eller dess "
    "början). Läser inte in något. Flera går bra.",
)
def command(key_file: Path | None, new_key: bool, sought: tuple[str, ...], **told: Any) -> None:
    """Läs in en export ur ärendesystemet: CSV eller XLSX.

    Vad kolumnerna betyder står i katalogen, under källans cases_file. Läs in en ny export när som
    helst: bara det som har hänt sedan sist är nytt. Ärendenummer lämnar aldrig datorn.

    \b
    Pröva först: svarsgrad import-cases arenden.csv --catalogue katalog.yaml --dry-run
    """  # noqa: D301 - the escape is a mark to click: don't rewrap what follows
    its, spec = asked({"cases_file": CasesFile}, kind="cases", **told)
    if key_file is None and not its.is_dry and not sought:
        raise click.UsageError("ange --key-file, och första gången --new-key, som gör nyckeln")

    def subject(key: bytes) -> Callable[[str], str]:
        return partial(stable_hash, key, its.municipality.id, its.source.id)

    def rows(table: Table, columns: dict[str, int], now: int) -> CaseRows:
        return CaseRows(
            municipality=its.municipality.id,
            source=its.source.id,
            spec=spec,
            row=row_of(its, spec, table, columns, now=now),
            subject=subject(_key(None if its.is_dry else key_file, is_new=new_key)),
        )

    if not sought:
        do_import(its, spec, rows)
        return
    if any(len(hash_) < SHORTEST_HASH for hash_ in sought):
        raise click.UsageError(f"--find: ange minst {SHORTEST_HASH} tecken av ärendets hash")
    with reading(its, spec) as (table, columns):
        key = None if key_file is None else read_key(key_file)
        if key is None:
            raise click.UsageError("--find: ange --key-file som ärendena lästes in med")
        row = row_of(its, spec, table, columns, now=micros(datetime.now(UTC)))
        _say_where(sought, _subjects(table, row, spec.case, subject(key)))


def _subjects(
    table: Table, row: Row, case: str, subject: Callable[[str], str]
) -> Iterator[tuple[int, str]]:
    """Yield the line and the hash of each case."""
    for line, cells in table.rows:
        if not isinstance(cells, str):
            with suppress(RowError):
                row.take(cells)
                yield line, subject(row.required(case))


def _say_where(sought: Sequence[str], cases: Iterable[tuple[int, str]]) -> None:
    """Say on which lines cases stand; the numbers themselves are for the file to show."""
    found: dict[str, list[int]] = {hash_: [] for hash_ in sought}
    for line, case in cases:
        for hash_ in filter(case.startswith, sought):
            found[hash_].append(line)
    for hash_, lines in found.items():
        where = f"rad {', '.join(map(str, lines))}" if lines else "finns inte i filen"
        click.echo(f"{hash_}: {where}")
    if not any(found.values()):
        raise click.ClickException("inget av dem finns i filen: är det rätt export, och nyckel?")


def _key(file: Path | None, *, is_new: bool) -> bytes:
    """Return the key in a file, made if it is to be; without a file, one for this time only.

    None is made by itself: with another key, as by a slip of a path, every case is a new one.
    """
    if file is None:
        return secrets.token_bytes(KEY_BYTES)
    key = read_key(file)
    if key is None and not is_new:
        raise KeyFileError(
            f"Nyckelfilen {file} finns inte: rätta --key-file, eller gör nyckeln med --new-key om "
            "det är första gången. Med en ny nyckel räknas alla ärenden en gång till."
        )
    if key is not None and is_new:
        raise KeyFileError(f"Nyckelfilen {file} finns redan: kör utan --new-key.")
    if key is None:
        key = make_key(file)
        click.echo(f"Ny nyckel i {file}: spara en kopia av den.", err=True)
    return key
