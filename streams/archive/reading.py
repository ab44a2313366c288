"""Reads books of a municipality from the archive: the same as a fold of the log would have."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from sqlalchemy import Table, select
from sqlalchemy.engine import Connection

from streams.archive import schema
from streams.archive.rows import take, written
from streams.domain.books import Books
from streams.domain.catalogue import Municipality

AT_ONCE: Final = 20_000
"""So many rows are in memory as rows."""


def books_of(
    connection: Connection,
    municipality: Municipality,
    tables: Sequence[Table] = schema.FACTS,
    start: int | None = None,
    end: int | None = None,
) -> Books:
    """Return what the archive has of a municipality, that began in ``[start, end)``.

    All that there is without them. Only of some tables, where those are told.
    """
    books = Books(start or 0, municipality.zone)
    for table in tables:
        for rows in _chunks(connection, table, municipality.id, start, end):
            take(books, {table: rows})
    return books


def _chunks(
    connection: Connection, table: Table, municipality: str, start: int | None, end: int | None
) -> Iterator[Sequence[Any]]:
    began = schema.BEGAN[table]
    asked = select(table).where(table.c.municipality == written(municipality))
    if start is not None:
        asked = asked.where(began >= start)
    if end is not None:
        asked = asked.where(began < end)
    streamed = connection.execution_options(yield_per=AT_ONCE).execute(asked)
    yield from streamed.partitions()
