"""Simulated days of all kinds that tests share."""

from collections.abc import Iterable
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from producers.simulator.profile import Plan
from producers.simulator.timeline import Item, Timeline
from producers.simulator.whole_profile import whole_lulea
from streams.domain.event_types import TOPICS
from streams.domain.events import Event

STOCKHOLM = ZoneInfo("Europe/Stockholm")
MONDAY = date(2026, 3, 2)


def timeline(*plans: Plan, **changes: object) -> Timeline:
    """Return a timeline of all kinds of events, that begins on a Monday."""
    given = {"zone": STOCKHOLM, "seed": 1, "kinds": frozenset(TOPICS), "begins": MONDAY}
    return Timeline(plans=plans or (whole_lulea(),), **(given | changes))  # type: ignore[arg-type]


def days_from(first: date, count: int) -> list[date]:
    """Return so many days."""
    return [first + timedelta(days=n) for n in range(count)]


def events(items: Iterable[Item]) -> list[Event]:
    """Return the events of items, which have no lines."""
    return [what for _, what in items if not isinstance(what, str)]
