"""A report as a workbook: a sheet for each table, numbers as numbers, headings that stay."""

import io
import re
from datetime import UTC, datetime
from typing import Any, Final

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from reports.document import (
    Bullets,
    Cell,
    Document,
    Kind,
    Paragraph,
    Section,
    Table,
    Written,
)

_FORMATS: Final[dict[Kind, str]] = {
    "text": "@",
    "count": "#,##0",
    "share": "0.0%",
    "seconds": "0.0",
    "hours": "#,##0.0",
    "one": "#,##0.0",
    "number": "0.00",
    "days": "#,##0.0",
}
WIDEST: Final = 60
LONGEST_TEXT: Final = 32_767
"""Of a cell."""
_FORBIDDEN: Final = re.compile(r"[\[\]:*?/\\]")
_LONGEST_NAME: Final = 31
COVER: Final = "Om rapporten"


def workbook(document: Document) -> bytes:
    """Return the report as XLSX. The same document gives the same bytes."""
    made = io.BytesIO()
    book = Workbook(
        made,
        {
            "in_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        },
    )
    book.set_properties(
        {
            "title": document.head.title,
            "company": document.head.municipality,
            "created": datetime.fromisoformat(document.head.dated).replace(tzinfo=UTC),
        }
    )
    styles = _Styles(book)
    cover, taken = book.add_worksheet(COVER), {COVER.casefold()}
    named = [(_name(table, taken), section, table) for section, table in document.tables()]
    row = _cover(cover, document, styles)
    cover.write_string(row, 0, "Flik", styles.bold)
    cover.write_string(row, 1, "Tabell", styles.bold)
    for number, (name, section, table) in enumerate(named, row + 1):
        cover.write_url(number, 0, f"internal:'{name}'!A1", string=name)
        cover.write_string(number, 1, f"{section.title}: {table.title}")
    for name, section, table in named:
        _sheet(book.add_worksheet(name), section, table, styles)
    book.close()
    return made.getvalue()


class _Styles:
    def __init__(self, book: Workbook) -> None:
        self.bold: Format = book.add_format({"bold": True})
        self.heading: Format = book.add_format(
            {"bold": True, "text_wrap": True, "valign": "bottom", "bottom": 1}
        )
        self.wrapped: Format = book.add_format({"text_wrap": True, "valign": "top"})
        self.of: dict[Kind, Format] = {
            kind: book.add_format({"num_format": shape}) for kind, shape in _FORMATS.items()
        }


def _name(table: Table, taken: set[str]) -> str:
    """Return the name of a table's sheet: no two are alike, none longer than Excel lets it be."""
    whole = _FORBIDDEN.sub(" ", table.id)
    name, number = whole[:_LONGEST_NAME], 1
    while name.casefold() in taken:
        number += 1
        name = f"{whole[: _LONGEST_NAME - len(str(number)) - 1]}~{number}"
    taken.add(name.casefold())
    return name


def _cover(sheet: Worksheet, document: Document, styles: _Styles) -> int:
    """Write what the report is and says; return the row after it."""
    head = document.head
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, 1, 100)
    sheet.write_string(0, 0, head.title, styles.bold)
    row = 2
    for name, value in (
        ("Kommun", head.municipality),
        ("Dnr", head.dnr),
        ("Datum", head.dated),
        ("Handläggare", head.case_worker),
        ("Status", head.status),
        ("Läget", head.as_of),
    ):
        sheet.write_string(row, 0, name, styles.bold)
        sheet.write_string(row, 1, value, styles.wrapped)
        row += 1
    for section in document.sections:
        row = _prose(sheet, section, row + 1, styles)
    return row + 1


def _prose(sheet: Worksheet, section: Section, row: int, styles: _Styles) -> int:
    """Write what is said in a section, not its tables; return the row after it."""
    said = [
        text
        for part in section.parts
        for text in (
            [part.text]
            if isinstance(part, Paragraph | Written)
            else part.points
            if isinstance(part, Bullets)
            else ()
        )
    ]
    if said:
        sheet.write_string(row, 0, section.title, styles.bold)
        for text in said:
            for start in range(0, len(text), LONGEST_TEXT):
                sheet.write_string(row, 1, text[start : start + LONGEST_TEXT], styles.wrapped)
                row += 1
    for inner in section.sections:
        row = _prose(sheet, inner, row, styles)
    return row


def _sheet(sheet: Worksheet, section: Section, table: Table, styles: _Styles) -> None:
    sheet.write_string(0, 0, f"{section.title}: {table.title}", styles.bold)
    if table.note:
        sheet.write_string(1, 0, table.note)
    top = 3
    for column, heading in enumerate(table.columns):
        sheet.write_string(top, column, heading, styles.heading)
        widest = max([len(heading) / 2, *(len(row[column].shown) for row in table.rows)])
        sheet.set_column(column, column, min(WIDEST, max(10, widest + 2)))
    for number, row in enumerate(table.rows, top + 1):
        for column, cell in enumerate(row):
            _write(sheet, number, column, cell, styles)
    sheet.freeze_panes(top + 1, 1)
    if table.rows:
        sheet.autofilter(top, 0, top + len(table.rows), len(table.columns) - 1)


def _write(sheet: Worksheet, row: int, column: int, cell: Cell, styles: _Styles) -> None:
    value: Any = cell.value
    if isinstance(value, int | float):
        sheet.write_number(row, column, value, styles.of[cell.kind])
        if cell.is_indication:
            sheet.write_comment(row, column, "Indikation: färre än 30")
    else:
        sheet.write_string(row, column, cell.shown)
