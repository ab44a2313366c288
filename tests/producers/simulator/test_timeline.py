"""Days in order, of one or several municipalities."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from producers.simulator.profile import lulea
from producers.simulator.timeline import Timeline
from streams.domain.events import CallEvent

STOCKHOLM = ZoneInfo("Europe/Stockholm")
MONDAY = date(2026, 3, 2)


def callers(timeline: Timeline, day: date) -> list[str]:
    found = (what for _, what in timeline.of(day))
    return [e.data.caller for e in found if isinstance(e, CallEvent) and e.data.caller]


def test_a_caller_has_another_pseudonym_the_next_day() -> None:
    """With ``like`` the very same people call on both days."""
    timeline = Timeline(plans=(lulea(scale=0.1),), zone=STOCKHOLM, seed=1, like=MONDAY)
    one, other = (callers(timeline, MONDAY + timedelta(days=n)) for n in (0, 1))
    assert len(one) == len(other) > 100
    assert not set(one) & set(other)
    assert callers(timeline, MONDAY) == one
