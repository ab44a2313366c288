"""What a table of open data is: columns with meanings, and rows.

It is written as CSV (RFC 4180, UTF-8, decimal points) or as Swedish Excel opens it, with its
dictionary beside it as Frictionless Data's Table Schema has it.

Source: https://specs.frictionlessdata.io/table-schema/
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from streams.spreadsheet_text import BOM, harmless

Type = Literal["string", "integer", "number", "boolean", "datetime"]
Value = str | int | float | bool | None
AT_ONCE: Final = 5_000
"""So many rows are written as one piece."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column and what it means."""

    name: str
    type: Type
    meaning: str
    values: tuple[str, ...] = ()
    """All that it can hold, where that is known."""


@dataclass(frozen=True, slots=True)
class DataTable:
    """A table: its rows are read once, as they are written."""

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: Iterable[Sequence[Value]]
    key: tuple[str, ...]
    """The columns that no two rows have alike."""


def dictionary(table: DataTable, source: str) -> bytes:
    """Return what the columns of a table mean, as JSON."""
    fields = []
    for column in table.columns:
        its: dict[str, Any] = {
            "name": column.name,
            "type": column.type,
            "description": column.meaning,
        }
        if column.type == "datetime":
            its["format"] = "any"  # with the zone's offset, and no seconds
        if column.values:
            its["constraints"] = {"enum": list(column.values)}
        fields.append(its)
    schema = {
        "title": table.title,
        "description": source,
        "fields": fields,
        "primaryKey": list(table.key),
        "missingValues": [""],
    }
    return (json.dumps(schema, ensure_ascii=False, indent=2) + "\n").encode()


def as_csv(table: DataTable, *, for_excel: bool = False) -> Iterator[bytes]:
    """Yield the table as CSV, piece by piece."""
    delimiter, point = (";", ",") if for_excel else (",", ".")
    made = io.StringIO()
    rows = csv.writer(made, delimiter=delimiter, lineterminator="\r\n")
    if for_excel:
        made.write(BOM)
    rows.writerow([column.name for column in table.columns])
    for number, row in enumerate(table.rows, 1):
        rows.writerow([_cell(value, point, for_excel=for_excel) for value in row])
        if number % AT_ONCE == 0:
            yield made.getvalue().encode()
            made.seek(0)
            made.truncate()
    yield made.getvalue().encode()


def _cell(value: Value, point: str, *, for_excel: bool) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case str():
            return harmless(value) if for_excel else value
        case _:
            return repr(value).replace(".", point)
