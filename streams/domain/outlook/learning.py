"""Learns the profiles of queues from their calls: when they come, how long they take, who waits.

A call in a queue is counted once, and not if it came from within the municipality: no promise is
about those.

Source: docs/decisions/0014-outlook.md.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

import numpy as np

from streams.domain.catalogue import Incident, Municipality, Queue
from streams.domain.instants import MINUTE, SECOND
from streams.domain.outlook.alerting import CLUSTERING, DAYS
from streams.domain.outlook.profile import Instants, Profile, is_ordinary, learn, quarters_of
from streams.domain.phone.as_of import QueueLegs, State, legs_as_of
from streams.domain.phone.by_queue import ByQueue
from streams.domain.phone.evaluation import limits_on, while_open
from streams.domain.phone.figures import Share
from streams.domain.phone.incidents import touching
from streams.domain.phone.legs import Frame
from streams.domain.phone.service_level import service_levels, talks_of
from streams.domain.windows import TODAY, Window, day_of

HALF_HOUR: Final = 30 * MINUTE
MOST_DAYS_KEPT: Final = 0.95
"""Of the days, those that vary least: the part of them that clustering is learnt of."""
AS_MUCH_AS: Final = 200.0
"""What is taken of clustering where nothing is known weighs as a fortnight of a small queue, of
five calls in a half-hour and 95 % in time."""
LEAST_ABANDONED: Final = 30
"""Of fewer who hung up nothing is learnt of patience: as if nobody did."""


def profiles_of(municipality: Municipality, frame: Frame, now: int) -> dict[str, Profile]:
    """Return the profiles of the queues that something is known of, by queue.

    The first and the last day are left out, since they may not be whole, and days on which nobody
    called the municipality at all: then the source was silent.
    """
    standing = legs_as_of(frame, now)
    external = standing.legs.only(~standing.legs.is_internal)
    quarters = dict(_whole_days(municipality, external))
    found = {}
    for queue in municipality.queues.values():
        rows = standing.rows.get(queue.id)
        if queue.is_answered and rows is not None:
            legs = standing.legs.only(rows)
            profile = _learnt(municipality, queue, legs.only(~legs.is_internal), quarters)
            if profile is not None:
                found[queue.id] = profile
    return found


def _whole_days(municipality: Municipality, legs: QueueLegs) -> Iterator[tuple[date, Instants]]:
    """Yield the days on which anybody called, but for the first and the last; their quarters."""
    if not len(legs.arrived):
        return
    arrived = np.sort(legs.arrived)
    first, last = (day_of(int(at), municipality.zone) for at in (arrived[0], arrived[-1]))
    day = first + timedelta(days=1)
    while day < last:
        quarters = quarters_of(day, municipality.zone)
        begins, ends = np.searchsorted(arrived, quarters[[0, -1]])
        if begins < ends:
            yield day, quarters
        day += timedelta(days=1)


def _learnt(
    municipality: Municipality, queue: Queue, legs: QueueLegs, days: Mapping[date, Instants]
) -> Profile | None:
    """Return the profile of a queue, of its external calls on some days; None if none came."""
    incidents = touching(municipality.incidents, queue.id)
    arrived = np.sort(legs.arrived)
    counts, is_learnt = {}, np.zeros(len(legs.arrived), dtype=np.bool_)
    for day, quarters in days.items():
        if _is_ordinary(queue, incidents, day, quarters):
            places = np.searchsorted(arrived, quarters)
            counts[day] = np.diff(places).tolist()
            is_learnt |= (legs.arrived >= quarters[0]) & (legs.arrived < quarters[-1])
    profile = learn(counts)
    if profile is None:
        return None
    learnt = legs.only(is_learnt)
    (talk,) = talks_of(ByQueue.one(learnt))
    halves = _halves(municipality, queue, legs, [days[day] for day in sorted(counts)])
    return replace(
        profile,
        talk_seconds=talk.mean if talk else None,
        patience_seconds=_patience(learnt),
        levels={target: tuple(_ratios(its)[-DAYS:]) for target, its in halves.items()},
        clustering={
            target: found
            for target, its in halves.items()
            if (found := clustering_of(its)) is not None
        },
    )


def _halves(
    municipality: Municipality, queue: Queue, legs: QueueLegs, days: Iterable[Instants]
) -> dict[str, list[list[Share]]]:
    """Return how each half-hour of each day did by each target, those without calls left out."""
    inside = legs.only(while_open(legs.arrived, queue.promised))
    found: dict[str, list[list[Share]]] = {}
    for quarters in days:
        begins, ends = int(quarters[0]), int(quarters[-1])
        of_day = ByQueue.one(inside).during(begins, ends)
        limits = [*limits_on(municipality, queue.id, begins)]
        shares: dict[str, list[Share]] = {limit.target: [] for limit in limits}
        for start in range(begins, ends, HALF_HOUR):
            window = Window(TODAY, start, min(start + HALF_HOUR, ends), rolling=False)
            (levels,) = service_levels(of_day, window, [limits])
            for target, level in levels.items():
                if level.decided:
                    shares[target].append(Share(level.good, level.decided))
        for target, its in shares.items():
            found.setdefault(target, []).append(its)
    return found


def _ratios(days: Iterable[Sequence[Share]]) -> list[float]:
    """Return the service levels of some days; none of a day without any calls."""
    found = (Share(sum(s.part for s in its), sum(s.whole for s in its)).ratio for its in days)
    return [ratio for ratio in found if ratio is not None]


def clustering_of(days: Iterable[Sequence[Share]]) -> float | None:
    """Return how much alike the calls of a half-hour end, of the half-hours of some days.

    The intraclass correlation: how much the shares of a day's half-hours vary about the day's,
    beyond what chance does, against how much they would if all calls of each ended alike. Of all
    days together but the twentieth of them that vary most, so that one on which all went wrong at
    noon says nothing; and with some of what is taken where nothing is known, so that few calls say
    little. None if there were no days on which some calls were in time and some were not.
    """
    found = []
    for halves in days:
        part, whole = sum(its.part for its in halves), sum(its.whole for its in halves)
        pairs = sum(its.whole * (its.whole - 1) for its in halves)
        if not 0 < part < whole or not pairs:
            continue
        share = part / whole
        each = share * (1 - share)
        beyond = sum(
            (its.part - share * its.whole) ** 2 - each * its.whole * (1 - its.whole / whole)
            for its in halves
        )
        found.append((beyond / (each * pairs), beyond, each * pairs))
    if not found:
        return None
    kept = sorted(found)[: math.ceil(MOST_DAYS_KEPT * len(found))]
    beyond_all = sum(beyond for _, beyond, _ in kept) + CLUSTERING * AS_MUCH_AS
    return min(1.0, max(0.0, beyond_all / (sum(most for *_, most in kept) + AS_MUCH_AS)))


def _is_ordinary(
    queue: Queue, incidents: Iterable[Incident], day: date, quarters: Instants
) -> bool:
    """Say whether a queue was open as usual on a day, and nothing was out of the ordinary."""
    if queue.promised is not None and not is_ordinary(queue.promised, day):
        return False
    return not any(its.begins < quarters[-1] and its.ends > quarters[0] for its in incidents)


def _patience(legs: QueueLegs) -> float | None:
    """Return the mean time after which who waits hangs up, if that is as likely at any time.

    The time that all have waited, divided by how many hung up: who was answered would have waited
    longer. Source: the maximum likelihood of an exponential time with censoring.
    """
    ended = legs.only(legs.state != State.WAITING)
    abandoned = int((ended.state == State.ABANDONED).sum())
    if abandoned < LEAST_ABANDONED:
        return None
    return int((ended.end - ended.arrived).sum()) / (abandoned * SECOND)
