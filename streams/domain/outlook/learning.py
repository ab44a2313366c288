"""Learns the profiles of queues from their calls: when they come, how long they take, who waits.

A call in a queue is counted once, and not if it came from within the municipality: no promise is
about those.

Source: docs/decisions/0014-outlook.md.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

import numpy as np

from streams.domain.catalogue import Incident, Municipality, Queue
from streams.domain.instants import SECOND
from streams.domain.outlook.profile import Instants, Profile, is_ordinary, learn, quarters_of
from streams.domain.outlook.usual import DAYS
from streams.domain.phone.as_of import QueueLegs, State, legs_as_of
from streams.domain.phone.evaluation import limits_on, while_open
from streams.domain.phone.incidents import touching
from streams.domain.phone.legs import Frame
from streams.domain.phone.service_level import service_levels, talk_of
from streams.domain.windows import TODAY, Window, day_of

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
    talk = talk_of(legs, is_learnt)
    return replace(
        profile,
        talk_seconds=talk.mean if talk else None,
        patience_seconds=_patience(legs.only(is_learnt)),
        levels=_levels(municipality, queue, legs, {day: days[day] for day in sorted(counts)}),
    )


def _levels(
    municipality: Municipality, queue: Queue, legs: QueueLegs, days: Mapping[date, Instants]
) -> dict[str, tuple[float, ...]]:
    """Return the service levels of the last of some days, by target; none of a day without any."""
    inside = legs.only(while_open(legs.arrived, queue.promised))
    found: dict[str, list[float]] = {}
    for quarters in list(days.values())[-DAYS:]:
        begins, ends = int(quarters[0]), int(quarters[-1])
        window = Window(TODAY, begins, ends, rolling=False)
        limits = limits_on(municipality, queue.id, begins)
        for target, level in service_levels(inside, window, limits).items():
            if level.ratio is not None:
                found.setdefault(target, []).append(level.ratio)
    return {target: tuple(levels) for target, levels in found.items()}


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
