"""How rows go into the archive's tables: what is new is added, what is known is merged.

A column beside the key holds the least of what has been said. SQL does what the ledgers do, so
that rows may come in any order and any number of times.
"""

from functools import cache
from typing import Any, Final

from sqlalchemy import Table, and_, bindparam, case, or_
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from streams.archive.rows import Rows
from streams.archive.schema import least

_INSERT: Final[dict[str, Any]] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
"""The two that know ``ON CONFLICT``, each in its own words."""
_POSITIONAL: Final[dict[str, Any]] = {
    "sqlite": sqlite.dialect(paramstyle="qmark"),
    "postgresql": postgresql.dialect(paramstyle="format"),  # type: ignore[no-untyped-call] # SQLAlchemy's
}
"""How each is told, with values by position."""


def merge(connection: Connection, rows: Rows) -> None:
    """Merge rows into the tables, as part of the connection's transaction."""
    for table, its in rows.items():
        if its:
            connection.exec_driver_sql(_sql(table, connection.dialect.name), its)


@cache
def _sql(table: Table, dialect: str) -> str:
    """Return the statement that merges a row, with its values in the order of the columns.

    The driver gets rows as they are: to look at each value by itself takes as long as to write it.
    """
    compiled = _statement(table, dialect).compile(dialect=_POSITIONAL[dialect])
    names = [column.name for column in table.columns]
    if compiled.positiontup != names:
        raise AssertionError(f"{compiled.positiontup} is not {names}")
    return str(compiled)


def _statement(table: Table, dialect: str) -> Any:
    insert = _INSERT[dialect](table)
    insert = insert.values({column.name: bindparam(column.name) for column in table.columns})
    key = [column.name for column in table.primary_key]
    merged = least(table)
    if not merged:
        return insert.on_conflict_do_nothing(index_elements=key)
    smaller = {
        name: or_(
            and_(table.c[name].is_(None), insert.excluded[name].is_not(None)),
            insert.excluded[name] < table.c[name],
        )
        for name in merged
    }
    return insert.on_conflict_do_update(
        index_elements=key,
        set_={
            name: case((its, insert.excluded[name]), else_=table.c[name])
            for name, its in smaller.items()
        },
        where=or_(*smaller.values()),
    )
