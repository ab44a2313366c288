"""What a simulated municipality is like: its queues, its callers, its staff, in tables.

Sources, by the tag that the tables carry:

- *Luleå 2014*: the municipality's customer-service report for 2014. Switchboard 350,000 calls a
  year, most of them in the mornings; 70 % answered within 15 s; calls that waited 40 s go to a
  partner, with which 85 % are answered in all; six of ten who hang up do so within 20 s; 1.5
  million calls in all, 6 % of them to customer centres; every lost call makes a new attempt.
- *bank*: a bank's call centre, Israel, 1999 (Brown et al., JASA 100 (2005) 36-50): talk near
  lognormal, mean 153 s, median 84 s; arrivals vary more than a Poisson process of known rate; the
  risk of hanging up peaks at once, and again when a message plays.
- *assumed*: no source found; a round figure that is plausible and easy to see.
- *fitted*: chosen so that the outcome agrees with Luleå 2014.
"""

import math
from dataclasses import dataclass
from datetime import date
from typing import Final

from producers.simulator.item_profile import CasePlan, MailboxPlan, MeasurePlan
from streams.domain.deadlines import swedish_working_days

OPENS_HOUR: Final = 8
CLOSES_HOUR: Final = 17
"""Luleå's opening hours on working days."""

HOUR_WEIGHTS: Final = (12.0, 15.5, 14.5, 12.0, 7.5, 10.5, 10.5, 9.5, 8.0)
"""Share of a day's calls by hour from opening, in per cent: 54 before noon.

Luleå 2014 for the peak in the morning; assumed for the figures."""

WEEKDAY_FACTORS: Final = (1.14, 1.03, 1.00, 0.99, 0.84)
"""Monday to Friday, mean 1: assumed, most on Mondays and fewest on Fridays."""

DAY_VARIATION: Final = 0.10
"""Standard deviation of a day's busyness (gamma, mean 1), shared by all queues.

Bank for that there is one; assumed for its size. A gamma factor for the day's rate: Avramidis,
Deslauriers and L'Ecuyer, Management Science 50 (2004) 896-908."""

QUARTER_VARIATION: Final = 0.15
"""Likewise for each quarter of an hour in each queue: something has happened, and people call."""

OUTSIDE_RATIO: Final = 0.004
"""Share of a day's calls that come in the half hours before opening and after closing: assumed."""

REDIAL_RATIO: Final = 0.7
"""Share of those who got no answer who call again the same day: assumed (Luleå 2014: all do)."""

REDIAL_DELAY_SECONDS: Final = (20.0, 420.0)
"""Least, and mean above that, until they do: assumed."""

MAX_ATTEMPTS: Final = 4
"""Most times that one caller calls in a day: assumed."""

CALLBACK_MEDIAN_SECONDS: Final = 1200.0
CALLBACK_MEAN_SECONDS: Final = 1800.0
CALLBACK_REACHED_RATIO: Final = 0.9
"""How soon somebody who asked for it is called back, and how many are reached: assumed."""

MISSED_RING_RATIO: Final = 0.004
MISSED_RING_SECONDS: Final = 12.0
MISSED_PAUSE_SECONDS: Final = 60.0
"""A phone that nobody picks up: how often, how long it rings and is then left alone: assumed."""


@dataclass(frozen=True, slots=True)
class Patience:
    """A kind of caller: their share, and when they hang up, ``after_seconds`` + exponential."""

    share: float
    after_seconds: float
    mean_seconds: float


SWITCHBOARD_PATIENCE: Final = (
    Patience(0.05, 0.0, 6.0),  # changed their mind, or the wrong number: the risk peaks at once
    Patience(0.24, 22.0, 5.0),  # hang up when a message says that there is a queue
    Patience(0.71, 0.0, 85.0),
)
"""Fitted: six of ten who hang up do so within 20 s, and 85 % are answered in all. Bank: form."""

CENTRE_PATIENCE: Final = (
    Patience(0.03, 0.0, 6.0),
    Patience(0.07, 45.0, 15.0),
    Patience(0.90, 0.0, 420.0),
)
"""Assumed: those who wait for a customer centre have an errand. Bank: form."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuePlan:
    """One queue: who calls it, and who answers.

    ``calls_per_day`` is how many callers dial it on an average working day, each counted once;
    ``expected_per_day`` all calls it then gets (those who call again, transfers), which is what
    its people are rostered for, with ``spare`` more than the mean need (in square roots of it).
    ``answer_seconds``, if given, is the mean delay of a place that we don't staff (a partner).
    ``open_minutes`` is when it is open, as parts of the day, ``[opens, closes)`` in minutes after
    midnight on whole quarters; as long as the municipality if none are given. Who has waited
    ``callback_seconds`` is asked whether to be called back, and a share says yes.
    """

    name: str
    calls_per_day: float = 0.0
    expected_per_day: float = 0.0
    patience: tuple[Patience, ...] = SWITCHBOARD_PATIENCE
    talk_median_seconds: float
    talk_mean_seconds: float
    ring_seconds: tuple[float, float] = (1.0, 4.0)
    wrap_up_seconds: float = 0.0
    spare: float = 0.0
    answer_seconds: float | None = None
    overflow_seconds: float | None = None
    overflow_to: str = ""
    max_waiting: int | None = None
    transfer_ratio: float = 0.0
    open_minutes: tuple[tuple[int, int], ...] = ((60 * OPENS_HOUR, 60 * CLOSES_HOUR),)
    callback_seconds: float | None = None
    callback_ratio: float = 0.0

    def __post_init__(self) -> None:
        edges = [edge for part in self.open_minutes for edge in part]
        if not all(edge % 15 == 0 and OPENS_HOUR <= edge / 60 <= CLOSES_HOUR for edge in edges):
            raise ValueError(f"{self.name}: it opens and closes on quarters of the office's day")
        if edges != sorted(set(edges)):
            raise ValueError(f"{self.name}: the parts of a day are in order and don't touch")
        if not 0 < self.talk_median_seconds <= self.talk_mean_seconds:
            raise ValueError(f"{self.name}: the mean talk time is at least the median")
        if not math.isclose(sum(kind.share for kind in self.patience), 1):
            raise ValueError(f"{self.name}: the shares of patience must add up to 1")
        if bool(self.overflow_to) != (self.overflow_seconds is not None):
            raise ValueError(f"{self.name}: an overflow has both a time and a queue")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A municipality. ``scale`` is its size (1 is Luleå), ``staffing`` a factor on its people.

    ``transfers`` is where answered calls are sent on to, with shares that add up to 1.
    ``is_open_daily`` opens weekends too, with a mean day's calls, and holidays, with those of the
    weekday: for a demonstration on a Sunday. The last four are what there is besides calls:
    mailboxes, cases, sources that say that they are alive, and figures that others measured.
    """

    municipality: str
    queues: tuple[QueuePlan, ...]
    transfers: tuple[tuple[str, float], ...] = ()
    scale: float = 1.0
    staffing: float = 1.0
    is_open_daily: bool = False
    mailboxes: tuple[MailboxPlan, ...] = ()
    cases: CasePlan | None = None
    sources: tuple[str, ...] = ()
    measures: tuple[MeasurePlan, ...] = ()

    def __post_init__(self) -> None:
        names = [queue.name for queue in self.queues]
        if len(set(names)) != len(names):
            raise ValueError("two queues have the same name")
        targets = [queue.overflow_to for queue in self.queues if queue.overflow_to]
        if not {*targets, *(name for name, _ in self.transfers)} <= set(names):
            raise ValueError("calls overflow to, or are sent on to, a queue that isn't there")
        if not (0 < self.scale <= 100 and 0 < self.staffing <= 10):
            raise ValueError("scale is above 0 and at most 100, staffing above 0 and at most 10")

    def queue(self, name: str) -> QueuePlan:
        """Return the queue of that name; ``KeyError`` if there is none."""
        for queue in self.queues:
            if queue.name == name:
                return queue
        raise KeyError(name)


def lulea(
    municipality: str = "lulea",
    *,
    scale: float = 1.0,
    staffing: float = 1.0,
    max_waiting: int | None = None,
    is_open_daily: bool = False,
    switchboard: str = "vaxel",
    partner: str = "kalix-tele24",
) -> Plan:
    """Return a municipality like Luleå: a switchboard, its partner and three customer centres.

    Sizes are Luleå 2014 (350,000 / 250 working days = 1,400 switchboard calls a day; 90,000 to
    customer centres = 360) times ``scale``. The switchboard answers 70 % within 15 s. The centres
    answer about 90 % within five minutes, which is what is promised of them (what they reached in
    2014 is not known), the smallest one least: measured over a year from January 2026 with seeds 1
    to 3, teknik 92, skola 90 and social 89 %. ``ValueError`` for a scale or staffing out of range.
    """
    centres = (
        ("kundtjanst-teknik", 0.45),
        ("kundtjanst-skola", 0.30),
        ("kundtjanst-social", 0.25),
    )
    return Plan(
        municipality=municipality,
        queues=(
            QueuePlan(
                name=switchboard,
                calls_per_day=1260,  # fitted: 1,400 with those who call again
                expected_per_day=1400,
                talk_median_seconds=30,  # assumed, like the wrap-up: a call is put through
                talk_mean_seconds=40,
                wrap_up_seconds=6,
                spare=0.51,  # fitted: 70 % within 15 s
                overflow_seconds=40,
                overflow_to=partner,
                max_waiting=max_waiting,
                transfer_ratio=0.12,  # assumed; others go to an extension, and leave the queues
            ),
            QueuePlan(
                name=partner,
                talk_median_seconds=30,
                talk_mean_seconds=40,
                answer_seconds=6,  # assumed: it answers many municipalities' calls at once
            ),
            *(
                QueuePlan(
                    name=name,
                    calls_per_day=360 * share,
                    expected_per_day=510 * share,  # with transfers and those who call again
                    patience=CENTRE_PATIENCE,
                    talk_median_seconds=84,  # bank
                    talk_mean_seconds=153,
                    wrap_up_seconds=20,
                    spare=1.3,  # assumed, so that about 90 % are answered within five minutes
                    ring_seconds=(2.0, 8.0),
                )
                for name, share in centres
            ),
        ),
        transfers=centres,
        scale=scale,
        staffing=staffing,
        is_open_daily=is_open_daily,
    )


def quarter_weights() -> list[float]:
    """Return each quarter's share of a day's calls, from opening to closing; they add up to 1.

    Hours are joined by straight lines between their midpoints.
    """
    last = len(HOUR_WEIGHTS) - 1
    weights = []
    for quarter in range(4 * len(HOUR_WEIGHTS)):
        at = min(max((quarter + 0.5) / 4 - 0.5, 0), last)
        hour = min(int(at), last - 1)
        low, high = HOUR_WEIGHTS[hour], HOUR_WEIGHTS[hour + 1]
        weights.append(low + (high - low) * (at - hour))
    total = math.fsum(weights)  # sum() of floats rounds otherwise from Python 3.12 on
    return [weight / total for weight in weights]


def is_open(plan: Plan, day: date) -> bool:
    """Return whether a municipality is open on a day: a working day, unless every day is open.

    Raises :class:`streams.domain.deadlines.UnknownHolidaysError`.
    """
    return plan.is_open_daily or swedish_working_days().is_working(day)


def weekday_factor(plan: Plan, weekday: int) -> float:
    """Return how busy a weekday (0 is Monday) is beside the mean day; 0 when it is closed."""
    if weekday < len(WEEKDAY_FACTORS):
        return WEEKDAY_FACTORS[weekday]
    return 1.0 if plan.is_open_daily else 0.0


def roster(plan: Plan, queue: QueuePlan, weekday: int) -> list[int]:
    """Return how many people answer in each quarter of the day: at least one while it is open.

    The need is the expected work in erlangs and ``spare`` times its square root (the square-root
    rule of staffing), times the plan's ``staffing``. Whole people are spread over the quarters so
    that their sum follows that of the need. Source: Erlang; Halfin and Whitt, 1981.
    """
    handle = queue.talk_mean_seconds + queue.wrap_up_seconds + sum(queue.ring_seconds) / 2
    calls = queue.expected_per_day * plan.scale * weekday_factor(plan, weekday)
    people: list[int] = []
    owed = 0.0
    for quarter, weight in enumerate(quarter_weights()):
        minute = 60 * OPENS_HOUR + 15 * quarter
        if not any(opens <= minute < closes for opens, closes in queue.open_minutes):
            people.append(0)
            continue
        load = calls * weight * handle / 900
        need = plan.staffing * (load + queue.spare * math.sqrt(load))
        people.append(max(1, int(need + owed + 0.5)))
        owed += need - people[-1]
        owed = min(max(owed, -1.0), 1.0)
    return people
