"""A file's rows to events to where they go: the loop, and what it counts."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from producers.tables.faults import NOT_KEPT, Findings, RowError
from producers.tables.table import MOST_ROWS, Table, TableError
from streams.domain.events import Event
from streams.domain.swedish import count, counted

BATCH: Final = 300
"""Most events that are sent together: they are one message, so that no row comes by half. (Half an
edition of a case would be taken for all there is.)"""
SHOWN_EVERY: Final = 500
"""Rows between two looks at the progress."""


class Translator(Protocol):
    """Knows what a row means."""

    mended: set[str]
    """What was done to the row just read: keys of :data:`~producers.tables.faults.MENDED`."""

    def translate(self, cells: Sequence[str]) -> Sequence[Event]:
        """Return what a row states. Raises :class:`~producers.tables.faults.RowError`."""

    def finish(self) -> Iterable[Event]:
        """Return what the rows state together, when all have been read."""

    def remarks(self) -> Sequence[str]:
        """Return in Swedish what is to be said beside what came of the rows."""


@dataclass(slots=True)
class Tally:
    """What came of a file."""

    findings: Findings
    rows: int = 0
    """Rows that aren't empty."""
    kept: int = 0
    events: int = 0
    is_cut: bool = False
    """Whether there are more rows than are read of one file."""


def run(
    table: Table,
    translator: Translator,
    send: Callable[[Sequence[Event]], object],
    tally: Tally,
    show: Callable[[int], object],
) -> None:
    """Send what all rows state; rows that can't be kept are counted, and stop nothing.

    ``show`` is told now and then how far the reading has come. What the parts raise passes
    through.
    """
    batch: list[Event] = []
    findings = tally.findings
    for line, cells in table.rows:
        if not isinstance(cells, str) and not any(map(str.strip, cells)):
            continue
        if tally.rows == MOST_ROWS:
            tally.is_cut = True
            break
        tally.rows += 1
        try:
            if isinstance(cells, str):
                raise RowError(cells)
            stated = translator.translate(cells)
        except RowError as error:
            findings.lose(line, error)
        else:
            tally.kept += 1
            if translator.mended:
                findings.mend(line, translator.mended)
            if len(batch) + len(stated) > BATCH:
                send(batch)
                tally.events += len(batch)
                batch = []
            batch += stated
        if tally.rows % SHOWN_EVERY == 0:
            show(table.place)
    batch += translator.finish()
    send(batch)
    tally.events += len(batch)
    show(table.size)


def told(name: str, table: Table, tally: Tally, where: str) -> list[str]:
    """Return what is said of a file that is read. ``where`` is what became of the events.

    Raises :class:`TableError` if nothing could be kept.
    """
    if not tally.rows:
        raise TableError(f"{name} har inga rader under rubrikerna: exportera den igen.")
    if not tally.kept:
        raise TableError(_nothing(name, table, tally))
    header = "" if table.header_line == 1 else f", rubriker på rad {table.header_line}"
    of = "rad" if tally.rows == 1 else "rader"
    said = [
        f"{name}: {table.how}{header}.",
        f"{where} {count(tally.kept)} av {count(tally.rows)} {of}: "
        f"{counted(tally.events, 'händelse', 'händelser')}.",
        *tally.findings.told(),
    ]
    if table.has_grown:
        said.append("Filen växte medan den lästes: läs in den igen när den är klar.")
    if tally.is_cut:
        said.append(f"Filen har fler än {count(MOST_ROWS)} rader: dela den, och läs in resten.")
    return said


def _nothing(name: str, table: Table, tally: Tally) -> str:
    (fault, column), of = max(tally.findings.not_kept.items(), key=lambda item: item[1].rows)
    where = f" (kolumn {column})" if column else ""
    near = f"; menade du {of.near}?" if of.near else ""
    return (
        f"{name} ({table.how}): ingen av {counted(tally.rows, 'rad', 'rader')} gick att använda; "
        f"vanligast: {NOT_KEPT[fault]}{where}, rad {of.lines[0]}{near}"
    )
