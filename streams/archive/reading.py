"""Reads books of a municipality from the archive: the same as a fold of the log would have."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from sqlalchemy import Select, Table, select
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


def items_begun_before(connection: Connection, municipality: Municipality, before: int) -> Books:
    """Return questions and cases that began before an instant by any that was said of them.

    All that was said of each is in it, also what says that it began later.
    """
    books = Books(before, municipality.zone)
    for copies, *facts in (
        (schema.question, schema.question_fact),
        (schema.case, schema.case_fact, schema.case_contact),
    ):
        subjects = _of(copies, municipality.id, None, before).with_only_columns(copies.c.subject)
        for table in (copies, *facts):
            asked = _of(table, municipality.id, None, None).where(table.c.subject.in_(subjects))
            for rows in _streamed(connection, asked):
                take(books, {table: rows})
    return books


def _chunks(
    connection: Connection, table: Table, municipality: str, start: int | None, end: int | None
) -> Iterator[Sequence[Any]]:
    return _streamed(connection, _of(table, municipality, start, end))


def _of(table: Table, municipality: str, start: int | None, end: int | None) -> Select[Any]:
    """Return the question for a municipality's rows that began in ``[start, end)``."""
    began = schema.BEGAN[table]
    asked = select(table).where(table.c.municipality == written(municipality))
    if start is not None:
        asked = asked.where(began >= start)
    if end is not None:
        asked = asked.where(began < end)
    return asked


def _streamed(connection: Connection, asked: Select[Any]) -> Iterator[Sequence[Any]]:
    streamed = connection.execution_options(yield_per=AT_ONCE).execute(asked)
    yield from streamed.partitions()
