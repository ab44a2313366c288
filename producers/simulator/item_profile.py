"""What a simulated municipality's questions, cases, surveys and measures are like, in tables.

Sources, by the tag that the tables carry:

- *Luleå 2014*: the municipality's customer-service report for 2014. It has no figure for how many
  questions come, nor for how soon they are answered.
- *Skellefteå 2008*: the press release on the first year of its customer centre. 83,000 cases a
  year, 68 % of them closed in the centre; of 105 who were asked, 90 % found the treatment good,
  80 % got through with a short wait at most; five calls until a grating was back in its place.
- *Skellefteå 2009*: the presentation Nära Enkelt Öppet. Nearly 90 % of contacts are by telephone;
  64 % are closed in the centre; 97 % get feedback from the administration within three days; what
  the centre can't answer goes to an administration through the case system.
- *Luleå 2018*: the guidelines for customer service. Digital channels are open round the clock; the
  share of questions through e-services is to rise each year.
- *assumed*: no document says; a round figure that is plausible and easy to see.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final, Literal, NamedTuple

from streams.domain.event_types import Channel

FOLLOWED_DAYS: Final = 60
"""How long a simulated source follows a question or a case, its first day counted: what is still
open then is heard of no more."""

RESTATED_DAYS: Final = 28
"""What is open so many days after it came is stated anew, and again after as many: well within the
60 days for which a ledger keeps what was stated anew."""
RESTATED_MINUTE: Final = 5 * 60
"""When in the day a source does that."""


class Delay(NamedTuple):
    """How long something takes, lognormal, in hours."""

    median: float
    mean: float


# Questions

QUESTION_HOURS: Final = (
    0.6, 0.3, 0.2, 0.2, 0.3, 0.7, 1.8, 4.5, 8.5, 10.0, 9.5, 8.0,
    7.0, 8.5, 8.0, 6.5, 4.5, 4.0, 4.0, 4.0, 3.8, 3.0, 1.8, 1.0,
)  # fmt: skip
"""How many questions come in each hour of the day, beside the others: assumed. Luleå 2018 for that
they come at all hours."""

QUESTION_WEEKDAYS: Final = (1.12, 1.04, 1.00, 0.98, 0.86, 0.30, 0.36)
"""How many come on each weekday beside the mean working day: assumed. A holiday is a Sunday."""

AUTO_REPLY_SECONDS: Final = (1.0, 15.0)
READ: Final = Delay(0.4, 0.8)
"""Working hours until somebody has read a question: assumed."""
ANSWER: Final = Delay(2.0, 4.0)
SLOW_ANSWER: Final = Delay(20.0, 45.0)
"""Working hours from reading (or forwarding) to an answer, of most and of the slow ones: assumed,
so that 80 to 90 % are answered within two working days (Luleå 2014 promises all)."""

SPAM_RATIO: Final = 0.05
BOUNCE_RATIO: Final = 0.02
NO_ANSWER_NEEDED_RATIO: Final = 0.06
OTHERWISE_RATIO: Final = 0.05
FORGOTTEN_RATIO: Final = 0.025
"""What becomes of those that get no answer, all but the last by word of a person: assumed."""
FORWARDED_RATIO: Final = 0.30
"""Share that is forwarded to an administration: assumed, like that of cases."""
REMINDED_RATIO: Final = 0.30
"""Share of those who have waited a day that write again before the answer: assumed."""
THANKED_RATIO: Final = 0.05
"""Share of those with an answer that write once more after it, and are answered: assumed."""
REOPENED_RATIO: Final = 0.03
REOPENED: Final = Delay(8.0, 16.0)
"""Share of what is done that is taken up again, and after how many working hours: assumed."""
TWICE_RATIO: Final = 0.02
TWICE_SECONDS: Final = (0.2, 3.0)
"""Messages sent to two mailboxes: how many, and how much later the other one gets it: assumed."""
REGISTERED_QUESTION_RATIO: Final = 0.4
"""Share of proper questions that are registered as cases too: assumed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxPlan:
    """A mailbox: who writes to it, and how it is kept.

    ``administration`` is whose it is; none of those of all. ``slow_ratio`` is the share of its
    answers that take long. ``yearly_growth`` is how much more comes each year, as a share of what
    came in 2014.
    """

    name: str
    administration: str = ""
    channel: Literal["email", "e_service"] = "email"
    questions_per_day: float
    slow_ratio: float
    has_auto_reply: bool = False
    yearly_growth: float = 0.0

    def __post_init__(self) -> None:
        if not (self.questions_per_day > 0 and 0 <= self.slow_ratio <= 1):
            raise ValueError(f"{self.name}: it gets questions, and slow_ratio is a share")


GROWTH_FROM: Final = 2014
LEAST_GROWTH: Final = 0.5


def growth(mailbox: MailboxPlan, year: int) -> float:
    """Return how much comes to a mailbox in a year beside 2014."""
    return max(LEAST_GROWTH, 1 + mailbox.yearly_growth * (year - GROWTH_FROM))


# Cases

HANDED_OVER: Final = Delay(0.02, 0.05)
CLOSED_LATER_RATIO: Final = 0.35
CLOSED_AT_ONCE: Final = Delay(0.015, 0.03)
CLOSED_LATER: Final = Delay(0.7, 1.4)
"""Working hours until the centre hands a case over, or closes it: most in the call: assumed."""

NO_FEEDBACK_RATIO: Final = 0.01
FEEDBACK: Final = Delay(1.2, 2.6)
"""Working hours from handing over to feedback, and how many never get any: fitted to 97 % within
three days (Skellefteå 2009)."""
NEVER_DONE_RATIO: Final = 0.05
DONE: Final = Delay(5.0, 16.0)
"""Working hours from feedback to done, and how many never are, of those handed over: assumed."""
DONE_BY_CENTRE_RATIO: Final = 0.05
"""Share of those handed over that the centre closes itself after the feedback: assumed."""
REPEAT_RATIO: Final = 0.07
"""Share of contacts with a centre that are about a case it has already: assumed. Skellefteå 2008
for that there are such, and for that one may take five."""
REPEAT_LEAST_MINUTES: Final = 60
REPEAT_MEAN_DAYS: Final = 2.5
REPEAT_MOST_DAYS: Final = 21
"""How old those cases are: in open days, at least and at most; less than ``RESTATED_DAYS``."""
OWN_ADMINISTRATION_RATIO: Final = 0.85
"""Share of a centre's cases that concern its own administration: assumed."""


@dataclass(frozen=True, slots=True)
class Approach:
    """A channel besides calls and mailboxes: how many come a day, and whether at all hours."""

    channel: Channel
    per_day: float
    is_round_the_clock: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CasePlan:
    """How cases come to be, and what becomes of them.

    ``centres`` are the queues whose answered calls are registered, each with its administration
    (none for all); ``administrations`` those that get cases, with shares that add up to 1.
    """

    inbox: str
    centres: tuple[tuple[str, str], ...]
    administrations: tuple[tuple[str, float], ...]
    registered_ratio: float
    closed_ratio: float
    approaches: tuple[Approach, ...]


# Surveys

SURVEY_RATIO: Final = 0.06
"""Share of those whose case is done that answer the survey: assumed."""
SURVEY: Final = Delay(10.0, 24.0)
"""Hours from then to their reply: assumed."""
SATISFIED: Final = (("bemotande", 0.96), ("tillganglighet", 0.87))
LESS_SATISFIED: Final = 0.2
"""Questions, the share of 4 and 5 among their grades, and how much less it is where the case was
handed over: fitted to 90 and 80 % in all (Skellefteå 2008); assumed for the difference."""


# Sources and measures


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasurePlan:
    """A figure that others measured, typed in on the first simulated day.

    ``on`` is the day it is true of, but never one after that; without one, the last day of the
    year before.
    """

    measure: str
    value: float
    on: date | None
    n: int | None = None
    document: str
