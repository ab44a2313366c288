"""Every figure of cases and of the survey again, in plain loops: what the real code is held to.

It imports nothing of ours, so that it can't share a mistake with what it checks. It follows
docs/decisions/0010-cases.md sentence by sentence, slowly: it looks at one case at a time, and asks
of each what had happened before now. Instants are datetimes; nothing is kept between two calls.
"""

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from fractions import Fraction
from typing import Any

from reference.amounts import ratio, wilson

CHANNELS = ("phone", "email", "e_service", "chat", "social", "visit", "post")
UNKNOWN_CHANNEL = "okänd kanal"
UNKNOWN_QUEUE = "okänd kö"
UNKNOWN_ADMINISTRATION = "okänd förvaltning"
NOT_HANDED_OVER = "ej överlämnat"
VERDICTS = ("in_time", "late", "overdue", "withdrawn")
TICK = timedelta(microseconds=1)

Span = tuple[datetime, datetime]
Due = Callable[[datetime], datetime | None]


@dataclass(frozen=True)
class Version:
    """A promise about cases, as it reads from one date to (not including) another."""

    id: str
    measure: str
    due: Due
    valid_from: date
    valid_to: date | None = None
    tells: tuple[str, ...] = ()

    def holds(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)


@dataclass(frozen=True)
class Whole:
    """A promise of the municipality as a whole."""

    id: str
    measure: str
    valid_from: date = date(2000, 1, 1)
    valid_to: date | None = None
    of: str = "contacts"
    channels: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()

    def holds(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)


@dataclass(frozen=True)
class World:
    """What the catalogue says."""

    zone: tzinfo
    queues: Mapping[str, tuple[str, Sequence[Version]]]
    """Queue → its kind, and its promises."""
    administrations: Sequence[str]
    channels: Sequence[str]
    promises: Sequence[Whole] = ()
    closes: Callable[[date], datetime | None] = lambda _: None
    """When the office closes on a day; None of a day on which it isn't open."""


# When things are due.


def in_days(count: int, zone: tzinfo) -> Due:
    """So many days later, at the same time on the wall (or the first later one there is)."""

    def due(start: datetime) -> datetime:
        shown = start.astimezone(zone)
        spare = timedelta(seconds=shown.second, microseconds=shown.microsecond)
        day, minute = shown.date() + timedelta(days=count), (shown.hour, shown.minute)
        at = datetime.combine(day, time(), zone).astimezone(UTC)
        while (on_wall := at.astimezone(zone)).date() == day and (
            on_wall.hour,
            on_wall.minute,
        ) < minute:
            at += timedelta(minutes=1)
        return at + spare

    return due


def in_working_days(count: int, closes: time, days_off: set[date], zone: tzinfo) -> Due:
    """At closing time of so many working days after the day on which it starts, or the next."""

    def works(day: date) -> bool:
        return day.weekday() < 5 and day not in days_off

    def due(start: datetime) -> datetime:
        day = start.astimezone(zone).date()
        while not works(day):
            day += timedelta(days=1)
        for _ in range(count):
            day += timedelta(days=1)
            while not works(day):
                day += timedelta(days=1)
        return datetime.combine(day, closes, zone).astimezone(UTC)

    return due


# A case.


@dataclass
class Case:
    """What had become of a case by an instant."""

    id: str
    queue: str
    opened: datetime
    channel: str | None
    contacts: list[tuple[datetime, str]]
    handovers: list[tuple[datetime, str]] = field(default_factory=list)
    told: datetime | None = None
    resolved: datetime | None = None
    resolved_by: str | None = None
    has_left_the_centre: bool = False
    is_reopened: bool = False

    @property
    def is_solved_in_centre(self) -> bool:
        return self.resolved_by == "customer_centre" and not self.has_left_the_centre

    def held_by(self, at: datetime) -> str | None:
        """The administration it had last been handed over to at an instant."""
        before = [administration for when, administration in self.handovers if when <= at]
        return before[-1] if before else None


ORDER = ["handed_over", "feedback", "customer_centre", "administration", "reopened"]


def cases(lines: Iterable[bytes], now: datetime, keeps: Any = None) -> list[Case]:
    """Return the cases that had begun before now, as of now."""
    stated: dict[str, list[dict[str, Any]]] = {}
    for line in lines:
        event = json.loads(line)
        if event["type"].startswith("se.svarsgrad.case."):
            restated = event["data"].get("restated_at")
            fact = {
                "what": event["type"].split(".")[3],
                "id": event["id"],
                "at": _instant(event["time"]),
                **event["data"],
                "opened_at": _instant(event["data"]["opened_at"]),
                "restated_at": _instant(restated) if restated else None,
            }
            if keeps is None or keeps(fact["opened_at"], fact["restated_at"]):
                stated.setdefault(event["subject"], []).append(fact)
    found = [_case(subject, facts, now) for subject, facts in stated.items()]
    return [case for case in found if case is not None]


def _case(subject: str, facts: list[dict[str, Any]], now: datetime) -> Case | None:
    # A case exists if it was opened, and that edition restated, before now.
    there = [
        fact
        for fact in facts
        if fact["opened_at"] < now and (fact["restated_at"] is None or fact["restated_at"] < now)
    ]
    if not there:
        return None
    # Of several editions the latest counts, alone.
    restated = [fact["restated_at"] for fact in there if fact["restated_at"] is not None]
    edition = max(restated) if restated else None
    there = [fact for fact in there if fact["restated_at"] == edition]
    # Opening and inbox are those of the smallest (opened_at, queue).
    opened, queue = min((fact["opened_at"], fact["queue"]) for fact in there)
    # Only facts before now count.
    known = [fact for fact in there if fact["at"] < now]
    case = Case(subject, queue, opened, _channel(known), _contacts(known))
    happened = {
        (
            fact["at"],
            ORDER.index(fact["by"] if fact["what"] == "resolved" else fact["what"]),
            fact.get("administration") or "" if fact["what"] == "handed_over" else "",
        )
        for fact in known
        if fact["what"] not in ("opened", "contacted")
    }
    for at, order, administration in sorted(happened):
        what = ORDER[order]
        is_open = case.resolved is None
        if what == "handed_over":
            case.handovers.append((at, administration))
            case.has_left_the_centre = True
            if not is_open:
                case.resolved, case.resolved_by, case.is_reopened = None, None, True
        elif what == "reopened":
            if not is_open:
                case.resolved, case.resolved_by, case.is_reopened = None, None, True
        else:
            if what != "customer_centre" and case.handovers and case.told is None:
                case.told = at
            if what != "feedback" and is_open:
                case.resolved, case.resolved_by = at, what
                case.has_left_the_centre |= what == "administration"
    return case


def _channel(known: list[dict[str, Any]]) -> str | None:
    """That of the first `opened`; of two at one instant, the first in the list of channels."""
    opened = [
        (fact["at"], CHANNELS.index(fact["channel"])) for fact in known if fact["what"] == "opened"
    ]
    return CHANNELS[min(opened)[1]] if opened else None


def _contacts(known: list[dict[str, Any]]) -> list[tuple[datetime, str]]:
    """One per event id: of several with one id the earliest, then the first channel."""
    first: dict[str, tuple[datetime, int]] = {}
    for fact in known:
        if fact["what"] == "contacted":
            contact = (fact["at"], CHANNELS.index(fact["channel"]))
            first[fact["id"]] = min(contact, first.get(fact["id"], contact))
    return [(at, CHANNELS[channel]) for at, channel in first.values()]


# Clocks.


@dataclass
class Clock:
    """One case's clock by one promise."""

    case: Case
    version: Version
    started: datetime
    due: datetime | None
    stopped: datetime | None
    withdrawn: datetime | None

    @property
    def ended(self) -> datetime | None:
        ends = [at for at in (self.stopped, self.withdrawn) if at is not None]
        return min(ends) if ends else None

    @property
    def had_it(self) -> str | None:
        """Who had it when it ended or, if that came first, when it was due."""
        moments = [at for at in (self.ended, self.due) if at is not None]
        return self.case.held_by(min(moments)) if moments else self.has_it

    @property
    def has_it(self) -> str | None:
        return self.case.handovers[-1][1] if self.case.handovers else None


def _clock(case: Case, version: Version, zone: tzinfo) -> Clock | None:
    if version.measure == "resolved_within":
        started, stopped, withdrawn = case.opened, case.resolved, None
    else:
        if not case.handovers:
            return None
        started, stopped, withdrawn = case.handovers[0][0], case.told, None
        # Resolved by the customer centre once it had been away: nobody waits for feedback.
        if case.resolved_by == "customer_centre" and case.has_left_the_centre:
            withdrawn = case.resolved
            if stopped is not None and stopped <= case.resolved:
                withdrawn = None
    if not version.holds(started.astimezone(zone).date()):
        return None
    due = version.due(started)
    due = None if due is None else due.astimezone(UTC)
    return Clock(case, version, started, due, stopped, withdrawn)


def _pending(clocks: list[Clock], now: datetime, zone: tzinfo) -> dict[str, Any]:
    running = [clock for clock in clocks if clock.ended is None]
    overdue = [clock.due for clock in running if clock.due is not None and clock.due < now]
    ends = _midnight(now.astimezone(zone).date() + timedelta(days=1), zone)
    return {
        "open": len(running),
        "due_soon": sum(clock.due is not None and now <= clock.due <= ends for clock in running),
        "overdue": len(overdue),
        "longest_overdue_seconds": (now - min(overdue)) / TICK / 1e6 if overdue else None,
        "last_overdue_seconds": (now - max(overdue)) / TICK / 1e6 if overdue else None,
        "undated": sum(clock.due is None for clock in running),
    }


def _kept(clocks: list[Clock], span: Span, now: datetime) -> dict[str, Any]:
    counts, late, undated = dict.fromkeys(VERDICTS, 0), list[int](), 0
    for clock in clocks:
        if clock.due is None:
            undated += _inside(clock.started, span)
        elif _inside(clock.due, span):
            verdict = _verdict(clock)
            counts[verdict] += 1
            if verdict in ("late", "overdue"):
                late.append(((clock.ended or now) - clock.due) // TICK)
    n = counts["in_time"] + counts["late"] + counts["overdue"]
    return {
        **counts,
        **_share(counts["in_time"], n),
        "late_seconds": {
            "n": len(late),
            "mean": float(Fraction(sum(late), len(late) * 1_000_000)) if late else None,
            "p50": _percentile(50, late),
            "p90": _percentile(90, late),
            "max": max(late) / 1e6 if late else None,
        },
        "undated": undated,
    }


def _verdict(clock: Clock) -> str:
    assert clock.due is not None
    if clock.ended is None:
        return "overdue"
    if clock.ended > clock.due:
        return "late"
    return "withdrawn" if clock.withdrawn == clock.ended else "in_time"


# All figures.


def figures(
    lines: Iterable[bytes],
    world: World,
    *,
    now: datetime,
    name: str,
    span: Span,
    all_spans: Sequence[Span],
    incoming: Mapping[str, int | None],
    answered: Mapping[str, int | None],
    keeps: Any = None,
) -> dict[str, Any]:
    """Return the figures of a window, of which ``name`` and ``span`` are.

    ``all_spans`` are the windows that are asked for together, of which it is one.
    """
    # In UTC: between two datetimes of one zone Python counts the hours that the wall shows.
    now = now.astimezone(UTC)
    span = span[0].astimezone(UTC), span[1].astimezone(UTC)
    found = cases(lines, now, keeps)
    zone, yesterday = world.zone, (now - TICK).astimezone(world.zone).date()

    def named(administration: str | None) -> str:
        if administration is None:
            return NOT_HANDED_OVER
        return (
            administration if administration in world.administrations else UNKNOWN_ADMINISTRATION
        )

    def split(clocks: list[Clock], who: str) -> dict[str, list[Clock]]:
        groups: dict[str, list[Clock]] = {name: [] for name in world.administrations}
        for clock in clocks:
            groups.setdefault(named(getattr(clock, who)), []).append(clock)
        return groups

    by_queue: dict[str, list[Case]] = {queue: [] for queue in (*world.queues, UNKNOWN_QUEUE)}
    for case in found:
        by_queue[case.queue if case.queue in world.queues else UNKNOWN_QUEUE].append(case)
    queues: dict[str, Any] = {}
    clocks_by_promise: dict[str, list[Clock]] = {}
    holding: set[str] = set()
    overdue: list[tuple[Any, ...]] = []
    for queue, its in by_queue.items():
        kind, versions = world.queues.get(queue, ("", ()))
        promises: dict[str, Any] = {}
        for id_ in dict.fromkeys(version.id for version in versions):
            mine = [version for version in versions if version.id == id_]
            made = [_clock(case, version, zone) for case in its for version in mine]
            clocks = [clock for clock in made if clock is not None]
            clocks_by_promise.setdefault(id_, []).extend(clocks)
            holds = any(version.holds(yesterday) for version in mine)
            if holds:
                holding.add(id_)
            if holds or _has_any(clocks, all_spans):
                promises[id_] = {
                    "pending": _pending(clocks, now, zone),
                    "kept": _kept(clocks, span, now),
                }
            overdue += [
                (clock.due, clock.case.id, queue, id_, named(clock.has_it), clock.started,
                 clock.version.tells)
                for clock in clocks
                if clock.ended is None and clock.due is not None and clock.due < now
            ]  # fmt: skip
        is_there = any(
            case.resolved is None or any(_inside(case.opened, one) for one in all_spans)
            for case in its
        )
        if kind == "cases" or is_there:
            queues[queue] = {
                "open": sum(case.resolved is None for case in its),
                "promises": promises,
                "opened": _opened(its, span, world, named),
            }
    return {
        "queues": queues,
        "promises": {
            id_: {
                "pending": _pending(clocks, now, zone),
                "kept": _kept(clocks, span, now),
                "pending_at": {
                    at: _pending(its, now, zone)
                    for at, its in split(
                        [clock for clock in clocks if clock.ended is None], "has_it"
                    ).items()
                },
                "kept_at": {
                    at: _kept(its, span, now)
                    for at, its in split(
                        [
                            clock
                            for clock in clocks
                            if _inside(clock.started if clock.due is None else clock.due, span)
                        ],
                        "had_it",
                    ).items()
                },
            }
            for id_, clocks in clocks_by_promise.items()
            if id_ in holding or _has_any(clocks, all_spans)
        },
        "opened": _opened(found, span, world, named),
        "contacts": _registered(found, span),
        "solved_in_centre": _solved(found, world, name, span, (incoming, answered)),
        "solved_by_channel": {
            channel: _solved_of(
                [
                    case
                    for case in found
                    if _inside(case.opened, span) and (case.channel or UNKNOWN_CHANNEL) == channel
                ]
            )
            for channel in (*CHANNELS, UNKNOWN_CHANNEL)
        },
        "overdue": [
            {
                "case": case,
                "queue": queue,
                "target": target,
                "administration": administration,
                "due": due.astimezone(UTC).isoformat(),
                "since": since.astimezone(UTC).isoformat(),
                "tells": list(tells),
            }
            for due, case, queue, target, administration, since, tells in sorted(overdue)
        ],
    }


def _has_any(clocks: list[Clock], spans: Sequence[Span]) -> bool:
    return any(
        clock.ended is None
        or any(_inside(clock.started if clock.due is None else clock.due, span) for span in spans)
        for clock in clocks
    )


def _opened(
    found: list[Case], span: Span, world: World, named: Callable[[str | None], str]
) -> dict[str, Any]:
    its = [case for case in found if _inside(case.opened, span)]
    channels = dict.fromkeys((*CHANNELS, UNKNOWN_CHANNEL), 0)
    to = dict.fromkeys(world.administrations, 0)
    resolved = {"customer_centre": 0, "administration": 0}
    for case in its:
        channels[case.channel or UNKNOWN_CHANNEL] += 1
        for name in {named(administration) for _, administration in case.handovers}:
            to[name] = to.get(name, 0) + 1
        if case.resolved_by is not None:
            resolved[case.resolved_by] += 1
    contacts = sum(1 + len(case.contacts) for case in its)
    solved = sum(case.is_solved_in_centre for case in its)
    decided = solved + sum(case.has_left_the_centre for case in its)
    at_first = [
        case
        for case in its
        if case.is_solved_in_centre and not case.is_reopened and not case.contacts
    ]
    return {
        "opened": len(its),
        "by_channel": channels,
        "handed_over": sum(bool(case.handovers) for case in its),
        "handed_over_to": to,
        "resolved_by": resolved,
        "solved_in_centre": solved,
        "decided": decided,
        "solved_at_first_contact": {"solved": len(at_first), **_share(len(at_first), decided)},
        "reopened": sum(case.is_reopened for case in its),
        "contacts": contacts,
        "contacts_per_case": contacts / len(its) if its else None,
    }


def _registered(found: list[Case], span: Span) -> dict[str, int]:
    counts = dict.fromkeys((*CHANNELS, UNKNOWN_CHANNEL), 0)
    for case in found:
        if _inside(case.opened, span):
            counts[case.channel or UNKNOWN_CHANNEL] += 1
        for at, channel in case.contacts:
            counts[channel] += _inside(at, span)
    return counts


def _solved(
    found: list[Case],
    world: World,
    name: str,
    span: Span,
    contacts: tuple[Mapping[str, int | None], Mapping[str, int | None]],
) -> dict[str, Any]:
    incoming, answered = contacts
    shares: dict[str, Any] = {}
    day = (span[1] - TICK).astimezone(world.zone).date()
    for promise in world.promises:
        if promise.measure != "solved_in_centre" or not promise.holds(day):
            continue
        if promise.of == "contacts" and name != "today":
            continue
        channels = promise.channels
        registered, silent, came_in, spoken_to = None, list[str](), 0, None
        if promise.of == "contacts":
            channels = channels or tuple(world.channels) or CHANNELS
            silent = [channel for channel in channels if incoming.get(channel) is None]
            channels = tuple(channel for channel in channels if channel not in silent)
            came_in = sum(incoming[channel] or 0 for channel in channels)
            by_channel = _registered(found, span)
            registered = sum(by_channel[channel] for channel in channels)
            if all(answered.get(channel) is not None for channel in channels):
                spoken_to = sum(answered[channel] or 0 for channel in channels)
        covers_all = promise.of == "cases" and not channels
        its = [
            case
            for case in found
            if _inside(case.opened, span) and (covers_all or case.channel in channels)
        ]
        solved = sum(case.is_solved_in_centre for case in its)
        decided = solved + sum(case.has_left_the_centre for case in its)
        n = decided if promise.of == "cases" else came_in
        share = _share(solved, n)
        if solved > n:
            share |= dict.fromkeys(("ratio", "wilson_low", "wilson_high"))
        shares[promise.id] = {
            "solved": solved,
            **share,
            "registered": registered,
            "answered": spoken_to,
            "registered_ratio": (registered or 0) / spoken_to if spoken_to else None,
            "silent": silent,
            "is_judged": promise.of == "cases" or (not silent and _has_closed(world, span)),
        }
    return shares


def _has_closed(world: World, span: Span) -> bool:
    """The office has been open in the span, and on its last day it opens no more."""
    day, last = (at.astimezone(world.zone).date() for at in (span[0], span[1] - TICK))
    closings = []
    while day <= last:
        closings += [at for at in [world.closes(day)] if at is not None and at > span[0]]
        day += timedelta(days=1)
    return bool(closings) and all(at <= span[1] for at in closings)


def _solved_of(its: list[Case]) -> dict[str, Any]:
    solved = sum(case.is_solved_in_centre for case in its)
    return {
        "solved": solved,
        **_share(solved, solved + sum(case.has_left_the_centre for case in its)),
    }


# The survey.


def survey(
    lines: Iterable[bytes], world: World, *, now: datetime, span: Span, keeps: Any = None
) -> dict[str, Any]:
    """Return what the survey says in a window, by promise."""
    latest: dict[tuple[str, str], tuple[datetime, str, int]] = {}
    for line in lines:
        event = json.loads(line)
        if event["type"] != "se.svarsgrad.survey.answered.v1":
            continue
        at = _instant(event["time"])
        if at < now and (keeps is None or keeps(at, None)):
            # Of two answers of one reply to one question the later counts; ties by event id.
            key = (event["subject"], event["data"]["question"])
            answer = (at, event["id"], event["data"]["grade"])
            latest[key] = max(answer, latest.get(key, answer))
    found: dict[str, Any] = {}
    day = (span[1] - TICK).astimezone(world.zone).date()
    for promise in world.promises:
        if promise.measure != "satisfied" or not promise.holds(day):
            continue
        its = [
            (reply, grade)
            for (reply, question), (at, _, grade) in latest.items()
            if question in promise.questions and _inside(at, span)
        ]
        replies = len({reply for reply, _ in its})
        satisfied = sum(grade in (4, 5) for _, grade in its)
        shown = _share(satisfied, len(its))
        if replies < 5:
            shown |= dict.fromkeys(("ratio", "wilson_low", "wilson_high"))
        found[promise.id] = {
            "satisfied": satisfied if replies >= 5 else None,
            "replies": replies,
            **shown,
        }
    return found


# Small things.


def _share(part: int, whole: int) -> dict[str, Any]:
    low, high = wilson(part, whole) if whole and part <= whole else (None, None)
    return {
        "n": whole,
        "ratio": ratio(part, whole),
        "wilson_low": low,
        "wilson_high": high,
    }


def _percentile(percent: int, values: list[int]) -> float | None:
    """The smallest value with at least that share of the values at or under it."""
    for value in sorted(values):
        if 100 * sum(other <= value for other in values) >= percent * len(values):
            return value / 1e6
    return None


def _inside(at: datetime, span: Span) -> bool:
    return span[0] <= at < span[1]


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def span_of(name: str, now: datetime, zone: tzinfo) -> Span:
    """Return a window of whole days on the wall, the last of which is today, so far."""
    days = {"today": 1, "7d": 7, "30d": 30}[name]
    return _midnight(now.astimezone(zone).date() - timedelta(days=days - 1), zone), now


def is_close(one: float, other: float) -> bool:
    """Say whether two ends of an interval are equal but for rounding."""
    return math.isclose(one, other, rel_tol=1e-12, abs_tol=1e-15)
