"""Simulated questions by e-mail and e-service: when they come, and what becomes of each.

The random process; its figures and the source of each stand in ``item_profile.py``:

- **Who writes.** Questions come to each mailbox at all hours of all days, most in the daytime of a
  working day: a Poisson process whose rate has a gamma factor for the day. Now and then a message
  is sent to two mailboxes: it is one question.
- **Automatic replies** go out within seconds, where a mailbox has them.
- **Reading.** Somebody reads it in working hours. Spam, bounces and what needs no answer are
  dismissed; some are answered otherwise (by telephone); a few are forgotten. Of the others some
  are forwarded to an administration; all are answered, most the same day, some after long.
- **Again.** Some of those who have waited for a day write again before the answer, a few say
  something more after it and are answered once more; a few answers are taken up again.

Each question draws from a stream of its own. An answer may come days after the question, so events
are told by the day of the question here, and sorted into days in ``history.py``.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from producers.simulator import item_profile as ip
from producers.simulator.arrivals import poisson
from producers.simulator.chance import Chance
from producers.simulator.item_profile import MailboxPlan
from producers.simulator.office import Occasion
from producers.simulator.profile import DAY_VARIATION
from streams.domain.event_types import Kind, QuestionData, QuestionEvent, type_of
from streams.domain.instants import HOUR, SECOND, moment
from streams.domain.working_time import wall

SUNDAY = 6
DAY = 24 * HOUR


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One simulated question, whole. ``facts`` are its events, in order of time."""

    subject: str
    mailbox: MailboxPlan
    number: int
    """Its place among those that came to the mailbox on the day."""
    received_at: int
    read_at: int
    forwarded_at: int | None = None
    answered_at: int | None = None
    reminded_at: int | None = None
    is_registered: bool = False
    """Whether it becomes a case too."""
    facts: tuple[QuestionEvent, ...]


def simulate_questions(occasion: Occasion) -> list[Question]:
    """Return the questions that come on a day, by mailbox and arrival."""
    mailboxes, found = occasion.plan.mailboxes, []
    for place, mailbox in enumerate(mailboxes):
        others = mailboxes[:place] + mailboxes[place + 1 :]
        per_day = mailbox.questions_per_day * occasion.plan.scale
        per_day *= ip.growth(mailbox, occasion.model.year)
        arrivals = at_any_hour(occasion, per_day, occasion.chance(mailbox.name, "questions"))
        for number, at in enumerate(arrivals):
            chance = occasion.chance(mailbox.name, "question", number)
            teller = _Teller(occasion, mailbox, number, at)
            found.append(_whole(occasion, teller, others, chance))
    return found


def at_any_hour(occasion: Occasion, per_day: float, chance: Chance) -> Iterator[int]:
    """Yield when those come who come at all hours, ``per_day`` of them on the mean working day.

    On a day on which nobody is at work as few come as on a Sunday.
    """
    weekday = occasion.model.weekday() if occasion.is_open else SUNDAY
    expected = per_day * ip.QUESTION_WEEKDAYS[weekday] * chance.gamma(DAY_VARIATION)
    zone = occasion.office.zone
    edges = [wall(occasion.day, 60 * hour, zone) for hour in range(25)]
    for weight, (start, end) in zip(ip.QUESTION_HOURS, pairwise(edges), strict=True):
        share = weight / 100 * (end - start) / HOUR  # none or two of an hour, twice a year
        yield from poisson(chance, expected * share, start, end - start)


class _Teller:
    """Makes the events of one question."""

    def __init__(
        self, occasion: Occasion, mailbox: MailboxPlan, number: int, received_at: int
    ) -> None:
        self.municipality = occasion.plan.municipality
        named = (occasion.seed, self.municipality, occasion.day, mailbox.name, number)
        self.subject = hashlib.sha256("/".join(map(str, named)).encode()).hexdigest()[:32]
        self.mailbox = mailbox
        self.number = number
        self.received_at = received_at
        self.facts: list[tuple[int, QuestionEvent]] = []

    def tell(
        self,
        what: str,
        at: int,
        *,
        why: str | None = None,
        queue: str = "",
        received_at: int | None = None,
    ) -> None:
        """Add a fact, about the mailbox it came to first unless ``queue`` is another one."""
        queue = queue or self.mailbox.name
        event = QuestionEvent(
            id=f"{self.subject}/{queue}/{what}/{at}",
            source=f"/simulator/{self.municipality}/epost",
            type=type_of(Kind.QUESTION, what),
            subject=self.subject,
            time=moment(at),
            partitionkey=self.municipality,
            data=QuestionData(
                queue=queue,
                received_at=moment(self.received_at if received_at is None else received_at),
                channel=self.mailbox.channel,
                why=why,  # type: ignore[arg-type] # one of a few words
            ),
        )
        self.facts.append((at, event))


def _whole(
    occasion: Occasion, teller: _Teller, others: tuple[MailboxPlan, ...], chance: Chance
) -> Question:
    """Return a question with all that becomes of it."""
    at = teller.received_at
    fate = _fate(chance)
    teller.tell("received", at)
    if fate not in ("spam", "bounce"):
        if teller.mailbox.has_auto_reply:
            teller.tell("auto_replied", at + _seconds(chance, ip.AUTO_REPLY_SECONDS))
        if others and chance.happens(ip.TWICE_RATIO):
            other = others[int(chance.uniform(0, len(others)))]
            later = at + _seconds(chance, ip.TWICE_SECONDS)
            teller.tell("received", later, queue=other.name, received_at=later)
    read_at = occasion.at_work(at, ip.READ, chance)
    forwarded_at = answered_at = reminded_at = None
    if fate == "answered":
        if chance.happens(ip.FORWARDED_RATIO):
            forwarded_at = read_at
            teller.tell("forwarded", forwarded_at)
        is_slow = chance.happens(teller.mailbox.slow_ratio)
        delay = ip.SLOW_ANSWER if is_slow else ip.ANSWER
        answered_at = occasion.at_work(read_at, delay, chance)
        teller.tell("answered", answered_at)
        reminded_at = _reminder(at, answered_at, chance)
        _tell_what_follows(occasion, teller, answered_at, chance)
    elif fate == "otherwise":
        teller.tell("answered_otherwise", occasion.at_work(read_at, ip.ANSWER, chance))
    elif fate == "forgotten":
        reminded_at = _reminder(at, at + 7 * DAY, chance)
    else:
        teller.tell("dismissed", read_at, why=fate)
    if reminded_at is not None:
        teller.tell("followed_up", reminded_at)
    teller.facts.sort(key=lambda fact: fact[0])
    is_proper = fate in ("answered", "forgotten")
    return Question(
        subject=teller.subject,
        mailbox=teller.mailbox,
        number=teller.number,
        received_at=at,
        read_at=read_at,
        forwarded_at=forwarded_at,
        answered_at=answered_at,
        reminded_at=reminded_at,
        is_registered=chance.happens(ip.REGISTERED_QUESTION_RATIO) and is_proper,
        facts=tuple(event for _, event in teller.facts),
    )


def _fate(chance: Chance) -> str:
    left = chance.uniform(0, 1)
    for fate, share in (
        ("spam", ip.SPAM_RATIO),
        ("bounce", ip.BOUNCE_RATIO),
        ("no_answer_needed", ip.NO_ANSWER_NEEDED_RATIO),
        ("otherwise", ip.OTHERWISE_RATIO),
        ("forgotten", ip.FORGOTTEN_RATIO),
    ):
        left -= share
        if left < 0:
            return fate
    return "answered"


def _reminder(since: int, until: int, chance: Chance) -> int | None:
    """Return when somebody writes again who has waited for a day; None for most."""
    is_patient = not chance.happens(ip.REMINDED_RATIO)
    at = since + DAY + int(chance.uniform(0, 1) * max(0, until - since - DAY))
    return None if is_patient or at >= until else at


def _tell_what_follows(
    occasion: Occasion, teller: _Teller, answered_at: int, chance: Chance
) -> None:
    """Tell what comes after the answer: a few write once more, a few are taken up again."""
    if chance.happens(ip.THANKED_RATIO):
        once_more = occasion.at_work(answered_at, ip.READ, chance)
        teller.tell("followed_up", once_more)
        teller.tell("answered", occasion.at_work(once_more, ip.ANSWER, chance))
    elif chance.happens(ip.REOPENED_RATIO):
        reopened = occasion.at_work(answered_at, ip.REOPENED, chance)
        teller.tell("reopened", reopened)
        teller.tell("answered", occasion.at_work(reopened, ip.ANSWER, chance))


def _seconds(chance: Chance, bounds: tuple[float, float]) -> int:
    return int(chance.uniform(*bounds) * SECOND)
