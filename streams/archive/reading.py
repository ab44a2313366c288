"""Reads books of a municipality from the archive: the same as a fold of the log would have."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from sqlalchemy import Select, Table, or_, select
from sqlalchemy.engine import Connection

from streams.archive import schema
from streams.archive.rows import take, written
from streams.collecting import resting_collector
from streams.domain.books import Books
from streams.domain.catalogue import Municipality
from streams.domain.windows import horizon, item_horizon

AT_ONCE: Final = 20_000
"""So many rows are in memory as rows."""
CALLS: Final = (schema.leg,)
ITEMS: Final = tuple(table for table in schema.FACTS if table is not schema.leg)
"""All that is no call."""


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


def books_as_of(
    connection: Connection,
    municipality: Municipality,
    start: int,
    now: int,
    tables: Sequence[Table] = schema.FACTS,
) -> Books:
    """Return what the archive has to say of ``[start, now)``, as of now.

    The books are those of ``svarsgrad replay`` over that span: what its horizons keep is there.
    Only of some tables, where those are told.
    """
    books = Books(start, municipality.zone)
    of_days, of_items = horizon(start, municipality.zone), item_horizon(start, municipality.zone)
    for table in tables:
        began = schema.BEGAN[table]
        asked = _of(table, municipality.id, None, now)
        if table in {schema.leg, schema.staffed}:
            asked = asked.where(began >= of_days)
        elif table is schema.survey_answer:
            asked = asked.where(began >= of_items.began)
        elif table is not schema.measure:
            restated = table.c.edition >= of_items.restated
            asked = asked.where(or_(began >= of_items.began, restated))
        with resting_collector():
            for rows in _streamed(connection, asked):
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
