"""What became of callers after a leg, in SQL and plain loops: a part of the oracle in figures.py.

Each sentence of docs/decisions/0003-service-level-definition.md stands beside what says the same.
"""

import sqlite3
from fractions import Fraction
from typing import Any

from reference.amounts import share

LIMITS = (5, 10, 15, 20, 40)

# "By own people, if one answered here, or was the first to answer the contact in a leg that
# arrived at the same time or later; by a partner likewise. At the same microsecond, own people."
SAVED_BY = """
SELECT CASE
    WHEN outcome = 'answered' THEN EXISTS (
        SELECT 1 FROM partner
        WHERE partner.municipality = in_window.municipality AND partner.queue = in_window.queue
    )
    ELSE (
        SELECT is_partner FROM help
        WHERE help.municipality = in_window.municipality AND help.contact = in_window.contact
            AND help.arrived >= in_window.arrived
        ORDER BY help_at, is_partner LIMIT 1
    )
END AS is_partner, COUNT(*)
FROM in_window WHERE fate IN ('answered', 'saved') GROUP BY 1
"""
# "Transfers: answered legs that were passed on (not before their answer)." "Later legs are those
# that arrived after the leg, and not before its answer." "A person answered one of them: answered.
# There is none: unseen. Otherwise what became of the contact's last leg."
TRANSFERS = """
SELECT CASE
    WHEN NOT EXISTS (
        SELECT 1 FROM leg
        WHERE leg.municipality = moved.municipality AND leg.contact = moved.contact
            AND leg.arrived > moved.arrived AND leg.arrived >= moved.answered
    ) THEN 'unseen'
    WHEN EXISTS (
        SELECT 1 FROM help
        WHERE help.municipality = moved.municipality AND help.contact = moved.contact
            AND help.arrived > moved.arrived AND help.arrived >= moved.answered
    ) THEN 'answered'
    ELSE (SELECT last_outcome FROM contact_end
        WHERE contact_end.municipality = moved.municipality
            AND contact_end.contact = moved.contact)
END, COUNT(*)
FROM in_window AS moved
WHERE outcome = 'answered' AND transferred < :never AND transferred <= completed
    AND transferred >= answered
GROUP BY 1
"""
# "Callbacks: reached, and kept if that was within the time that is promised from the request on;
# decided when kept or when that time has passed."
CALLBACKS = """
SELECT COUNT(*), COALESCE(SUM(reached < :never), 0),
    COALESCE(SUM(reached <= callback + :within), 0),
    COALESCE(SUM(reached <= callback + :within OR callback + :within < :now), 0)
FROM in_window WHERE outcome = 'callback'
"""
# When the partner answered a leg that went on to it: "its first answer in a leg of the contact
# that arrived no earlier".
DECIDED_AND_GONE = """
SELECT outcome, wait, reached - arrived AS reached_after, :now - arrived AS age,
    (
        SELECT MAX(MIN(partner_leg.answered) - one_queue.ended, 0) FROM leg AS partner_leg
        WHERE partner_leg.municipality = one_queue.municipality
            AND partner_leg.contact = one_queue.contact
            AND partner_leg.queue = :overflow_to AND partner_leg.outcome = 'answered'
            AND partner_leg.arrived >= one_queue.arrived
    ) AS delay
FROM one_queue WHERE arrived >= :begins AND arrived < :ends
"""


def after_the_leg(db: sqlite3.Connection, names: dict[str, Any], told: Any) -> dict[str, Any]:
    """Return the figures of the legs in the tables ``in_window`` and ``one_queue``."""
    key = (names["municipality"], names["queue"])
    by = {("partner" if of else "own"): n for of, n in db.execute(SAVED_BY, names)}
    fates = dict(db.execute("SELECT fate, COUNT(*) FROM in_window GROUP BY fate"))
    saved = {"own": by.get("own", 0), "partner": by.get("partner", 0)}
    ended = sum(fates.values()) - fates.get("not ended", 0)
    moved = dict(db.execute(TRANSFERS, names))
    within = told.callback_within_seconds.get(key)
    asked, reached, kept, decided = db.execute(
        CALLBACKS, names | {"within": (within or 0) * 1_000_000}
    ).fetchone()
    return {
        "ended": {**saved, **{fate: fates.get(fate, 0) for fate in ("lost", "unknown")}},
        "answered_in_all": share(sum(saved.values()), ended),
        "transfers": {
            what: moved.get(what, 0) for what in ("answered", "lost", "unknown", "unseen")
        },
        "callbacks": {
            "asked": asked,
            "reached": reached,
            "kept": None if within is None else share(kept, decided),
        },
        "if_overflow": {
            target: found
            for target, limit in told.targets.get(key, ())
            if key in told.overflow_to and not names["is_rolling"]
            for found in [_if_overflow(db, names, told.overflow_to[key], limit)]
            if found is not None
        },
    }


def _if_overflow(
    db: sqlite3.Connection, names: dict[str, Any], overflow_to: str, limit: int
) -> dict[str, Any] | None:
    promised, short = limit * 1_000_000, names["short_abandon"]
    legs = db.execute(DECIDED_AND_GONE, names | {"overflow_to": overflow_to}).fetchall()
    delays = [delay for outcome, *_, delay in legs if outcome == "overflowed"]
    decided = [
        leg
        for leg in legs
        if not (leg[0] == "waiting" and leg[3] <= promised)
        and not (leg[0] == "abandoned" and short > 0 and leg[1] <= short)
    ]
    if not delays or not decided:
        return None

    def as_it_was(leg: tuple[Any, ...]) -> bool:
        outcome, wait, reached_after, _, delay = leg
        return bool(
            (outcome == "answered" and wait <= promised)
            or (outcome == "callback" and reached_after <= promised)
            or (outcome == "overflowed" and delay is not None and wait + delay <= promised)
        )

    def share_in_time(leg: tuple[Any, ...], new_limit: int) -> Fraction:
        """One or none for a leg that is as it was; for any other what is to be expected."""
        outcome, wait, _, _, _ = leg
        stays = outcome != "waiting" and wait <= new_limit
        if stays or new_limit >= promised:
            return Fraction(as_it_was(leg))
        latest = min(promised, wait) if outcome == "abandoned" else promised
        in_time = [d for d in delays if d is not None and new_limit + d <= latest]
        return Fraction(len(in_time), len(delays))

    ratios = {"as_is": sum(Fraction(as_it_was(leg)) for leg in decided) / len(decided)}
    for seconds in LIMITS:
        new_limit = seconds * 1_000_000
        expected = sum(share_in_time(leg, new_limit) for leg in decided)
        ratios[str(seconds)] = expected / len(decided)
    return {
        "decided": len(decided),
        "overflowed": len(delays),
        "ratios": {after: float(ratio) for after, ratio in ratios.items()},
    }
