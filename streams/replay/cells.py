"""Cells and frames that all tables of replay have in common."""

import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from rich import box
from rich.console import Console, ConsoleOptions, RenderResult
from rich.markup import escape
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from streams.domain.catalogue import UNKNOWN_QUEUE, Municipality

KEPT: Final = "✓ hålls"
BROKEN: Final = "✗ under"
TOO_HIGH: Final = "✗ över"
INDICATION_BELOW: Final = 30
"""Of fewer a ratio is an indication only (docs/decisions/0003)."""
Row = tuple[str, ...]
WIDEST_NAME: Final = 30
NARROWEST_NAME: Final = 10
NARROWEST_PROMISE: Final = 11
"""How wide a column of names is, if they are so long; then they are wrapped."""


@dataclass(frozen=True, slots=True)
class Fitting:
    """The first of some tables, from the widest, that fits where it is drawn."""

    tables: Sequence[Table]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw it; if none fits the last, at its own width: long lines rather than cut numbers."""
        unbounded = options.update(width=10_000)
        needed = {
            Measurement.get(console, unbounded, table).maximum: table
            for table in reversed(self.tables)
        }
        fits = [width for width in needed if width <= options.max_width]
        width = max(fits) if fits else min(needed)
        yield from console.render(needed[width], options.update(width=width))


@dataclass(frozen=True, slots=True)
class Prose:
    """Text that is wrapped at spaces, but never at no-break ones: numbers keep their units."""

    text: str
    style: str = ""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw it; only a word that is wider than there is room for is broken."""
        for line in self._lines(options.max_width):
            yield Text(line, style=self.style, no_wrap=True, overflow="ignore")

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        """Return the width of its longest word, and its width on one line."""
        return Measurement(max(map(len, self.text.split(" "))), len(self.text))

    def _lines(self, width: int) -> list[str]:
        return textwrap.wrap(self.text, width, break_on_hyphens=False)


def table_of(first: str, *others: str, left: tuple[str, ...] = ()) -> Table:
    """Return an empty table with these headings; numbers stand to the right but for ``left``."""
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=0)
    table.add_column(first, overflow="fold")
    for heading in others:
        table.add_column(
            heading,
            justify="left" if heading in left else "right",
            no_wrap=True,
            min_width=None if heading else 1,
        )
    return table


def fitting(
    headings: Row,
    rows: Sequence[Row],
    *,
    left: Iterable[str] = (),
    fewer: Iterable[Iterable[int]] = (),
    wrapped: int | None = None,
) -> Fitting:
    """Return a table whose first column is of names, in layouts for narrower and narrower places.

    Each of ``fewer`` has the numbers of the columns that are left out of a layout; in the last
    one names are wrapped, and so is the column number ``wrapped``.
    """
    width = min(max((len(Text.from_markup(row[0])) for row in rows), default=0), WIDEST_NAME)
    layouts = [set[int](), *map(set, fewer)]
    tables = []
    for is_last, gone in [*((False, gone) for gone in layouts), (True, layouts[-1])]:
        table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=0)
        its_width = min(width, NARROWEST_NAME) if is_last else width
        table.add_column(headings[0], width=max(its_width, len(headings[0])), overflow="fold")
        for number, heading in enumerate(headings[1:], start=1):
            if number in gone:
                continue
            table.add_column(
                heading,
                justify="left" if heading in left else "right",
                no_wrap=not (is_last and number == wrapped),
                min_width=None if heading else 1,  # where it is empty it is measured as nothing
                max_width=NARROWEST_PROMISE if is_last and number == wrapped else None,
            )
        for row in rows:
            table.add_row(*(cell for number, cell in enumerate(row) if number not in gone))
        tables.append(table)
    return Fitting(tables)


def name_of(municipality: Municipality, queue: str) -> str:
    """Return what a queue is called, ready to print."""
    known = municipality.queues.get(queue)
    return escape(known.name if known else UNKNOWN_QUEUE)


def verdict(ratio: float | None, goal: float | None, number: int) -> str:
    """Return whether a goal is reached, in words; nothing where there is no value or no goal.

    ``number`` is what the ratio is of: with few it is marked as an indication.
    """
    return "" if ratio is None or goal is None else kept(ratio >= goal, number=number)


def kept(is_kept: bool | None, broken: str = BROKEN, number: int | None = None) -> str:
    """Return whether a promise is kept, in words; nothing where that is not known."""
    if is_kept is None:
        return ""
    mark = "*" if number is not None and number < INDICATION_BELOW else ""
    return f"[green]{KEPT}[/]{mark}" if is_kept else f"[bold red]{broken}[/]{mark}"
