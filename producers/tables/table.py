"""A file of rows: its header, its rows with their line numbers, and how it was read."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from streams.domain.nearest import nearest
from streams.domain.swedish import listed

MOST_HEADER_ROW: Final = 20
"""So far down the header is looked for, under titles and dates of the export."""
MOST_ROWS: Final = 2_000_000
"""Most rows of a file: what tells equal ones apart is held in memory."""
MOST_NAMES: Final = 60
MOST_NAME: Final = 40

_DATA: Final = re.compile(r"@|\d(?:[\s\-/:.]?\d){2}")
"""What a column's name doesn't have: an address, a date, a number."""

Row = tuple[int, Sequence[str] | str]
"""The number of a row's first line, and its cells; or the kind of fault that it has as a whole."""


class TableError(Exception):
    """The file can't be used; the text is one Swedish line that says what to do."""


@dataclass(slots=True)
class Table:
    """A file that is open. ``rows`` are those after the header, to be gone through once."""

    header: Sequence[str]
    header_line: int
    rows: Iterator[Row]
    how: str
    """How it was read: ``UTF-8, semikolon``."""
    size: int
    """What ``place`` is when all is read."""
    place: int = 0
    has_serials: bool = False
    """Whether times may be numbers of days."""
    has_grown: bool = False
    """Whether more was written to it while it was read."""


def bare(name: str) -> str:
    """Return a column's name as it is compared: without what is not seen."""
    return " ".join(name.replace("\N{BYTE ORDER MARK}", "").split()).casefold()


def likeness(cells: Sequence[str], wanted: Sequence[str]) -> int:
    """Return how many of the wanted columns a row of cells names."""
    names = set(map(bare, cells[: 10 * MOST_NAMES]))
    return sum(bare(name) in names for name in wanted)


def places(name: str, header: Sequence[str], wanted: Sequence[str]) -> dict[str, int]:
    """Return where each wanted column stands. Raises :class:`TableError`, with what there is."""
    found: dict[str, list[int]] = {}
    for at, cell in enumerate(header):
        found.setdefault(bare(cell), []).append(at)
    missing = [column for column in wanted if bare(column) not in found]
    if missing:
        raise TableError(_missing(name, header, missing, is_header=len(missing) < len(wanted)))
    for column in wanted:
        if len(found[bare(column)]) > 1:
            raise TableError(
                f"{name} har två kolumner som heter {column}: döp om den ena i exporten, så att "
                "det syns vilken som ska läsas."
            )
    return {column: found[bare(column)][0] for column in wanted}


def _missing(name: str, header: Sequence[str], missing: list[str], *, is_header: bool) -> str:
    said = f"{name} saknar {listed(missing)} bland kolumnerna"
    names = [" ".join(cell.split()) for cell in header if cell.strip()]
    is_data = any(_DATA.search(cell) or not cell.isprintable() for cell in names)
    if not is_header or is_data:  # what stands in rows is never shown
        return f"{said}: en av de första raderna ska ha kolumnernas namn, som i katalogen."
    by_bare = {bare(cell): cell[:MOST_NAME] for cell in names[:MOST_NAMES]}
    near = nearest(bare(missing[0]), by_bare)
    right = f"menade du {by_bare[near]}? " if near else ""
    more = " …" if len(names) > MOST_NAMES else ""
    return f"{said}; {right}de som finns är {', '.join(by_bare.values())}{more}"
