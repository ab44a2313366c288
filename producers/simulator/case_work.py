"""Simulated cases: how they come to be on a day, and what becomes of each.

The random process; its figures and the source of each stand in ``item_profile.py``:

- **Who makes them.** The customer centres register most of the calls that they answer, some of the
  proper questions by e-mail and e-service, and all who come by other channels: to the desk, in the
  chat, in social media, by post. A case knows the call or the question that it was.
- **In the centre.** About two of three are closed there, most at once. The others are handed over
  to an administration through the case system.
- **In the administration.** It gives feedback within hours or days, a few times never, and most
  are done after that; a few never are. A case from a question follows it: what was forwarded is
  handed over, and the answer is the feedback, or the end.
- **Again.** A few are taken up again. Some contacts are about a case that there is already, and
  about some cases people insist (``case_repeats.py``).
- **Afterwards** a few residents answer a survey.

Each case and each contact draws from a stream of its own.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from producers.simulator import item_profile as ip
from producers.simulator.calls import Day
from producers.simulator.case_contacts import Contact, administration_of, contacts
from producers.simulator.case_events import CaseTeller, survey_replies
from producers.simulator.chance import Chance
from producers.simulator.item_profile import CasePlan
from producers.simulator.office import Occasion
from producers.simulator.questions import Question
from streams.domain.event_types import CaseEvent, SurveyEvent
from streams.domain.instants import MINUTE
from streams.domain.windows import midnight


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One simulated case. ``facts`` are its events, but for later contacts, in order of time."""

    subject: str
    opened_at: int
    administration: str
    """Which it concerns."""
    handed_over_at: int | None
    """When it is handed over to it; None if the centre does it all."""
    done_at: int | None
    """When it is done for the first time."""
    insistence: float
    """How likely it is, beside other cases, that somebody asks about it."""
    facts: tuple[CaseEvent, ...]
    replies: tuple[SurveyEvent, ...]

    def is_asked_about_at(self, instant: int) -> bool:
        """Return whether somebody may ask what becomes of it: it is handed over, and not done."""
        least = self.opened_at + ip.REPEAT_LEAST_MINUTES * MINUTE
        is_done = self.done_at is not None and self.done_at <= instant
        is_theirs = self.handed_over_at is not None and self.handed_over_at <= instant
        return is_theirs and least <= instant and not is_done


@dataclass(frozen=True, slots=True)
class DayOfCases:
    """What a day brings: new cases, and contacts about cases that there are already."""

    cases: tuple[Case, ...] = ()
    repeats: tuple[Contact, ...] = ()


def simulate_cases(occasion: Occasion, calls: Day, questions: Sequence[Question]) -> DayOfCases:
    """Return the cases that come on a day, and the contacts that are about earlier ones.

    ``calls`` and ``questions`` are the day's own. Nothing for a plan that has no cases.
    """
    plan = occasion.plan.cases
    if plan is None:
        return DayOfCases()
    making = _Making(occasion, plan)
    ends_at = midnight(occasion.day + timedelta(days=1), occasion.office.zone)
    repeats: list[Contact] = []
    for contact, chance in contacts(occasion, plan, calls):
        if chance.happens(ip.REPEAT_RATIO) and contact.at < ends_at:
            repeats.append(contact)
        elif contact.contact is None or chance.happens(plan.registered_ratio):
            making.take(contact, chance)
    for question in questions:
        if question.is_registered:
            making.take_question(question)
    return DayOfCases(tuple(making.cases), tuple(repeats))


class _Making:
    """The cases of a day while they are made."""

    def __init__(self, occasion: Occasion, plan: CasePlan) -> None:
        self.occasion = occasion
        self.plan = plan
        self.cases: list[Case] = []

    def take(self, contact: Contact, chance: Chance) -> None:
        """Make a case of a call or a visit."""
        at_work = self.occasion.at_work
        teller = self._teller(contact.at)
        teller.tell("opened", contact.at, channel=contact.channel, contact=contact.contact)
        handed_over_at = None
        if chance.happens(self.plan.closed_ratio):
            is_later = chance.happens(ip.CLOSED_LATER_RATIO)
            delay = ip.CLOSED_LATER if is_later else ip.CLOSED_AT_ONCE
            done_at: int | None = at_work(contact.at, delay, chance)
            teller.tell("resolved", done_at or 0, by="customer_centre")
        else:
            handed_over_at = at_work(contact.at, ip.HANDED_OVER, chance)
            teller.tell("handed_over", handed_over_at, administration=contact.administration)
            feedback_at = at_work(handed_over_at, ip.FEEDBACK, chance)
            if not chance.happens(ip.NO_FEEDBACK_RATIO):
                teller.tell("feedback", feedback_at)
            done_at = self._done(teller, feedback_at, chance)
        self._add(
            teller,
            chance,
            administration=contact.administration,
            handed_over_at=handed_over_at,
            done_at=done_at,
            centre=contact.centre,
        )

    def take_question(self, question: Question) -> None:
        """Make a case of a question, which goes as the question does."""
        mailbox, subject = question.mailbox, question.subject
        chance = self.occasion.chance("case", mailbox.name, question.number)
        administration = administration_of(self.plan, mailbox.administration, chance)
        teller = self._teller(question.read_at)
        teller.tell("opened", question.read_at, channel=mailbox.channel, contact=subject)
        reminded_at, done_at = question.reminded_at, question.answered_at
        if reminded_at is not None and reminded_at > question.read_at:
            teller.tell("contacted", reminded_at, channel=mailbox.channel, contact=subject)
        if question.forwarded_at is not None:
            teller.tell("handed_over", question.forwarded_at, administration=administration)
        if done_at is not None and question.forwarded_at is None:
            teller.tell("resolved", done_at, by="customer_centre")
        elif done_at is not None:
            teller.tell("feedback", done_at)
            done_at = self._done(teller, done_at, chance)
        self._add(
            teller,
            chance,
            administration=administration,
            handed_over_at=question.forwarded_at,
            done_at=done_at,
        )

    def _done(self, teller: CaseTeller, since: int, chance: Chance) -> int | None:
        """Tell when a case that was handed over is done, and return it; None if it never is."""
        done_at = self.occasion.at_work(since, ip.DONE, chance)
        is_by_centre = chance.happens(ip.DONE_BY_CENTRE_RATIO)
        if chance.happens(ip.NEVER_DONE_RATIO):
            return None
        teller.tell(
            "resolved", done_at, by="customer_centre" if is_by_centre else "administration"
        )
        return done_at

    def _add(
        self,
        teller: CaseTeller,
        chance: Chance,
        *,
        administration: str,
        handed_over_at: int | None,
        done_at: int | None,
        centre: str = "",
    ) -> None:
        """Add a case with what comes after it is done: it may be taken up again, and judged."""
        weight = chance.exponential(1.0)
        is_handed_over = handed_over_at is not None
        replies: list[SurveyEvent] = []
        if done_at is not None:
            if chance.happens(ip.REOPENED_RATIO):
                self._reopen(teller, done_at, "" if is_handed_over else administration, chance)
            named = f"{self.occasion.seed}/{teller.municipality}/{teller.subject}"
            replies = survey_replies(
                teller.municipality,
                hashlib.sha256(named.encode()).hexdigest()[:32],
                centre or self.plan.inbox,
                done_at,
                is_handed_over=is_handed_over,
                chance=chance,
            )
        self.cases.append(
            Case(
                subject=teller.subject,
                opened_at=teller.opened_at,
                administration=administration,
                handed_over_at=handed_over_at,
                done_at=done_at,
                insistence=weight * weight * weight,
                facts=teller.in_order(),
                replies=tuple(replies),
            )
        )

    def _reopen(self, teller: CaseTeller, done_at: int, onward: str, chance: Chance) -> None:
        """Tell that a case is taken up again, and handed over if it wasn't, and done at last."""
        at = self.occasion.at_work(done_at, ip.REOPENED, chance)
        teller.tell("reopened", at)
        if onward:
            at = self.occasion.at_work(at, ip.HANDED_OVER, chance)
            teller.tell("handed_over", at, administration=onward)
        at = self.occasion.at_work(at, ip.DONE, chance)
        teller.tell("resolved", at, by="administration")

    def _teller(self, opened_at: int) -> CaseTeller:
        subject = f"arende-{self.occasion.day:%Y%m%d}-{len(self.cases) + 1:04}"
        municipality = self.occasion.plan.municipality
        return CaseTeller(municipality, self.plan.inbox, subject, opened_at)
