"""Every phone figure again, in SQL: the oracle that the real code is compared with.

It imports nothing of ours, so that it can't share a mistake with what it checks. It follows
docs/decisions/0003-service-level-definition.md sentence by sentence, slowly; each sentence stands
beside the SQL that says the same. Events are those of docs/decisions/0002-event-format.md, already
valid: only what decides whether they count at all is looked at here.
"""

import json
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal, localcontext
from fractions import Fraction
from statistics import NormalDist
from typing import Any

QueueKey = tuple[str, str]
Window = str | tuple[datetime, datetime]

UNKNOWN_QUEUE = "okänd kö"
ROLLING_SECONDS = {"15m": 15 * 60, "30m": 30 * 60, "1h": 60 * 60}
PERCENTILES = (50, 80, 90, 95, 99)
NEVER = 2**62
OUTCOMES = ("answered", "abandoned", "overflowed", "refused", "closed", "callback", "waiting")
KINDS = {
    "se.svarsgrad.call.offered.v1": "arrival",
    "se.svarsgrad.call.answered.v1": "answered",
    "se.svarsgrad.call.abandoned.v1": "abandoned",
    "se.svarsgrad.call.overflowed.v1": "overflowed",
    "se.svarsgrad.call.refused.v1": "refused",
    "se.svarsgrad.call.closed.v1": "closed",
    "se.svarsgrad.call.callback_requested.v1": "callback",
    "se.svarsgrad.call.callback_answered.v1": "reached",
    "se.svarsgrad.call.transferred.v1": "after the answer",
    "se.svarsgrad.call.completed.v1": "after the answer",
}

# "Never" is a number, so that the least of several instants needs no special case.
SCHEMA = """
CREATE TABLE known_queue (municipality TEXT, queue TEXT);
CREATE TABLE has_hours (municipality TEXT, queue TEXT);
CREATE TABLE published_minute (municipality TEXT, queue TEXT, minute INTEGER);
CREATE TABLE open_minute (municipality TEXT, queue TEXT, minute INTEGER);
CREATE TABLE horizon (municipality TEXT, begins INTEGER);
CREATE TABLE fact (
    municipality TEXT, contact TEXT, queue TEXT, arrived INTEGER, kind TEXT, at INTEGER
);
"""

# A leg is (contact, queue, arrival). "It exists if it arrived before now", and at or after the
# horizon. "Only facts before now count." "Its facts merge by taking the earliest of each kind."
MERGED_LEGS = """
CREATE TABLE merged AS
SELECT municipality, contact, queue, arrived,
    MIN(CASE kind WHEN 'answered' THEN at ELSE :never END) AS answered,
    MIN(CASE kind WHEN 'abandoned' THEN at ELSE :never END) AS abandoned,
    MIN(CASE kind WHEN 'overflowed' THEN at ELSE :never END) AS overflowed,
    MIN(CASE kind WHEN 'refused' THEN at ELSE :never END) AS refused,
    MIN(CASE kind WHEN 'closed' THEN at ELSE :never END) AS closed,
    MIN(CASE kind WHEN 'callback' THEN at ELSE :never END) AS callback,
    MIN(CASE kind WHEN 'reached' THEN at ELSE :never END) AS reached,
    MIN(CASE kind WHEN 'after the answer' THEN at ELSE :never END) AS talk_ended
FROM (
    SELECT municipality, contact, queue, arrived,
        CASE WHEN at < :now THEN kind ELSE 'not yet' END AS kind, at
    FROM fact JOIN horizon USING (municipality)
    WHERE arrived < :now AND arrived >= begins
)
GROUP BY municipality, contact, queue, arrived
"""

# "`answered` or `left`: the earlier one is what happened; of two at the same microsecond, an
# answer wins, then the order in the list. Neither before now: the leg waits."
LEGS = """
CREATE TABLE leg AS
SELECT *,
    CASE MIN(answered, abandoned, overflowed, refused, closed, callback)
        WHEN :never THEN 'waiting'
        WHEN answered THEN 'answered'
        WHEN abandoned THEN 'abandoned'
        WHEN overflowed THEN 'overflowed'
        WHEN refused THEN 'refused'
        WHEN closed THEN 'closed'
        ELSE 'callback'
    END AS outcome,
    MIN(answered, abandoned, overflowed, refused, closed, callback) AS ended,
    CASE WHEN EXISTS (
        SELECT 1 FROM known_queue
        WHERE known_queue.municipality = merged.municipality
            AND known_queue.queue = merged.queue
    ) THEN queue ELSE :unknown_queue END AS shown_queue
FROM merged;
"""

# "Saved, if a person answered a leg of the same contact that arrived at the same time or later,
# or reached the caller on a callback from this leg or such a one. Otherwise what became of the
# contact's last leg (latest arrival, then latest end; a waiting one ends last, and among ends at
# the same microsecond the order of the list above)".
FATES = """
CREATE TABLE fate AS
SELECT *,
    CASE
        WHEN outcome = 'answered' THEN 'answered'
        WHEN outcome = 'waiting' THEN 'not ended'
        WHEN reached < :never THEN 'saved'
        WHEN EXISTS (
            SELECT 1 FROM leg AS other
            WHERE other.municipality = leg.municipality AND other.contact = leg.contact
                AND other.arrived >= leg.arrived
                AND (other.outcome = 'answered'
                    OR (other.outcome <> 'waiting' AND other.reached < :never))
        ) THEN 'saved'
        ELSE (
            SELECT CASE
                WHEN last.outcome IN ('abandoned', 'refused', 'closed') THEN 'lost'
                ELSE 'unknown'
            END
            FROM leg AS last
            WHERE last.municipality = leg.municipality AND last.contact = leg.contact
            ORDER BY last.arrived DESC, last.ended DESC,
                CASE last.outcome
                    WHEN 'abandoned' THEN 1 WHEN 'overflowed' THEN 2 WHEN 'refused' THEN 3
                    WHEN 'closed' THEN 4 WHEN 'callback' THEN 5
                END DESC
            LIMIT 1
        )
    END AS fate,
    NOT EXISTS (
        SELECT 1 FROM has_hours
        WHERE has_hours.municipality = leg.municipality AND has_hours.queue = leg.queue
    ) OR EXISTS (
        SELECT 1 FROM open_minute
        WHERE open_minute.municipality = leg.municipality AND open_minute.queue = leg.queue
            AND minute = arrived / 60000000
    ) AS is_promised,
    EXISTS (
        SELECT 1 FROM published_minute AS open_minute
        WHERE open_minute.municipality = leg.municipality AND open_minute.queue = leg.queue
            AND minute = arrived / 60000000
    ) AS is_published
FROM leg
"""

# Every decided leg that was not in time, by why not.
MISSES = (
    "answered_late", "abandoned_early", "abandoned_late",
    "overflowed", "refused", "closed", "callback", "waiting",
)  # fmt: skip
# A histogram of today's waits: a wait of exactly an edge is at or under it.
EDGES = (15, 20, 40, 50, 60, 120, 300, 600, 1200)
AT_MOST = "SELECT COUNT(*) FROM waits WHERE wait <= :edge"
WAITING_NOW = """
SELECT COUNT(*), MAX(:now - arrived) FROM fate
WHERE municipality = :municipality AND shown_queue = :queue AND outcome = 'waiting'
"""

# The legs of one queue, and those of them that arrived in the window: made for each queue in turn.
ONE_QUEUE = """
CREATE TEMP TABLE one_queue AS
SELECT *, ended - arrived AS wait FROM fate
WHERE municipality = :municipality AND shown_queue = :queue AND {hours}
"""
# "Legs that arrive outside promised hours are counted apart and enter no other figure."
OUTSIDE = """
SELECT COUNT(*) FROM fate
WHERE municipality = :municipality AND shown_queue = :queue AND NOT is_promised
    AND arrived >= :begins AND arrived < :ends
"""
IN_WINDOW = """
CREATE TEMP TABLE in_window AS
SELECT * FROM one_queue WHERE arrived >= :begins AND arrived < :ends
"""
# "Waits: over answered legs that arrived in the window." A percentile is "the smallest wait with
# at least p % of the waits at or under it".
WAITS = """
CREATE TEMP TABLE waits AS
SELECT wait,
    COUNT(*) OVER (ORDER BY wait RANGE UNBOUNDED PRECEDING) AS at_or_under,
    COUNT(*) OVER () AS all_of_them
FROM in_window WHERE outcome = 'answered'
"""
FORGET = "DROP TABLE one_queue; DROP TABLE in_window; DROP TABLE waits;"

WAIT_SUMMARY = "SELECT COUNT(*), SUM(wait), MAX(wait) FROM waits"
PERCENTILE = "SELECT MIN(wait) FROM waits WHERE 100 * at_or_under >= :percent * all_of_them"
COUNT = "SELECT COUNT(*) FROM in_window WHERE outcome = :outcome"
FATE_COUNT = "SELECT COUNT(*) FROM in_window WHERE fate = :fate"

# "In time: answered with wait <= T. A caller who asked to be called back is in time if a person
# reached them within T of arrival." "Decided: answered, or left, or still waiting longer than
# T." "When decided: the earlier of the end of the wait and arrival + T." Which legs: "those that
# arrived in the window; in a rolling window shorter than 10 x T, those decided in the window".
SERVICE_LEVEL = """
WITH verdict AS (
    SELECT arrived,
        CASE outcome
            WHEN 'answered' THEN wait <= :limit
            WHEN 'callback' THEN reached < :never AND reached - arrived <= :limit
            ELSE 0
        END AS in_time,
        CASE outcome
            WHEN 'waiting' THEN :now - arrived > :limit
            WHEN 'abandoned' THEN NOT (:short_abandon > 0 AND wait <= :short_abandon)
            ELSE 1
        END AS is_decided,
        MIN(ended, arrived + :limit) AS decided_at,
        CASE outcome
            WHEN 'answered' THEN 'answered_late'
            WHEN 'abandoned' THEN
                CASE WHEN wait <= :limit THEN 'abandoned_early' ELSE 'abandoned_late' END
            ELSE outcome
        END AS why,
        outcome, wait <= :limit AS is_within
    FROM one_queue
)
SELECT {counted} FROM verdict
WHERE is_decided AND CASE
    WHEN :is_rolling AND :ends - :begins < 10 * :limit
    THEN decided_at >= :begins AND decided_at < :ends
    ELSE arrived >= :begins AND arrived < :ends
END
GROUP BY 1
"""
BY_VERDICT = "CASE WHEN in_time THEN 'in time' ELSE why END, COUNT(*)"
# "The other formulas": in time / answered; in time / (answered + abandoned late); (in time +
# abandoned early) / (answered + abandoned); left within T for any reason / decided.
BY_FORMULA = """
    1,
    SUM(outcome = 'answered' AND is_within), SUM(outcome = 'answered'),
    SUM(outcome = 'abandoned' AND is_within), SUM(outcome = 'abandoned'),
    SUM(outcome <> 'waiting' AND is_within), COUNT(*)
"""
# "Mean talk: from the answer to its end, of answered legs whose end is known and not before it."
TALK = """
SELECT COUNT(*), SUM(talk_ended - answered) FROM in_window
WHERE outcome = 'answered' AND talk_ended < :never AND talk_ended >= answered
"""
ABANDON_EDGES = (5, 10, 15, 20, 40, 60)
ABANDONED = "SELECT COUNT(*) FROM in_window WHERE outcome = 'abandoned' AND wait <= :edge"


def figures(
    lines: Iterable[bytes],
    *,
    targets: Mapping[QueueKey, Iterable[tuple[str, int]]],
    zones: Mapping[str, tzinfo],
    known_queues: Collection[QueueKey],
    now: datetime,
    window: Window,
    exclude_short_abandons_seconds: int = 0,
    open_minutes: Mapping[QueueKey, Iterable[datetime]] | None = None,
    published_minutes: Mapping[QueueKey, Iterable[datetime]] | None = None,
) -> dict[QueueKey, dict[str, Any]]:
    """Return the figures of every known queue, and of the unknown ones of a municipality as one.

    ``lines`` are message values: an event or an array of events each. ``targets`` names the
    promises with a limit of each queue. Events of municipalities without a zone don't count.
    A missing value is None; waits are in seconds, ratios in [0, 1]. ``open_minutes`` has every
    minute of promised hours since the horizon of those queues that have such hours.
    """
    db = sqlite3.connect(":memory:")
    try:
        published = published_minutes or {}
        _load(db, lines, zones, known_queues, now, open_minutes or {}, published)
        shown = db.execute("SELECT DISTINCT municipality, shown_queue FROM fate").fetchall()
        return {
            (municipality, queue): _figures_of(
                db,
                {
                    "municipality": municipality,
                    "queue": queue,
                    "now": _micros(now),
                    "never": NEVER,
                    "short_abandon": exclude_short_abandons_seconds * 1_000_000,
                    **_bounds(window, now, zones[municipality]),
                },
                list(targets.get((municipality, queue), ())),
                has_published=(municipality, queue) in published,
            )
            for municipality, queue in sorted({*known_queues, *shown})
        }
    finally:
        db.close()


def _load(  # noqa: PLR0917
    db: sqlite3.Connection,
    lines: Iterable[bytes],
    zones: Mapping[str, tzinfo],
    known_queues: Collection[QueueKey],
    now: datetime,
    open_minutes: Mapping[QueueKey, Iterable[datetime]],
    published_minutes: Mapping[QueueKey, Iterable[datetime]],
) -> None:
    db.executescript(SCHEMA)
    db.executemany("INSERT INTO has_hours VALUES (?, ?)", open_minutes)
    db.executemany(
        "INSERT INTO open_minute VALUES (?, ?, ?)",
        [(*key, _micros(at) // 60_000_000) for key, found in open_minutes.items() for at in found],
    )
    db.executemany(
        "INSERT INTO published_minute VALUES (?, ?, ?)",
        [
            (*key, _micros(at) // 60_000_000)
            for key, found in published_minutes.items()
            for at in found
        ],
    )
    db.execute("CREATE INDEX by_minute ON open_minute (municipality, queue, minute)")
    db.executemany("INSERT INTO known_queue VALUES (?, ?)", known_queues)
    db.executemany(
        "INSERT INTO horizon VALUES (?, ?)",
        [(key, _midnight(now, zone, days_ago=1)) for key, zone in zones.items()],
    )
    db.executemany("INSERT INTO fact VALUES (?, ?, ?, ?, ?, ?)", _facts(lines))
    names = {"now": _micros(now), "never": NEVER, "unknown_queue": UNKNOWN_QUEUE}
    db.execute(MERGED_LEGS, names)
    db.execute(LEGS, names)
    db.execute("CREATE INDEX by_contact ON leg (municipality, contact)")
    db.execute(FATES, names)
    db.execute("CREATE INDEX by_queue ON fate (municipality, shown_queue)")


def _facts(lines: Iterable[bytes]) -> Iterator[tuple[str, str, str, int, str, int]]:
    for line in lines:
        value = json.loads(line)
        for event in value if isinstance(value, list) else [value]:
            if event["type"] not in KINDS:
                continue
            arrived = _micros(datetime.fromisoformat(event["data"]["arrived_at"]))
            at = _micros(datetime.fromisoformat(event["time"]))
            if at >= arrived:
                where = (event["partitionkey"], event["subject"], event["data"]["queue"])
                yield (*where, arrived, KINDS[event["type"]], at)


def _figures_of(
    db: sqlite3.Connection,
    names: dict[str, Any],
    targets: Iterable[tuple[str, int]],
    *,
    has_published: bool,
) -> dict[str, Any]:
    for table in (ONE_QUEUE.format(hours="is_promised"), IN_WINDOW, WAITS):
        db.execute(table, names)

    def number(query: str, **more: Any) -> int | None:
        (value,) = db.execute(query, names | more).fetchone()
        return None if value is None else int(value)

    counts = {outcome: number(COUNT, outcome=outcome) or 0 for outcome in OUTCOMES}
    fates = {
        fate: number(FATE_COUNT, fate=fate) or 0
        for fate in ("answered", "saved", "lost", "unknown")
    }
    # "Lost and unknown legs are both in the denominator. No leg ended: no value."
    ended = sum(fates.values())
    talks, talked = db.execute(TALK, names).fetchone()
    n, total, longest = db.execute(WAIT_SUMMARY, names).fetchone()
    found = {
        "arrived": sum(counts.values()),
        "outside_hours": number(OUTSIDE),
        **counts,
        "wait_seconds": {
            "mean": float(Fraction(total, n * 1_000_000)) if n else None,
            **{f"p{p}": _seconds(number(PERCENTILE, percent=p)) for p in PERCENTILES},
            "max": _seconds(longest),
        },
        "talk_seconds": {
            "mean": float(Fraction(talked, talks * 1_000_000)) if talks else None,
            "n": talks,
        },
        "abandoned_within": {
            **{str(edge): number(ABANDONED, edge=edge * 1_000_000) for edge in ABANDON_EDGES},
            "all": counts["abandoned"],
        },
        "lost_ratio": _ratio(fates["lost"], ended),
        "lost_ratio_high": _ratio(fates["lost"] + fates["unknown"], ended),
        "service_levels": {
            target: _service_level(db, names | {"limit": limit * 1_000_000})
            for target, limit in targets
        },
        "wait_histogram": {
            "counts": [number(AT_MOST, edge=edge * 1_000_000) for edge in EDGES] + [n],
            "sum": (total or 0) / 1e6,
        },
    }
    waiting, longest_now = db.execute(WAITING_NOW, names).fetchone()
    found["now"] = {"waiting": waiting, "longest_wait_seconds": _seconds(longest_now)}
    db.executescript(FORGET)
    db.execute(ONE_QUEUE.format(hours="is_published"), names)
    by_published = {
        target: _service_level(db, names | {"limit": limit * 1_000_000})
        for target, limit in (targets if has_published else ())
    }
    db.execute("DROP TABLE one_queue")
    found["published_service_levels"] = {
        target: {key: level[key] for key in ("good", "decided", "ratio")}
        for target, level in by_published.items()
    }
    return found


def _service_level(db: sqlite3.Connection, names: dict[str, Any]) -> dict[str, Any]:
    legs = dict(db.execute(SERVICE_LEVEL.format(counted=BY_VERDICT), names).fetchall())
    counted = db.execute(SERVICE_LEVEL.format(counted=BY_FORMULA), names).fetchone()
    _, early_answers, answers, early_leavers, leavers, left, decided = counted or [0] * 7
    good, decided = legs.get("in time", 0), sum(legs.values())
    low, high = _wilson(good, decided) if decided else (None, None)
    return {
        "good": good,
        "decided": decided,
        "ratio": _ratio(good, decided),
        "wilson_low": low,
        "wilson_high": high,
        "missed": {why: legs.get(why, 0) for why in MISSES},
        "formulas": {
            "of_answered": _ratio(early_answers, answers),
            "less_early_abandons": _ratio(early_answers, answers + leavers - early_leavers),
            "early_abandons_kept": _ratio(early_answers + early_leavers, answers + leavers),
            "left": _ratio(left, decided),
        },
    }


def _wilson(good: int, n: int) -> tuple[float, float]:
    """(p + z²/2n ± z·√(p(1−p)/n + z²/4n²)) / (1 + z²/n), in more digits than a float has."""
    with localcontext() as context:
        context.prec = 60
        z = Decimal(NormalDist().inv_cdf(0.975))
        p = Decimal(good) / n
        middle = p + z * z / (2 * n)
        spread = z * (p * (1 - p) / n + z * z / (4 * n * n)).sqrt()
        bounds = [(middle + sign * spread) / (1 + z * z / n) for sign in (-1, 1)]
        low, high = (float(round(bound, 40)) for bound in bounds)
    return low, high


def _bounds(window: Window, now: datetime, zone: tzinfo) -> dict[str, int | bool]:
    """Rolling windows and today end now; today begins at local midnight."""
    if isinstance(window, tuple):
        begins, ends = map(_micros, window)
        return {"begins": begins, "ends": ends, "is_rolling": False}
    ends = _micros(now)
    if window == "today":
        return {"begins": _midnight(now, zone), "ends": ends, "is_rolling": False}
    begins = ends - ROLLING_SECONDS[window] * 1_000_000
    return {"begins": begins, "ends": ends, "is_rolling": True}


def _midnight(now: datetime, zone: tzinfo, days_ago: int = 0) -> int:
    """The first instant of a local day: of two midnights the first, of a skipped one its end."""
    day = now.astimezone(zone).date() - timedelta(days=days_ago)
    return _micros(datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC))


def _micros(at: datetime) -> int:
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def _seconds(micros: int | None) -> float | None:
    return None if micros is None else micros / 1e6


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None
