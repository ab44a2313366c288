"""How much of each promise by telephone is measured, in SQL: a part of the oracle in figures.py.

Each sentence of docs/decisions/0003-service-level-definition.md stands beside what says the same.
"""

import sqlite3
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from reference.figures import Told, Window, names_of

# "Reporting: those that any call reached in the window, at any hour, internal ones too."
CALLS = """
SELECT COUNT(*) FROM leg
WHERE municipality = :municipality AND queue = :queue AND arrived >= :begins AND arrived < :ends
"""


def coverage_of(
    db: sqlite3.Connection, told: Told, now: datetime, window: Window
) -> dict[str, dict[str, Any]]:
    """Return it by municipality and promise, of a database that is loaded.

    "A window that slides has no such figure."
    """
    return {
        municipality: _of_one(
            db,
            {"municipality": municipality, **names_of(window, now, told.zones[municipality])},
            promises,
        )
        for municipality, promises in told.covered.items()
    }


def _of_one(
    db: sqlite3.Connection,
    names: dict[str, Any],
    promises: Mapping[str, tuple[int, Mapping[str, str]]],
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for promise, (stated, queues) in ({} if names["is_rolling"] else promises).items():
        silent = _silent(db, names, queues)
        found[promise] = {
            # "`addresses`; no fewer than the catalogue's queues that make it."
            "numbers": max(len(queues), stated),
            "numbers_reporting": len([queue for queue in queues if queue not in silent]),
            "silent": {queue: queues[queue] for queue in silent},
        }
    return found


def _silent(db: sqlite3.Connection, names: dict[str, Any], queues: Collection[str]) -> list[str]:
    return [
        queue for queue in queues if db.execute(CALLS, names | {"queue": queue}).fetchone() == (0,)
    ]
