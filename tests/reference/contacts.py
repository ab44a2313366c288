"""The contacts of a municipality again, in SQL: a part of the oracle in figures.py.

Each sentence of docs/decisions/0003-service-level-definition.md stands beside what says the same.
"""

import sqlite3
from collections import defaultdict
from datetime import datetime
from fractions import Fraction
from typing import Any

from reference.amounts import ratio, seconds, share
from reference.figures import PERCENTILES, Told, Window, names_of

MINUTE = 60 * 1_000_000
CLASSES = ("within_1_min", "within_2_min", "later", "not_answered", "waiting", "undecided")

# "A contact began when its first leg arrived. It is counted in the window if that leg arrived
# inside its queue's promised hours (of several that arrived first: any of them)."
# "At a customer centre: any leg of it was in one."
# "Its outcome: answered, if a person answered a leg that arrived no earlier than the last one;
# otherwise what became of the last leg."
CONTACTS = """
CREATE TEMP TABLE contact AS
SELECT began_at.contact, began, legs,
    (
        SELECT MAX(is_promised) FROM fate
        WHERE fate.municipality = :municipality AND fate.contact = began_at.contact
            AND fate.arrived = began
    ) AS is_promised,
    EXISTS (
        SELECT 1 FROM leg JOIN centre USING (municipality, queue)
        WHERE leg.municipality = :municipality AND leg.contact = began_at.contact
    ) AS is_at_centre,
    (
        SELECT MIN(help_at) FROM help
        WHERE help.municipality = :municipality AND help.contact = began_at.contact
    ) AS helped,
    CASE WHEN EXISTS (
        SELECT 1 FROM help
        WHERE help.municipality = :municipality AND help.contact = began_at.contact
            AND help.arrived >= last_arrived
    ) THEN 'answered' ELSE last_state END AS outcome,
    COALESCE(is_internal, 0) AS is_internal, caller,
    moved, since
FROM (
    SELECT contact, MIN(arrived) AS began, MAX(arrived) AS last_arrived, COUNT(*) AS legs
    FROM leg WHERE municipality = :municipality GROUP BY contact
) AS began_at
LEFT JOIN contact_end
    ON contact_end.municipality = :municipality AND contact_end.contact = began_at.contact
LEFT JOIN origin ON origin.municipality = :municipality AND origin.contact = began_at.contact
LEFT JOIN (
    -- "When it was first passed on; of several at that microsecond, the earliest counts."
    SELECT contact, transferred AS moved, MIN(MAX(answered, arrived + 1)) AS since
    FROM leg AS this
    WHERE municipality = :municipality AND outcome = 'answered' AND transferred < :never
        AND transferred <= completed AND transferred >= answered
        AND transferred = (
            SELECT MIN(transferred) FROM leg
            WHERE leg.municipality = :municipality AND leg.contact = this.contact
                AND outcome = 'answered' AND transferred < :never
                AND transferred <= completed AND transferred >= answered
        )
    GROUP BY contact
) AS passed_on ON passed_on.contact = began_at.contact
"""
APART = """
SELECT COALESCE(SUM(NOT is_internal AND NOT is_promised), 0), COALESCE(SUM(is_internal), 0)
FROM contact WHERE began >= :begins AND began < :ends
"""
CHOSEN = """
CREATE TEMP TABLE chosen AS
SELECT *, helped - began AS wait FROM contact
WHERE began >= :begins AND began < :ends AND is_promised AND NOT is_internal
"""
FORGET = "DROP TABLE contact; DROP TABLE chosen;"
WAITS = """
SELECT wait FROM chosen WHERE wait IS NOT NULL ORDER BY wait
"""
# "KKiK: reached a person within 1 minute, within 2, later; not answered, once it has ended; still
# waiting, once that is for more than 2 minutes. Any other is not decided."
CLASS = """
SELECT CASE
    WHEN wait <= 60000000 THEN 'within_1_min'
    WHEN wait <= 120000000 THEN 'within_2_min'
    WHEN wait IS NOT NULL THEN 'later'
    WHEN outcome <> 'waiting' THEN 'not_answered'
    WHEN :now - began > 120000000 THEN 'waiting'
    ELSE 'undecided'
END, COUNT(*)
FROM chosen GROUP BY 1
"""
# "The wait after the first transfer, cut at 60 seconds."
AFTER_TRANSFER = """
SELECT CASE
    WHEN NOT EXISTS (
        SELECT 1 FROM leg
        WHERE leg.municipality = :municipality AND leg.contact = chosen.contact
            AND leg.arrived >= since
    ) THEN 'unseen'
    WHEN EXISTS (
        SELECT 1 FROM help
        WHERE help.municipality = :municipality AND help.contact = chosen.contact
            AND help.arrived >= since AND help_at <= moved + 60000000
    ) THEN 'answered'
    WHEN moved + 60000000 < :now OR outcome = 'lost' THEN 'cut'
    ELSE 'pending'
END, COUNT(*)
FROM chosen WHERE moved IS NOT NULL GROUP BY 1
"""


def contacts_of(
    db: sqlite3.Connection, told: Told, now: datetime, window: Window
) -> dict[str, dict[str, Any]]:
    """Return the figures of every municipality's contacts, of a database that is loaded."""
    return {
        municipality: _of_one(
            db, {"municipality": municipality, **names_of(window, now, told.zones[municipality])}
        )
        for municipality in told.zones
    }


def _of_one(db: sqlite3.Connection, names: dict[str, Any]) -> dict[str, Any]:
    db.execute(CONTACTS, names)
    db.execute(CHOSEN, names)
    outside, internal = db.execute(APART, names).fetchone()
    outcomes = dict(db.execute("SELECT outcome, COUNT(*) FROM chosen GROUP BY 1"))
    counts = {name: outcomes.get(name, 0) for name in ("answered", "lost", "unknown", "waiting")}
    n, legs = db.execute("SELECT COUNT(*), COALESCE(SUM(legs), 0) FROM chosen").fetchone()
    (at_centre,) = db.execute("SELECT COUNT(*) FROM chosen WHERE is_at_centre").fetchone()
    waits = [wait for (wait,) in db.execute(WAITS)]
    classes = dict(db.execute(CLASS, names))
    decided = sum(classes.values()) - classes.get("undecided", 0)
    moved = dict(db.execute(AFTER_TRANSFER, names))
    ended = n - counts["waiting"]
    found = {
        "contacts": n,
        "outside_hours": outside,
        "internal": internal,
        "outcomes": counts,
        "at_centre": at_centre,
        "legs": legs,
        "legs_per_contact": ratio(legs, n),
        "wait_seconds": {
            "mean": float(Fraction(sum(waits), len(waits) * 1_000_000)) if waits else None,
            **{f"p{p}": seconds(_percentile(p, waits)) for p in PERCENTILES},
            "max": seconds(max(waits, default=None)),
        },
        "helped": len(waits),
        "lost": share(counts["lost"], ended),
        "lost_high": share(counts["lost"] + counts["unknown"], ended),
        "kkik": {
            "contacts": {name: share(classes.get(name, 0), decided) for name in CLASSES[:5]},
            "undecided": classes.get("undecided", 0),
            "transfers": {
                name: moved.get(name, 0) for name in ("answered", "cut", "pending", "unseen")
            },
            "after_transfer": share(
                moved.get("answered", 0), moved.get("answered", 0) + moved.get("cut", 0)
            ),
        },
        "callers": _callers(db),
    }
    db.executescript(FORGET)
    return found


def _percentile(percent: int, waits: list[int]) -> int | None:
    """The smallest wait with at least so many % of the waits at or under it."""
    for wait in waits:
        if 100 * sum(other <= wait for other in waits) >= percent * len(waits):
            return wait
    return None


def _callers(db: sqlite3.Connection) -> dict[str, Any]:
    """Unique callers; calls up to the first that was answered; who got through in the end."""
    of_caller = defaultdict(list)
    for caller, began, outcome in db.execute("SELECT caller, began, outcome FROM chosen"):
        if caller is not None:
            of_caller[caller].append((began, outcome))
    made, waiting = [], 0
    for calls in of_caller.values():
        answered = [began for began, outcome in calls if outcome == "answered"]
        if answered:
            made.append(1 + sum(began < min(answered) for began, _ in calls))
        elif any(outcome == "waiting" for _, outcome in calls):
            waiting += 1
    return {
        "contacts": sum(map(len, of_caller.values())),
        "callers": len(of_caller),
        "waiting": waiting,
        "mean_calls_until_answer": sum(made) / len(made) if made else None,
        "got_through": share(len(made), len(of_caller) - waiting),
    }
