"""Every figure of questions again, in plain loops: the oracle that the real code is compared with.

It imports nothing of ours, so that it can't share a mistake with what it checks. It follows
docs/decisions/0009-questions.md sentence by sentence, slowly; events are those of
docs/decisions/0002-event-format.md, already valid. Due times are found by walking through the
almanac day by day, and through hours minute by minute (``working_time``).
"""

import json
from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo
from fractions import Fraction
from typing import Any

from reference.amounts import ratio, wilson

UNKNOWN_QUEUE = "okänd kö"
DAYS = {"today": 1, "7d": 7, "30d": 30}
MICROSECOND = timedelta(microseconds=1)
ONE_DAY = timedelta(days=1)
ENDS = {
    "answered": "answered",
    "answered_otherwise": "answered_otherwise",
    "no_answer_needed": "no_answer_needed",
    "spam": "spam",
    "bounce": "bounce",
}
JUNK = ("spam", "bounce")
# "At one microsecond: what came in or was passed on, then answers, dismissals, reopenings."
ORDER = (
    "followed_up", "auto_replied", "forwarded", "answered", "answered_otherwise",
    "no_answer_needed", "spam", "bounce", "reopened",
)  # fmt: skip
VERDICTS = ("in_time", "answered_late", "dismissed_late", "overdue", "no_answer_needed")


@dataclass(frozen=True)
class Version:
    """A promise in some years: its limit is (2, "wd"), (8, "wh") or (3, "d")."""

    valid_from: date
    valid_to: date | None
    limit: tuple[int, str]
    rule: str = "arrival_day"
    addresses: int | None = None

    def holds(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)


@dataclass(frozen=True)
class Town:
    """What the catalogue says, as plain data."""

    zone: tzinfo
    promises: Mapping[str, Sequence[Version]]
    mailboxes: Mapping[str, tuple[str, Sequence[str]]]
    """Id → name, and the promises it makes."""
    holidays: Collection[date]
    years: tuple[int, int]
    """The first and the last of which holidays are known."""
    closing: int
    """Minute of every working day at which the office normally closes."""
    office_minutes: Sequence[datetime]
    """Every minute in which the office is open, in order."""
    open_minutes: Mapping[str, Sequence[datetime]]
    """The same of each mailbox that has hours of its own; the others never close."""


@dataclass
class Question:
    received: datetime
    mailbox: str
    channel: str
    end: datetime | None = None
    state: str = "open"
    marks: set[str] = field(default_factory=set)


def figures(
    events: Iterable[bytes],
    town: Town,
    now: datetime,
    *,
    kept_from: tuple[datetime, datetime],
    windows: Mapping[str, tuple[datetime, datetime]] | None = None,
) -> dict[str, Any]:
    """Return what ``streams.figures.questions.as_data`` must return.

    ``kept_from`` is when the earliest question that is kept was received, and when the earliest
    that was stated anew was so.
    """
    now = now.astimezone(UTC)
    spans = windows or {name: (_midnight(town, now, n - 1), now) for name, n in DAYS.items()}
    facts = [fact for raw in events if _is_kept(fact := json.loads(raw), kept_from)]
    questions = [
        question
        for subject in sorted({fact["subject"] for fact in facts})
        for question in _thread([f for f in facts if f["subject"] == subject], now)
    ]
    heard = _heard(facts, _midnight(town, now, 29), now)
    today = (now - MICROSECOND).astimezone(town.zone).date()
    mailboxes: dict[str, Any] = {}
    for mailbox, (_, promises) in town.mailboxes.items():
        its = [question for question in questions if question.mailbox == mailbox]
        shown = {}
        for promise in promises:
            judged = _judged(town, promise, its)
            told = _promised(town, judged, spans, now)
            if _has_any(told) or any(v.holds(today) for v in town.promises[promise]):
                shown[promise] = told
        mailboxes[mailbox] = {
            **_counted(its, spans, now), "reporting": mailbox in heard, "promises": shown,
        }  # fmt: skip
    # "What comes to a mailbox the catalogue lacks is pooled and judged by nothing."
    others = [question for question in questions if question.mailbox not in town.mailboxes]
    unknown = {**_counted(others, spans, now), "reporting": None, "promises": {}}
    if any(unknown["open"].values()) or any(
        any(w["states"].values()) or any(w["junk"].values()) for w in unknown["windows"].values()
    ):
        mailboxes[UNKNOWN_QUEUE] = unknown
    pools: dict[str, Any] = {}
    for promise, versions in town.promises.items():
        judged = [
            pair
            for mailbox, (_, promises) in town.mailboxes.items()
            if promise in promises
            for pair in _judged(town, promise, [q for q in questions if q.mailbox == mailbox])
        ]
        told = _promised(town, judged, spans, now)
        coverage = None
        for version in versions:
            if version.holds(today):
                # "The mailboxes it says it covers (no fewer than the catalogue has)."
                all_ = [id_ for id_, (_, made) in town.mailboxes.items() if promise in made]
                silent = {id_: town.mailboxes[id_][0] for id_ in all_ if id_ not in heard}
                coverage = {
                    "mailboxes": max(version.addresses or 0, len(all_)),
                    "mailboxes_reporting": len([id_ for id_ in all_ if id_ in heard]),
                    "silent": silent,
                }
        if coverage is not None or _has_any(told):
            pools[promise] = {**told, "coverage": coverage}
    return {"mailboxes": mailboxes, "promises": pools}


# What is kept, and threads.


def _is_kept(event: dict[str, Any], kept_from: tuple[datetime, datetime]) -> bool:
    data = event["data"]
    if _at(data["received_at"]) >= kept_from[0]:
        return True
    return data.get("restated_at") is not None and _at(data["restated_at"]) >= kept_from[1]


def _thread(events: list[dict[str, Any]], now: datetime) -> list[Question]:
    """Tell one thread in order of time."""
    # "The latest [edition] that was stated before now is the one that counts, whole."
    begun = [event for event in events if _at(event["data"]["received_at"]) < now]
    editions = [_edition(event) for event in begun if _edition(event) < now]
    mine = [event for event in begun if editions and _edition(event) == max(editions)]
    if not mine:
        return []
    # "The mailbox, the channel and the start of the clock are those of the copy received first,
    # and of several at one instant the first by name."
    received, mailbox = min((_at(e["data"]["received_at"]), e["data"]["queue"]) for e in mine)
    questions = [Question(received, mailbox, _channel(mine, received, mailbox))]
    said = {
        (
            _at(event["time"]),
            ORDER.index(what),
            event["data"]["queue"],
            _channel(mine, _at(event["data"]["received_at"]), event["data"]["queue"]),
        )
        for event in mine
        if (what := _what(event)) in ORDER and _at(event["time"]) < now
    }
    for at, order, queue, channel in sorted(said):
        what, question = ORDER[order], questions[-1]
        if what in ("auto_replied", "forwarded"):
            question.marks.add(what)
        elif what == "followed_up" and question.state == "open":
            question.marks.add("followed_up")
        elif what == "followed_up":
            questions.append(Question(at, queue, channel, marks={"begun_by_follow_up"}))
        elif what == "reopened" and question.state != "open":
            question.end, question.state = None, "open"
            question.marks.add("reopened")
        elif what != "reopened" and question.state == "open":
            question.end, question.state = at, what
        elif what in JUNK and question.state not in JUNK:
            # "No question at all, also if that is said after another end."
            question.end, question.state = at, what
    return questions


def _edition(event: dict[str, Any]) -> datetime:
    """Return when it was restated; before all others if never."""
    restated = event["data"].get("restated_at")
    return datetime.min.replace(tzinfo=UTC) if restated is None else _at(restated)


def _channel(events: Iterable[dict[str, Any]], received: datetime, queue: str) -> str:
    """Return "e-service if any event of [the copy] says so"."""
    of_copy = [
        e["data"].get("channel", "email")
        for e in events
        if (_at(e["data"]["received_at"]), e["data"]["queue"]) == (received, queue)
    ]
    return "e_service" if "e_service" in of_copy else "email"


def _what(event: dict[str, Any]) -> str:
    what: str = event["type"].removeprefix("se.svarsgrad.email.").removesuffix(".v1")
    return str(event["data"]["why"]) if what == "dismissed" else what


def _heard(events: list[dict[str, Any]], start: datetime, now: datetime) -> set[str]:
    """Return the mailboxes of which anything was said in ``[start, now)``."""
    heard = set()
    for event in events:
        data = event["data"]
        if _at(data["received_at"]) >= now:
            continue
        said = [_at(data["received_at"])]
        if data.get("restated_at") is not None:
            said.append(_at(data["restated_at"]))
        if _what(event) != "received":
            said.append(_at(event["time"]))
        if any(start <= at < now for at in said):
            heard.add(data["queue"])
    return heard


# Counting.


def _counted(questions: list[Question], spans: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    is_open = [question for question in questions if question.state == "open"]
    return {
        "open": _by_channel(is_open),
        "oldest_seconds": _seconds(now - min(q.received for q in is_open)) if is_open else None,
        "windows": {
            name: _received([q for q in questions if begins <= q.received < ends])
            for name, (begins, ends) in spans.items()
        },
    }


def _received(questions: list[Question]) -> dict[str, Any]:
    real = [question for question in questions if question.state not in JUNK]
    states = ("open", "answered", "answered_otherwise", "no_answer_needed")
    marks = ("auto_replied", "forwarded", "reopened", "followed_up", "begun_by_follow_up")
    return {
        "received": _by_channel(real),
        "states": {state: len([q for q in real if q.state == state]) for state in states},
        **{mark: len([q for q in real if mark in q.marks]) for mark in marks},
        "junk": {why: len([q for q in questions if q.state == why]) for why in JUNK},
        "answer_seconds": _spread(
            [
                q.end - q.received
                for q in real
                if q.end is not None and q.state in ("answered", "answered_otherwise")
            ]
        ),
    }


def _by_channel(questions: list[Question]) -> dict[str, int]:
    return {
        channel: len([q for q in questions if q.channel == channel])
        for channel in ("email", "e_service")
    }


# Judging.

Pair = tuple[Question, datetime | None]
"""A question, and when it is due; None if that can't be known."""


def _judged(town: Town, promise: str, questions: list[Question]) -> list[Pair]:
    """Return the questions that were received while a version of the promise held."""
    return [
        (question, _due(town, version, question))
        for question in questions
        if question.state not in JUNK
        for version in town.promises[promise]
        if version.holds(question.received.astimezone(town.zone).date())
    ]


def _promised(
    town: Town, judged: list[Pair], spans: Mapping[str, Any], now: datetime
) -> dict[str, Any]:
    due = [due for question, due in judged if question.state == "open"]
    tomorrow = _midnight(town, now, -1)
    overdue = [at for at in due if at is not None and at < now]
    return {
        "now": {
            "open": len(due),
            "due_soon": len([at for at in due if at is not None and now <= at <= tomorrow]),
            "overdue": len(overdue),
            "longest_overdue_seconds": _seconds(now - min(overdue)) if overdue else None,
            "last_overdue_seconds": _seconds(now - max(overdue)) if overdue else None,
            "undated": len([at for at in due if at is None]),
        },
        "windows": {
            name: _kept(judged, begins, ends, now) for name, (begins, ends) in spans.items()
        },
    }


def _kept(judged: list[Pair], begins: datetime, ends: datetime, now: datetime) -> dict[str, Any]:
    counts, late = dict.fromkeys(VERDICTS, 0), []
    for question, due in judged:
        # "Of what is due in the window and before now."
        if due is None or not begins <= due < ends or not due < now:
            continue
        if question.end is None:
            verdict = "overdue"
        elif question.state == "no_answer_needed":
            verdict = "no_answer_needed" if question.end <= due else "dismissed_late"
        else:
            verdict = "in_time" if question.end <= due else "answered_late"
        counts[verdict] += 1
        if verdict not in ("in_time", "no_answer_needed"):
            late.append((question.end or now) - due)
    decided = sum(counts.values()) - counts["no_answer_needed"]
    low, high = wilson(counts["in_time"], decided) if decided else (None, None)
    return {
        "due": counts,
        "decided": decided,
        "in_time_ratio": ratio(counts["in_time"], decided),
        "in_time_wilson_low_ratio": low,
        "in_time_wilson_high_ratio": high,
        "no_answer_needed_ratio": ratio(counts["no_answer_needed"], sum(counts.values())),
        "late_seconds": _spread(late),
        "undated": len([q for q, due in judged if due is None and begins <= q.received < ends]),
    }


def _has_any(told: dict[str, Any]) -> bool:
    return told["now"]["open"] > 0 or any(
        w["undated"] or any(w["due"].values()) for w in told["windows"].values()
    )


# When it is due, by decision 0008.


def _due(town: Town, version: Version, question: Question) -> datetime | None:
    count, unit = version.limit
    received = question.received
    day = received.astimezone(town.zone).date()
    if not town.years[0] <= day.year <= town.years[1]:
        return None
    if unit == "d":
        return _same_time(town, received, day + count * ONE_DAY)
    if unit == "wh":
        return _after_open(town, question.mailbox, received, count * 60)
    if version.rule == "next_opening":
        ahead = bisect_right(town.office_minutes, received - timedelta(minutes=1))
        minute = town.office_minutes[ahead]
        day = max(minute, received).astimezone(town.zone).date()
    while not _is_working(town, day):
        day += ONE_DAY
    for _ in range(count):
        day += ONE_DAY
        while not _is_working(town, day):
            day += ONE_DAY
    if day.year > town.years[1]:
        return None
    closes = datetime(day.year, day.month, day.day, tzinfo=town.zone)
    return (closes + timedelta(minutes=town.closing)).astimezone(UTC)


def _is_working(town: Town, day: date) -> bool:
    return day.weekday() < 5 and day not in town.holidays


def _same_time(town: Town, received: datetime, day: date) -> datetime:
    """Return the first instant of a day at which the wall shows that time or a later one."""
    local = received.astimezone(town.zone)
    minute = local.hour * 60 + local.minute
    at = _midnight_of(town, day)
    while True:
        shown = at.astimezone(town.zone)
        if shown.date() > day or shown.hour * 60 + shown.minute >= minute:
            rest = timedelta(seconds=local.second, microseconds=local.microsecond)
            return at + rest
        at += timedelta(minutes=1)


def _after_open(town: Town, mailbox: str, received: datetime, minutes: int) -> datetime | None:
    """Return when the mailbox has been open for so long."""
    if mailbox not in town.open_minutes:
        return received + timedelta(minutes=minutes)
    left = timedelta(minutes=minutes)
    ahead = bisect_right(town.open_minutes[mailbox], received - timedelta(minutes=1))
    for minute in town.open_minutes[mailbox][ahead:]:
        begins, ends = max(minute, received), minute + timedelta(minutes=1)
        if ends - begins >= left:
            return begins + left
        left -= ends - begins
    return None


# Small things.


def _midnight(town: Town, now: datetime, days_ago: int) -> datetime:
    return _midnight_of(town, now.astimezone(town.zone).date() - days_ago * ONE_DAY)


def _midnight_of(town: Town, day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=town.zone).astimezone(UTC)


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _spread(lengths: Sequence[timedelta]) -> dict[str, Any]:
    ordered = sorted(length // MICROSECOND for length in lengths)
    n = len(ordered)

    def rank(percent: int) -> float | None:
        """The smallest with at least so many percent of all at or under it."""
        for length in ordered:
            if 100 * len([x for x in ordered if x <= length]) >= percent * n:
                return length / 1e6
        return None

    return {
        "n": n,
        "mean": float(Fraction(sum(ordered), n * 1_000_000)) if n else None,
        "p50": rank(50),
        "p90": rank(90),
        "max": ordered[-1] / 1e6 if n else None,
    }


def _seconds(length: timedelta) -> float:
    return (length // MICROSECOND) / 1e6
