"""Figures that others measured, in SQL: the oracle of ``streams.domain.measures``.

It imports nothing of ours, and follows docs/decisions/0012-external-measures.md.
"""

import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from fractions import Fraction
from typing import Any

from reference.amounts import wilson

MOST_ASKED = 10**9
# "A value is of one measure on one day; what was recorded last counts, of two at the same
# microsecond the one with the later id (then the larger value, n and document)." "Only what was
# recorded before now counts."
COUNTS = """
SELECT measure, day, value, n, document, at FROM (
    SELECT *, ROW_NUMBER() OVER (
        PARTITION BY measure, day ORDER BY at DESC, id DESC, value DESC, n DESC, document DESC
    ) AS place
    FROM recorded WHERE at < :now
) WHERE place = 1 ORDER BY measure, day
"""


@dataclass(frozen=True)
class Version:
    """A promise as it reads in some years."""

    measure: str
    goal: float | None
    is_lower_better: bool
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True)
class Row:
    """A value that was typed in."""

    measure: str
    on: date
    at: datetime
    id: str
    value: float
    n: int | None
    document: str


def figures(
    rows: Iterable[Row],
    *,
    promises: Mapping[str, list[Version]],
    as_a_whole: Iterable[str],
    zone: tzinfo,
    now: datetime,
) -> dict[str, Any]:
    """Return what is known; ``as_a_whole`` are the promises of the municipality as a whole."""
    db = sqlite3.connect(":memory:")
    db.execute("CREATE TABLE recorded (measure, day, at, id, value REAL, n, document)")
    db.executemany(
        "INSERT INTO recorded VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            (r.measure, r.on.isoformat(), r.at.timestamp(), r.id, r.value, known(r.n), r.document)
            for r in rows
        ],
    )
    found = db.execute(COUNTS, {"now": now.timestamp()}).fetchall()
    db.close()
    today = now.astimezone(zone).date()
    external = {p for p in as_a_whole if any(v.measure == "external" for v in promises[p])}
    values: dict[str, list[dict[str, Any]]] = {promise: [] for promise in external}
    for measure, day, value, n, document, at in found:
        on = date.fromisoformat(day)
        if measure in promises and on <= today:  # "a later day has not happened"
            told = judged(promises[measure], on, value, n or None)
            told |= {"document": document, "recorded_at": at}
            values.setdefault(measure, []).append(told)
    return {
        "measures": {
            promise: {
                "is_promised": any(holds(version, today) for version in promises[promise]),
                "values": its,
            }
            for promise, its in values.items()
        },
        "unknown": sum(measure not in promises for measure, *_ in found),
    }


def known(n: int | None) -> int:
    """Return n, or 0 where it is not known or can't be true."""
    return 0 if n is None or n > MOST_ASKED else n


def holds(version: Version, day: date) -> bool:
    """Say whether a version holds on a day."""
    return version.valid_from <= day and (version.valid_to is None or version.valid_to > day)


def judged(versions: list[Version], on: date, value: float, n: int | None) -> dict[str, Any]:
    """Return a value, judged by the version of its day; without one there is no goal."""
    held = [version for version in versions if holds(version, on)]
    version = held[0] if held else versions[-1]
    is_share = version.measure not in {"mean_wait", "mean_talk"} and 0 <= value <= 1
    goal = version.goal if held else None
    kept = None
    if goal is not None and is_share:
        kept = value <= goal if version.is_lower_better else value >= goal
    low, high = interval(value, n) if is_share and n is not None else (None, None)
    return {
        "on": on.isoformat(),
        "value": value,
        "n": n,
        "is_share": is_share,
        "is_indication": is_share and n is not None and n < 30,
        "wilson_low": low,
        "wilson_high": high,
        "goal": goal,
        "kept": kept,
    }


def interval(share: float, n: int) -> tuple[float, float]:
    """Return the 95 % Wilson interval of the nearest whole number of n."""
    return wilson(round(Fraction(str(share)) * n), n)
