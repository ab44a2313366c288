"""Every phone figure again, in SQL: the oracle that the real code is compared with.

It imports nothing of ours, so that it can't share a mistake with what it checks. It follows
docs/decisions/0003-service-level-definition.md sentence by sentence, slowly; each sentence stands
beside the SQL that says the same. Events are those of docs/decisions/0002-event-format.md, already
valid: only what decides whether they count at all is looked at here.
"""

import contextlib
import json
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from fractions import Fraction
from typing import Any

from reference.after_the_leg import after_the_leg
from reference.amounts import micros, ratio, seconds, share, wilson

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
    "se.svarsgrad.call.transferred.v1": "transferred",
    "se.svarsgrad.call.completed.v1": "completed",
}

# "Never" is a number, so that the least of several instants needs no special case.
SCHEMA = """
CREATE TABLE known_queue (municipality TEXT, queue TEXT);
CREATE TABLE partner (municipality TEXT, queue TEXT);
CREATE TABLE centre (municipality TEXT, queue TEXT);
CREATE TABLE has_hours (municipality TEXT, queue TEXT);
CREATE TABLE published_minute (municipality TEXT, queue TEXT, minute INTEGER);
CREATE TABLE open_minute (municipality TEXT, queue TEXT, minute INTEGER);
CREATE TABLE horizon (municipality TEXT, begins INTEGER);
CREATE TABLE fact (
    municipality TEXT, contact TEXT, queue TEXT, arrived INTEGER, kind TEXT, at INTEGER
);
CREATE TABLE offer (
    municipality TEXT, contact TEXT, queue TEXT, arrived INTEGER, caller TEXT, origin TEXT
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
    MIN(CASE kind WHEN 'transferred' THEN at ELSE :never END) AS transferred,
    MIN(CASE kind WHEN 'completed' THEN at ELSE :never END) AS completed
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
SELECT *, MIN(transferred, completed) AS talk_ended,
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

# "Who calls, and from where, is known from the arrival on. A contact's origin is the most telling
# of its legs: external, internal, unknown."
ORIGINS = """
CREATE TABLE origin AS
SELECT municipality, contact,
    MIN(CASE origin WHEN 'external' THEN 1 WHEN 'internal' THEN 2 ELSE 3 END) = 2 AS is_internal,
    MIN(caller) AS caller
FROM offer JOIN horizon USING (municipality)
WHERE arrived < :now AND arrived >= begins
GROUP BY municipality, contact
"""

# When a person answered the caller of a leg, or reached them on a callback from it.
HELPS = """
CREATE TABLE help AS
SELECT municipality, contact, arrived,
    CASE outcome WHEN 'answered' THEN answered ELSE reached END AS help_at,
    EXISTS (
        SELECT 1 FROM partner
        WHERE partner.municipality = leg.municipality AND partner.queue = leg.queue
    ) AS is_partner,
    -- "Passed on (`transferred`, and no `completed` before it)", "not before their answer".
    outcome = 'answered' AND transferred < :never AND transferred <= completed
        AND transferred >= answered AS is_passed_on
FROM leg
WHERE outcome = 'answered' OR (outcome <> 'waiting' AND reached < :never)
"""

# "The contact's last leg (latest arrival, then latest end; a waiting one ends last, and among ends
# at the same microsecond the order of the list above)": how it stands.
CONTACT_ENDS = """
CREATE TABLE contact_end AS
SELECT municipality, contact, state AS last_state,
    CASE state WHEN 'waiting' THEN 'unknown' ELSE state END AS last_outcome
FROM (
SELECT DISTINCT municipality, contact, (
    SELECT CASE
        WHEN last.outcome IN ('abandoned', 'refused', 'closed') THEN 'lost'
        WHEN last.outcome = 'waiting' THEN 'waiting'
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
) AS state FROM leg)
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
        WHEN EXISTS (
            SELECT 1 FROM help
            WHERE help.municipality = leg.municipality AND help.contact = leg.contact
                AND help.arrived >= leg.arrived
        ) THEN 'saved'
        ELSE last_outcome
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
    ) AS is_published,
    EXISTS (
        SELECT 1 FROM origin
        WHERE origin.municipality = leg.municipality AND origin.contact = leg.contact
            AND is_internal
    ) AS is_internal
FROM leg JOIN contact_end USING (municipality, contact)
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

# "A queue without promised hours is promised round the clock."
IS_OPEN = """
SELECT NOT EXISTS (
    SELECT 1 FROM has_hours WHERE municipality = :municipality AND queue = :queue
) OR EXISTS (
    SELECT 1 FROM open_minute
    WHERE municipality = :municipality AND queue = :queue AND minute = :now / 60000000
)
"""
# The legs of one queue, and those of them that arrived in the window: made for each queue in turn.
ONE_QUEUE = """
CREATE TEMP TABLE one_queue AS
SELECT *, ended - arrived AS wait FROM fate
WHERE municipality = :municipality AND shown_queue = :queue AND {hours} AND NOT is_internal
"""
# "Legs that arrive outside promised hours are counted apart and enter no other figure." "Legs of
# internal contacts are counted apart, at any hour."
APART = """
SELECT COALESCE(SUM(NOT is_internal AND NOT is_promised), 0), COALESCE(SUM(is_internal), 0)
FROM fate
WHERE municipality = :municipality AND shown_queue = :queue
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
# "Over answered and abandoned legs, where an abandoned one is never answered."
PERCENTILE_OR_NEVER = """
SELECT MIN(wait) FROM waits WHERE 100 * at_or_under >= :percent * (
    SELECT COUNT(*) FROM in_window WHERE outcome IN ('answered', 'abandoned')
)
"""
COUNT = "SELECT COUNT(*) FROM in_window WHERE outcome = :outcome"
FATE_COUNT = "SELECT COUNT(*) FROM in_window WHERE fate = :fate"

# "In time: answered with wait <= T. A caller who asked to be called back is in time if a person
# reached them within T of arrival." "Decided: answered, or left, or still waiting longer than
# T." "When decided: the earlier of the end of the wait and arrival + T." Which legs: "those that
# arrived in the window; in a rolling window shorter than 10 x T, those decided in the window".
VERDICTS = """
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
"""
SERVICE_LEVEL = """
SELECT {counted} FROM verdict
WHERE is_decided AND CASE
    WHEN :is_rolling AND :ends - :begins < 10 * :limit
    THEN decided_at >= :begins AND decided_at < :ends
    ELSE arrived >= :begins AND arrived < :ends
END
GROUP BY 1
"""
# "The 20 that were decided last: of those decided at once the last to arrive, then late ones."
LATEST = """
SELECT COUNT(*), COALESCE(SUM(in_time), 0) FROM (
    SELECT in_time FROM verdict
    WHERE is_decided AND arrived >= :begins AND arrived < :ends
    ORDER BY decided_at DESC, arrived DESC, in_time
    LIMIT 20
)
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


@dataclass(frozen=True)
class Told:
    """What the catalogue says: all that the figures depend on beside the events.

    ``targets`` names the promises with a limit of each queue. Events of municipalities without a
    zone don't count. ``open_minutes`` has every minute of promised hours since the horizon, and
    the one of now, of those queues that have such hours, ``published_minutes`` likewise.
    ``incidents`` are (begins, ends, queues), no queues for all. ``covered`` has of each
    municipality's promises how many numbers it states, and the queues that make it with their
    names.
    """

    targets: Mapping[QueueKey, Iterable[tuple[str, int]]]
    zones: Mapping[str, tzinfo]
    known_queues: Collection[QueueKey]
    exclude_short_abandons_seconds: int = 0
    open_minutes: Mapping[QueueKey, Iterable[datetime]] = field(default_factory=dict)
    published_minutes: Mapping[QueueKey, Iterable[datetime]] = field(default_factory=dict)
    partners: Collection[QueueKey] = ()
    centres: Collection[QueueKey] = ()
    overflow_to: Mapping[QueueKey, str] = field(default_factory=dict)
    callback_within_seconds: Mapping[QueueKey, int] = field(default_factory=dict)
    incidents: Iterable[tuple[datetime, datetime, Collection[str]]] = ()
    covered: Mapping[str, Mapping[str, tuple[int, Mapping[str, str]]]] = field(
        default_factory=dict
    )


def figures(
    lines: Iterable[bytes], *, now: datetime, window: Window, **told: Any
) -> dict[QueueKey, dict[str, Any]]:
    """Return the figures of every known queue, and of the unknown ones of a municipality as one.

    ``lines`` are message values: an event or an array of events each; ``told`` is of
    :class:`Told`. A missing value is None; waits are in seconds, ratios in [0, 1].
    """
    with loaded(lines, Told(**told), now) as db:
        return figures_of(db, Told(**told), now, window)


def figures_of(
    db: sqlite3.Connection, told: Told, now: datetime, window: Window
) -> dict[QueueKey, dict[str, Any]]:
    """Return the same of a database that is loaded."""
    shown = db.execute("SELECT DISTINCT municipality, shown_queue FROM fate").fetchall()
    return {
        (municipality, queue): _figures_of(
            db,
            {
                "municipality": municipality,
                "queue": queue,
                "short_abandon": told.exclude_short_abandons_seconds * 1_000_000,
                **names_of(window, now, told.zones[municipality]),
            },
            told,
        )
        for municipality, queue in sorted({*told.known_queues, *shown})
    }


def names_of(window: Window, now: datetime, zone: tzinfo) -> dict[str, Any]:
    """Return what queries about a window ask for."""
    name = window if isinstance(window, str) else "asked"
    return {"window": name, "now": micros(now), "never": NEVER, **_bounds(window, now, zone)}


@contextlib.contextmanager
def loaded(lines: Iterable[bytes], told: Told, now: datetime) -> Iterator[sqlite3.Connection]:
    """Return a database of the legs as they stood at an instant."""
    db = sqlite3.connect(":memory:")
    try:
        _load(db, list(lines), told, now)
        yield db
    finally:
        db.close()


def _load(db: sqlite3.Connection, lines: list[bytes], told: Told, now: datetime) -> None:
    db.executescript(SCHEMA)
    db.executemany("INSERT INTO has_hours VALUES (?, ?)", told.open_minutes)
    db.executemany("INSERT INTO partner VALUES (?, ?)", told.partners)
    db.executemany("INSERT INTO centre VALUES (?, ?)", told.centres)
    for table, minutes in (
        ("open_minute", told.open_minutes),
        ("published_minute", told.published_minutes),
    ):
        db.executemany(
            f"INSERT INTO {table} VALUES (?, ?, ?)",  # noqa: S608 - one of two
            [(*key, micros(at) // 60_000_000) for key, found in minutes.items() for at in found],
        )
    db.execute("CREATE INDEX by_minute ON open_minute (municipality, queue, minute)")
    db.executemany("INSERT INTO known_queue VALUES (?, ?)", told.known_queues)
    db.executemany(
        "INSERT INTO horizon VALUES (?, ?)",
        [(key, _midnight(now, zone, days_ago=1)) for key, zone in told.zones.items()],
    )
    db.executemany("INSERT INTO fact VALUES (?, ?, ?, ?, ?, ?)", _facts(lines))
    db.executemany("INSERT INTO offer VALUES (?, ?, ?, ?, ?, ?)", _offers(lines))
    names = {"now": micros(now), "never": NEVER, "unknown_queue": UNKNOWN_QUEUE}
    for statement in (
        MERGED_LEGS,
        LEGS,
        "CREATE INDEX by_contact ON leg (municipality, contact)",
        ORIGINS,
        HELPS,
        "CREATE INDEX help_by_contact ON help (municipality, contact)",
        CONTACT_ENDS,
        "CREATE INDEX end_by_contact ON contact_end (municipality, contact)",
        FATES,
        "CREATE INDEX by_queue ON fate (municipality, shown_queue)",
    ):
        db.execute(statement, names)


def _facts(lines: Iterable[bytes]) -> Iterator[tuple[str, str, str, int, str, int]]:
    for line in lines:
        value = json.loads(line)
        for event in value if isinstance(value, list) else [value]:
            if event["type"] not in KINDS:
                continue
            arrived = micros(datetime.fromisoformat(event["data"]["arrived_at"]))
            at = micros(datetime.fromisoformat(event["time"]))
            if at >= arrived:
                where = (event["partitionkey"], event["subject"], event["data"]["queue"])
                yield (*where, arrived, KINDS[event["type"]], at)


def _offers(lines: Iterable[bytes]) -> Iterator[tuple[str | int | None, ...]]:
    for line in lines:
        value = json.loads(line)
        for event in value if isinstance(value, list) else [value]:
            if event["type"] == "se.svarsgrad.call.offered.v1":
                data = event["data"]
                arrived = datetime.fromisoformat(data["arrived_at"])
                if datetime.fromisoformat(event["time"]) >= arrived:
                    yield (
                        event["partitionkey"], event["subject"], data["queue"], micros(arrived),
                        data.get("caller"), data.get("origin", "unknown"),
                    )  # fmt: skip


def _figures_of(db: sqlite3.Connection, names: dict[str, Any], told: Told) -> dict[str, Any]:
    key = (names["municipality"], names["queue"])
    targets = list(told.targets.get(key, ()))
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
    outside, internal = db.execute(APART, names).fetchone()
    found = {
        "arrived": sum(counts.values()),
        "outside_hours": outside,
        "internal": internal,
        **counts,
        "wait_seconds": {
            "mean": float(Fraction(total, n * 1_000_000)) if n else None,
            **{f"p{p}": seconds(number(PERCENTILE, percent=p)) for p in PERCENTILES},
            "max": seconds(longest),
        },
        "wait_or_never_seconds": {
            f"p{p}": seconds(number(PERCENTILE_OR_NEVER, percent=p)) for p in PERCENTILES
        },
        "talk_seconds": {
            "mean": float(Fraction(talked, talks * 1_000_000)) if talks else None,
            "n": talks,
        },
        "abandoned_within": {
            **{str(edge): number(ABANDONED, edge=edge * 1_000_000) for edge in ABANDON_EDGES},
            "all": counts["abandoned"],
        },
        "lost": share(fates["lost"], ended),
        "lost_high": share(fates["lost"] + fates["unknown"], ended),
        **after_the_leg(db, names, told),
        "service_levels": {
            target: _service_level(db, names | {"limit": limit * 1_000_000})
            for target, limit in targets
        },
        "latest": {
            target: _latest(db, names | {"limit": limit * 1_000_000})
            for target, limit in (targets if names["window"] == "today" else ())
        },
        "wait_histogram": {
            "counts": [number(AT_MOST, edge=edge * 1_000_000) for edge in EDGES] + [n],
            "sum": (total or 0) / 1e6,
        },
    }
    waiting, longest_now = db.execute(WAITING_NOW, names).fetchone()
    found["now"] = {
        "waiting": waiting,
        "longest_wait_seconds": seconds(longest_now),
        "is_open": bool(number(IS_OPEN)),
        "has_incident": any(
            micros(begins) <= names["now"] < micros(ends)
            for begins, ends, queues in told.incidents
            if names["queue"] in queues or not queues
        ),
    }
    found["without_incidents"] = _without_incidents(db, names, told, targets)
    db.executescript(FORGET)
    db.execute(ONE_QUEUE.format(hours="is_published"), names)
    by_published = {
        target: _service_level(db, names | {"limit": limit * 1_000_000})
        for target, limit in (targets if key in told.published_minutes else ())
    }
    db.execute("DROP TABLE one_queue")
    found["published_service_levels"] = by_published
    return found


def _latest(db: sqlite3.Connection, names: dict[str, Any]) -> dict[str, Any]:
    number, good = db.execute(VERDICTS + LATEST, names).fetchone()
    return share(good, number)


def _service_level(db: sqlite3.Connection, names: dict[str, Any]) -> dict[str, Any]:
    by_verdict, by_formula = (
        VERDICTS + SERVICE_LEVEL.format(counted=counted) for counted in (BY_VERDICT, BY_FORMULA)
    )
    legs = dict(db.execute(by_verdict, names).fetchall())
    counted = db.execute(by_formula, names).fetchone()
    _, early_answers, answers, early_leavers, leavers, left, decided = counted or [0] * 7
    good, decided = legs.get("in time", 0), sum(legs.values())
    low, high = wilson(good, decided) if decided else (None, None)
    return {
        "good": good,
        "decided": decided,
        "ratio": ratio(good, decided),
        "wilson_low": low,
        "wilson_high": high,
        "missed": {why: legs.get(why, 0) for why in MISSES},
        "formulas": {
            "of_answered": share(early_answers, answers),
            "less_early_abandons": share(early_answers, answers + leavers - early_leavers),
            "early_abandons_kept": share(early_answers + early_leavers, answers + leavers),
            "left": share(left, decided),
        },
    }


# "Where an incident overlaps a window, the figures also without the legs that arrived inside it."
INSIDE = "DELETE FROM {table} WHERE arrived >= :incident_begins AND arrived < :incident_ends"


def _without_incidents(
    db: sqlite3.Connection, names: dict[str, Any], told: Told, targets: list[tuple[str, int]]
) -> dict[str, Any] | None:
    """Deletes from the tables of the queue: the last that is asked of them."""
    incidents = [
        {"incident_begins": micros(begins), "incident_ends": micros(ends)}
        for begins, ends, queues in told.incidents
        if (names["queue"] in queues or not queues)
        and max(micros(begins), names["begins"]) < min(micros(ends), names["ends"])
    ]
    if not incidents:
        return None
    for incident in incidents:
        for table in ("one_queue", "in_window"):
            db.execute(INSIDE.format(table=table), names | incident)
    counted = "SELECT COUNT(*) FROM in_window WHERE {}"
    lost, ended = (
        db.execute(counted.format(which)).fetchone()[0]
        for which in ("fate = 'lost'", "outcome <> 'waiting'")
    )
    levels = {
        target: _service_level(db, names | {"limit": limit * 1_000_000})
        for target, limit in targets
    }
    return {
        **{
            outcome: db.execute(COUNT, names | {"outcome": outcome}).fetchone()[0]
            for outcome in OUTCOMES
        },
        "lost": share(lost, ended),
        "service_levels": {
            target: share(level["good"], level["decided"]) for target, level in levels.items()
        },
    }


def _bounds(window: Window, now: datetime, zone: tzinfo) -> dict[str, int | bool]:
    """Rolling windows and today end now; today begins at local midnight."""
    if isinstance(window, tuple):
        begins, ends = map(micros, window)
        return {"begins": begins, "ends": ends, "is_rolling": False}
    ends = micros(now)
    if window == "today":
        return {"begins": _midnight(now, zone), "ends": ends, "is_rolling": False}
    begins = ends - ROLLING_SECONDS[window] * 1_000_000
    return {"begins": begins, "ends": ends, "is_rolling": True}


def _midnight(now: datetime, zone: tzinfo, days_ago: int = 0) -> int:
    """The first instant of a local day: of two midnights the first, of a skipped one its end."""
    day = now.astimezone(zone).date() - timedelta(days=days_ago)
    return micros(datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC))
