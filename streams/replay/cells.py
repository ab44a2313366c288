"""Cells and frames that all tables of replay have in common."""

from typing import Final

from rich import box
from rich.markup import escape
from rich.table import Table

from streams.domain.catalogue import UNKNOWN_QUEUE, Municipality

KEPT: Final = "✓ hålls"
BROKEN: Final = "✗ under"
TOO_HIGH: Final = "✗ över"
Row = tuple[str, ...]


def table_of(first: str, *others: str, left: tuple[str, ...] = ()) -> Table:
    """Return an empty table with these headings; numbers stand to the right but for ``left``."""
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=0)
    table.add_column(first, overflow="fold")
    for heading in others:
        table.add_column(heading, justify="left" if heading in left else "right", no_wrap=True)
    return table


def name_of(municipality: Municipality, queue: str) -> str:
    """Return what a queue is called, ready to print."""
    known = municipality.queues.get(queue)
    return escape(known.name if known else UNKNOWN_QUEUE)


def verdict(ratio: float | None, goal: float | None) -> str:
    """Return whether a goal is reached, in words; nothing where there is no value or no goal."""
    return "" if ratio is None or goal is None else kept(ratio >= goal)


def kept(is_kept: bool | None, broken: str = BROKEN) -> str:
    """Return whether a promise is kept, in words; nothing where that is not known."""
    if is_kept is None:
        return ""
    return f"[green]{KEPT}[/]" if is_kept else f"[bold red]{broken}[/]"
