"""Windows of time, half-open, and the horizon behind which a ledger keeps nothing.

::

    ──────┬───────────────────────┬──────────────────┬───────────┬─────▶ time
        horizon                 midnight          now − 1h      now
     (yesterday's midnight)       └──────── today ───────────────┘
                                                     └─── 1h ────┘

Days are days on the municipality's wall clock; they last 23 or 25 hours twice a year.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Final

from streams.domain.instants import HOUR, MINUTE, micros, moment


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of time that figures are taken over, ``[start, end)`` in microseconds."""

    name: str
    start: int
    end: int
    rolling: bool
    """Whether it slides with now (and so may go by the moment of decision)."""

    @property
    def length(self) -> int:
        """Return its length in microseconds."""
        return self.end - self.start


ROLLING: Final = {"15m": 15 * MINUTE, "30m": 30 * MINUTE, "1h": HOUR}
TODAY: Final = "today"
NAMES: Final = (*ROLLING, TODAY)
DAYS: Final = {TODAY: 1, "7d": 7, "30d": 30}
"""Windows of whole days on the wall, the last of which is today, so far."""
ITEM_NAMES: Final = tuple(DAYS)
"""The windows of questions and cases, which go by due times."""

ITEM_HORIZON_DAYS: Final = 400
RESTATED_DAYS: Final = 60


def midnight(day: date, zone: tzinfo) -> int:
    """Return the instant at which a day begins in a zone."""
    return micros(datetime.combine(day, time(), zone))


def day_of(now: int, zone: tzinfo) -> date:
    """Return the date on the wall at an instant."""
    return moment(now).astimezone(zone).date()


def window(name: str, now: int, zone: tzinfo) -> Window:
    """Return the window of that name as of now. KeyError for a name not among them."""
    if name in DAYS:
        first = day_of(now, zone) - timedelta(days=DAYS[name] - 1)
        return Window(name, midnight(first, zone), now, rolling=False)
    return Window(name, now - ROLLING[name], now, rolling=True)


def horizon(now: int, zone: tzinfo) -> int:
    """Return the earliest arrival a ledger keeps: yesterday's midnight."""
    return midnight(day_of(now, zone) - timedelta(days=1), zone)


@dataclass(frozen=True, slots=True)
class ItemHorizon:
    """What is kept of questions and cases (docs/decisions/0009)."""

    began: int
    """What began at or after this is kept, each edition of it."""
    restated: int
    """Of what began before, an edition is kept that was restated at or after this."""

    def keeps(self, began: int, restated: int | None) -> bool:
        """Say whether an edition is kept, by when it began and when it was restated, if it was."""
        return began >= self.began or (restated is not None and restated >= self.restated)


def item_horizon(now: int, zone: tzinfo) -> ItemHorizon:
    """Return what a ledger keeps of questions and cases: by the midnights of days on the wall."""
    today = day_of(now, zone)
    return ItemHorizon(
        midnight(today - timedelta(days=ITEM_HORIZON_DAYS), zone),
        midnight(today - timedelta(days=RESTATED_DAYS), zone),
    )
