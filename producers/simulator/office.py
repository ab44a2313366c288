"""When people work in a simulated municipality, and how long things take them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, tzinfo

from producers.simulator.chance import Chance
from producers.simulator.item_profile import Delay
from producers.simulator.profile import CLOSES_HOUR, OPENS_HOUR, Plan, is_open
from streams.domain.deadlines import swedish_working_days
from streams.domain.instants import HOUR, SECOND
from streams.domain.working_time import Hours, Segment

_DAY = (Segment(60 * OPENS_HOUR, 60 * CLOSES_HOUR),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """A day of a municipality, as it is simulated.

    With ``like`` what comes then is what comes on that date, at the same times of day.
    """

    plan: Plan
    day: date
    office: Hours
    seed: int
    like: date | None = None

    @property
    def model(self) -> date:
        """Return the date that everything is drawn from."""
        return self.like or self.day

    @property
    def is_open(self) -> bool:
        """Return whether anybody is at work."""
        return bool(self.office.segments(self.day))

    def chance(self, *key: object) -> Chance:
        """Return a stream of draws of this day's own."""
        return Chance(self.seed, self.plan.municipality, self.model, *key)

    def at_work(self, since: int, delay: Delay, chance: Chance) -> int:
        """Return when something is done that takes so many working hours, begun at ``since``."""
        hours = chance.lognormal(delay.median, delay.mean)
        return self.office.after(since, max(SECOND, int(hours * HOUR)))


def office_hours(
    plan: Plan, zone: tzinfo, closed: Collection[date] = (), like: date | None = None
) -> Hours:
    """Return when people are at work: the days on which the municipality is open.

    ``closed`` are days on which it is closed all the same. With ``like`` every day is as that one.
    Raises :class:`streams.domain.deadlines.UnknownHolidaysError`.
    """
    if like is not None:
        week = (_DAY if is_open(plan, like) else (),) * 7
    else:
        week = (_DAY,) * 5 + (_DAY if plan.is_open_daily else (),) * 2
    is_daily = plan.is_open_daily or like is not None
    return Hours(
        zone=zone,
        week=week,
        exceptions=dict.fromkeys(sorted(closed), ()),
        holidays={} if is_daily else swedish_working_days().holidays,
    )
