"""What the archive lets go of: callers' pseudonyms by age, and old facts by decision.

What has been let go of doesn't come back, though a log that is read again may still have it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, tzinfo
from typing import Final

from sqlalchemy import ColumnElement, Table, and_, delete, func, insert, select, update
from sqlalchemy.engine import Connection

from streams.archive import schema
from streams.archive.rows import Row, Rows, written
from streams.domain.instants import HOUR
from streams.domain.windows import midnight

DAY: Final = 24 * HOUR
_BEFORE_ALL: Final = -(2**63)
CALLERS_DAYS: Final = 90
"""For how long callers' pseudonyms are kept, unless something else is said."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What may be written, as of an instant."""

    since: Mapping[str, int]
    """Municipality, as it is written → before when all has been erased."""
    callers_since: int
    """Callers of legs that arrived before this are not kept."""

    @classmethod
    def of(cls, connection: Connection, callers_since: int) -> "Kept":
        """Return what may be written into an archive now."""
        its = schema.erasure.c
        asked = select(its.municipality, func.max(its.before)).group_by(its.municipality)
        found = {row[0]: row[1] for row in connection.execute(asked)}
        return cls(found, callers_since)

    def rows(self, rows: Rows) -> Rows:
        """Return those of some rows that may be written, as they may be."""
        legs = rows.get(schema.leg, [])
        if any(row[_ARRIVED] < self.callers_since for row in legs):
            rows = rows | {schema.leg: [self._without_caller(row) for row in legs]}
        if not self.since:
            return rows
        return {
            table: [
                row for row in its if row[_BEGAN[table]] >= self.since.get(row[0], _BEFORE_ALL)
            ]
            for table, its in rows.items()
        }

    def _without_caller(self, row: Row) -> Row:
        if row[_ARRIVED] >= self.callers_since:
            return row
        return (*row[:_CALLER], None, *row[_CALLER + 1 :])


def _place(table: Table, name: str) -> int:
    return [column.name for column in table.columns].index(name)


_ARRIVED: Final = _place(schema.leg, "arrived")
_CALLER: Final = _place(schema.leg, "caller")
_BEGAN: Final = {table: _place(table, began.name) for table, began in schema.BEGAN.items()}


def drop_callers(connection: Connection, before: int) -> int:
    """Let go of the pseudonyms of who called before an instant; return how many there were."""
    its = schema.leg.c
    is_old = and_(its.arrived < before, its.caller.is_not(None))
    return connection.execute(update(schema.leg).where(is_old).values(caller=None)).rowcount


@dataclass(frozen=True, slots=True)
class Erasure:
    """Facts of a municipality that are erased, and by which decision."""

    municipality: str
    before: date
    zone: tzinfo
    decision: str

    @property
    def instant(self) -> int:
        """Return the instant before which everything began that is erased."""
        return midnight(self.before, self.zone)

    def counts(self, connection: Connection) -> dict[str, int]:
        """Return how many rows of each table it is about."""
        return {
            table.name: connection.execute(
                select(func.count()).select_from(table).where(self._is_old(table))
            ).scalar_one()
            for table in schema.FACTS
        }

    def carry_out(self, connection: Connection, now: int) -> dict[str, int]:
        """Erase them, and note that in the archive's own protocol; return how many of each."""
        counts = {
            table.name: connection.execute(delete(table).where(self._is_old(table))).rowcount
            for table in schema.FACTS
        }
        connection.execute(
            insert(schema.erasure).values(
                municipality=written(self.municipality),
                erased=now,
                before=self.instant,
                decision=written(self.decision),
                counts=json.dumps(counts),
            )
        )
        return counts

    def _is_old(self, table: Table) -> ColumnElement[bool]:
        return and_(
            table.c.municipality == written(self.municipality),
            schema.BEGAN[table] < self.instant,
        )
