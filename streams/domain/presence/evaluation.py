"""The figures of people at work as of an instant, by the municipality's hours and promises.

Both the live system and ``svarsgrad replay`` call this; neither computes anything of its own.
"""

from collections.abc import Mapping, Sequence
from datetime import tzinfo

from streams.domain.catalogue import UNKNOWN_QUEUE, Administration, Municipality, Queue
from streams.domain.presence.figures import (
    TOLERANCE,
    AdministrationOpening,
    Opening,
    PresenceReport,
    QueueStaffing,
    Standing,
    pooled_calls_per_hour,
)
from streams.domain.presence.heartbeats import seconds_since, silent_sources
from streams.domain.presence.staffing import (
    Day,
    Staffed,
    common,
    days_of,
    joined,
    most_people,
    people_now,
    person_time,
    staffed_on,
)
from streams.domain.presence.statements import Frame
from streams.domain.windows import Window, day_of
from streams.domain.working_time import Hours


def evaluate(
    municipality: Municipality, frame: Frame, window: Window, arrived: Mapping[str, int]
) -> PresenceReport:
    """Return what there is to say of a window, which must not reach beyond ``frame.as_of``.

    ``arrived`` has how many calls arrived in the window inside promised hours, by queue. The
    promises are those of the day of the window's last instant.
    """
    days = days_of(window, municipality.zone)
    names = sorted(municipality.queues.keys() | frame.staffed.keys())
    staffed = {
        name: tuple(staffed_on(day, frame.staffed.get(name)) for day in days) for name in names
    }
    queues = {
        queue.id: QueueStaffing(
            people=people_now(frame.staffed.get(queue.id), frame.as_of, municipality.zone),
            opening=_in_all(_openings(days, [staffed[queue.id]], queue.promised)),
            person_time=_person_time(staffed[queue.id]),
            most_people=_most_people(staffed[queue.id]),
            arrived=arrived.get(queue.id),
        )
        for queue in municipality.queues.values()
    }
    pooled = pooled_calls_per_hour(queues.values())
    strangers = [name for name in names if name not in municipality.queues]
    if strangers:
        queues[UNKNOWN_QUEUE] = _strangers(frame, strangers, staffed, municipality.zone)
    today = day_of(window.end - 1, municipality.zone)
    return PresenceReport(
        queues=queues,
        calls_per_hour=pooled,
        administrations={
            its.id: _administration(its, list(municipality.queues.values()), days, staffed)
            for its in municipality.administrations.values()
        },
        goals={
            promise.id: promise.goal
            for promise in municipality.promises
            if promise.measure == "open_as_promised"
            and promise.goal is not None
            and promise.is_valid_on(today)
        },
        seconds_since_heartbeat=seconds_since(municipality, frame),
        silent=silent_sources(municipality, frame),
    )


ByDay = Sequence[Staffed | None]
"""When somebody answered a queue, for each day of a window; None where nothing was stated."""


def _openings(
    days: Sequence[Day], queues: Sequence[ByDay], hours: Hours | None
) -> list[Opening | None]:
    """Return how much of the hours some queue was staffed on each day; none without hours.

    None of a day that no queue reports on.
    """
    if hours is None:
        return []
    openings: list[Opening | None] = []
    for number, day in enumerate(days):
        stated = [spans for by_day in queues if (spans := by_day[number]) is not None]
        opening = Opening(
            staffed=common(joined(stated), hours.spans(day.start, day.end)),
            promised=hours.working(day.start, day.end),
        )
        openings.append(opening if stated else None)
    return openings


def _in_all(openings: Sequence[Opening | None]) -> Opening | None:
    """Return those of the days that are reported on as one; None if none is."""
    reported = [opening for opening in openings if opening is not None]
    if not reported:
        return None
    return Opening(
        staffed=sum(opening.staffed for opening in reported),
        promised=sum(opening.promised for opening in reported),
    )


def _administration(
    administration: Administration,
    queues: Sequence[Queue],
    days: Sequence[Day],
    staffed: Mapping[str, ByDay],
) -> AdministrationOpening:
    hours = administration.guideline
    if hours is None:
        return AdministrationOpening(Standing.NO_GUIDELINE, None)
    its = [
        staffed[queue.id]
        for queue in queues
        if queue.administration == administration.id and queue.is_phone
    ]
    openings = _openings(days, its, hours)
    asked = [
        opening
        for day, opening in zip(days, openings, strict=True)
        if hours.working(day.start, day.end)
    ]
    return AdministrationOpening(_standing(asked), _in_all(openings))


def _standing(asked: Sequence[Opening | None]) -> Standing:
    """Return how it stands, by the days that the guideline has any time of."""
    if not asked:
        return Standing.NOT_YET
    reported = [opening for opening in asked if opening is not None]
    if any(opening.unstaffed > TOLERANCE for opening in reported):
        return Standing.BROKEN
    return Standing.KEPT if len(reported) == len(asked) else Standing.UNREPORTED


def _person_time(by_day: ByDay) -> int | None:
    stated = [person_time(spans) for spans in by_day if spans is not None]
    return sum(stated) if stated else None


def _most_people(by_day: ByDay) -> int | None:
    stated = [most_people(spans) for spans in by_day if spans is not None]
    return max(stated) if stated else None


def _strangers(
    frame: Frame, names: Sequence[str], staffed: Mapping[str, ByDay], zone: tzinfo
) -> QueueStaffing:
    """Return the queues that the catalogue doesn't have as one: their people added up."""
    people = [
        number
        for name in names
        if (number := people_now(frame.staffed.get(name), frame.as_of, zone)) is not None
    ]
    times = [time for name in names if (time := _person_time(staffed[name])) is not None]
    return QueueStaffing(
        people=sum(people) if people else None,
        opening=None,
        person_time=sum(times) if times else None,
        most_people=None,  # of several queues at a time: asked by no figure
        arrived=None,
    )
