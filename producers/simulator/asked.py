"""What ``svarsgrad simulate`` was asked for: which municipalities, which days, which topics.

Each function raises :class:`click.ClickException`, in one line that says what would be right.
"""

import re
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from itertools import islice

import click

from producers import options
from producers.simulator.profile import Plan, lulea
from producers.simulator.timeline import Timeline
from producers.simulator.whole_profile import TOWNS, whole_lulea
from streams.domain.catalogue.fields import SLUG
from streams.domain.catalogue.wording import bad_id
from streams.domain.deadlines import UnknownHolidaysError
from streams.domain.event_types import TOPICS


def plans(
    municipalities: tuple[str, ...],
    scale: float,
    staffing: float,
    max_waiting: int | None,
    *,
    is_open_daily: bool,
    kinds: frozenset[str],
) -> tuple[Plan, ...]:
    """Return the municipalities: like Luleå, unless they have a profile of their own.

    With more than calls they are whole: they have mailboxes and cases, and a centre with short
    hours.
    """
    sizes = dict(options.sized(text) for text in municipalities)
    if len(sizes) != len(municipalities) or not all(sizes):
        raise click.ClickException("Varje --municipality ska ha ett eget id, t.ex. lulea.")
    for name in sizes:
        if not re.fullmatch(SLUG, name):
            raise click.ClickException(f"--municipality {name}: {bad_id(name)}.")
    like_lulea: Callable[..., Plan] = lulea if kinds == {"calls"} else whole_lulea
    try:
        return tuple(
            TOWNS.get(name, like_lulea)(
                name,
                scale=scale * size,
                staffing=staffing,
                max_waiting=max_waiting,
                is_open_daily=is_open_daily,
            )
            for name, size in sizes.items()
        )
    except ValueError:
        raise click.ClickException(
            "Storleken ska vara över 0 och högst 100, --staffing över 0 och högst 10."
        ) from None


def days(timeline: Timeline, today: date, dates: str | None, count: int | None) -> list[date]:
    """Return the days on which anything happens that were asked for (today, if none), in order.

    ``count`` is how many open days before today; other days between them are days too, if anything
    happens then.
    """
    if dates is not None:
        candidates: Iterable[date] = options.dates(dates)
    elif count is not None:
        candidates = (today - timedelta(days=n) for n in range(1, today.toordinal()))
    else:
        candidates = [today]
    try:
        if count is not None:
            found = list(islice((day for day in candidates if timeline.is_open(day)), count))
            ago = (today - found[-1]).days if found else 0
            candidates = [today - timedelta(days=n) for n in range(ago, 0, -1)]
        chosen = [day for day in candidates if timeline.has(day)]
    except UnknownHolidaysError as error:
        raise click.ClickException(
            f"Helgdagarna är kända från {error.first} till {error.last}: ange dagar däremellan."
        ) from None
    if not chosen:
        raise click.ClickException("Det är stängt då: --every-day öppnar alla dagar.")
    return chosen


def closed_days(texts: tuple[str, ...]) -> frozenset[date]:
    """Return the days that are closed although others are open."""
    return frozenset(day for text in texts for day in options.dates(text))


def topics(kinds: frozenset[str], prefix: str) -> dict[str, str]:
    """Return the topic of each kind of events that there are, in the order of the kinds."""
    return {kind: f"{prefix}.{kind}" for kind in TOPICS if kind in kinds}
