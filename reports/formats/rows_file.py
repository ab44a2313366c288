"""A report as rows, one for each figure: as Swedish Excel opens it, and plain for programs."""

import csv
import io
from typing import Final

from reports.document import UNITS, Cell, Document
from streams.spreadsheet_text import BOM, harmless

COLUMNS: Final = (
    "avsnitt", "tabell", "rad", "kolumn", "visas", "värde", "enhet", "indikation", "figur",
)  # fmt: skip
_NUMBERS: Final = frozenset({COLUMNS.index("värde")})


def for_excel(document: Document) -> bytes:
    """Return rows with semicolons and decimal commas, marked as UTF-8.

    A text that Excel would take for a formula begins with an apostrophe.
    """
    rows = [
        [its if column in _NUMBERS else harmless(its) for column, its in enumerate(row)]
        for row in _rows(document, ",")
    ]
    return (BOM + _written(rows, ";")).encode()


def plain(document: Document) -> bytes:
    """Return rows as RFC 4180 has them, with decimal points."""
    return _written(_rows(document, "."), ",").encode()


def _rows(document: Document, point: str) -> list[list[str]]:
    rows = [list(COLUMNS)]
    for section, table in document.tables():
        for row in table.rows:
            where = [row[1].shown] if table.columns[1:2] == ("Var",) else []
            named = [section.title, table.title, ", ".join([row[0].shown, *where])]
            rows += [
                [*named, heading, *_cell(cell, point)]
                for heading, cell in zip(table.columns[1:], row[1:], strict=True)
            ]
    return rows


def _cell(cell: Cell, point: str) -> list[str]:
    value = "" if cell.value is None or isinstance(cell.value, str) else repr(cell.value)
    return [
        cell.shown,
        value.replace(".", point),
        UNITS[cell.kind],
        "ja" if cell.is_indication else "",
        cell.figure,
    ]


def _written(rows: list[list[str]], delimiter: str) -> str:
    made = io.StringIO()
    csv.writer(made, delimiter=delimiter, lineterminator="\r\n").writerows(rows)
    return made.getvalue()
