"""Simulated days that remember: what happens on a day to questions and cases from the days before.

A question is answered, and a case is done, days after it came. Both are simulated by the day on
which they come, all that becomes of them at once; a day's events are those that fall on it, of all
that came in the last :data:`~producers.simulator.item_profile.FOLLOWED_DAYS` days. So a day is the
same whether it is simulated alone or among others.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta, tzinfo

from producers.simulator.calls import Day
from producers.simulator.case_repeats import contacted, earlier_day, picked
from producers.simulator.case_work import Case, DayOfCases, simulate_cases
from producers.simulator.editions import again, editions, marks, open_at
from producers.simulator.item_profile import FOLLOWED_DAYS, REPEAT_MOST_DAYS
from producers.simulator.office import Occasion, office_hours
from producers.simulator.profile import Plan
from producers.simulator.questions import Question, simulate_questions
from producers.simulator.simulation import simulate_day
from streams.domain.deadlines import FIRST_YEAR
from streams.domain.event_types import CaseEvent
from streams.domain.events import Event
from streams.domain.instants import micros
from streams.domain.windows import midnight
from streams.domain.working_time import Hours

Told = tuple[int, Event]
"""When an event is told, and the event."""

FIRST_DAY = date(FIRST_YEAR, 1, 1)
"""Before that no holidays are known, and nothing is simulated."""


@dataclass(frozen=True, slots=True)
class _Cases:
    """The cases of a day, and all that is told of them but for repeated contacts."""

    day: DayOfCases
    told: tuple[Told, ...]
    restated: tuple[tuple[int, Case], ...]
    """Cases that are stated anew, each with when."""


@dataclass
class History:
    """The days of one simulated municipality, each simulated once for as long as it is of use.

    ``closed`` are days on which it is closed although others are open; with ``like`` every day is
    as that one.
    """

    plan: Plan
    zone: tzinfo
    seed: int
    closed: Collection[date] = ()
    like: date | None = None
    _office: Hours = field(init=False, repr=False)
    _calls: tuple[date, Day] | None = field(default=None, init=False, repr=False)
    _questions: dict[date, tuple[list[Question], list[Told]]] = field(
        default_factory=dict, init=False, repr=False
    )
    _cases: dict[date, _Cases] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        self._office = office_hours(self.plan, self.zone, self.closed, self.like)

    def calls(self, day: date) -> Day:
        """Return a day's calls; none on a day on which it is closed."""
        if self._calls is None or self._calls[0] != day:
            simulated = simulate_day(self.plan, day, self.zone, self.seed, self.like)
            if day in self.closed:
                simulated = Day(
                    municipality=simulated.municipality,
                    date=day,
                    opens_at=simulated.opens_at,
                    callers=0,
                    legs=(),
                    members=(),
                )
            self._calls = (day, simulated)
        return self._calls[1]

    def questions(self, day: date) -> list[Told]:
        """Return what happens on a day to questions of that day and those before it, in order."""
        self._forget(day)
        return self._on(day, (self._questions_of(came)[1] for came in self._followed(day)))

    def cases(self, day: date) -> list[Told]:
        """Return what happens on a day to cases of that day and those before it, in order.

        Also what residents answer to surveys.
        """
        self._forget(day)
        found = [self._cases_of(came).told for came in self._followed(day)]
        found.append(tuple(self._contacts(day)))
        found.append(tuple(self._restated_contacts(day)))
        return self._on(day, found)

    def _occasion(self, day: date) -> Occasion:
        return Occasion(
            plan=self.plan, day=day, office=self._office, seed=self.seed, like=self.like
        )

    def _followed(self, day: date) -> Iterator[date]:
        """Yield the days from which something may still happen on a day, the earliest first."""
        for back in reversed(range(FOLLOWED_DAYS)):
            came = day - timedelta(days=back)
            if came >= FIRST_DAY:
                yield came

    def _on(self, day: date, told: Iterable[Iterable[Told]]) -> list[Told]:
        start, end = (midnight(day + timedelta(days=n), self.zone) for n in (0, 1))
        found = [each for part in told for each in part if start <= each[0] < end]
        return sorted(found, key=lambda each: each[0])

    def _questions_of(self, day: date) -> tuple[list[Question], list[Told]]:
        known = self._questions.get(day)
        if known is None:
            made = simulate_questions(self._occasion(day))
            again_at = marks(day, self.zone)
            told: list[Told] = []
            for question in made:
                told += editions(question.facts, open_at(question.facts, again_at))
            known = self._questions[day] = (made, told)
        return known

    def _cases_of(self, day: date) -> _Cases:
        known = self._cases.get(day)
        if known is None:
            questions = self._questions_of(day)[0]
            made = simulate_cases(self._occasion(day), self.calls(day), questions)
            again_at = marks(day, self.zone)
            told: list[Told] = []
            restated: list[tuple[int, Case]] = []
            for case in made.cases:
                stated_at = open_at(case.facts, again_at)
                told += editions(case.facts, stated_at)
                told += [(micros(reply.time), reply) for reply in case.replies]
                restated += [(mark, case) for mark in stated_at]
            known = self._cases[day] = _Cases(made, tuple(told), tuple(restated))
        return known

    def _contacts(self, day: date, came: date | None = None) -> Iterator[tuple[int, CaseEvent]]:
        """Yield the contacts of a day about cases of days before: all, or those of one day."""
        for contact in self._cases_of(day).day.repeats:
            earlier = earlier_day(contact, day, self._office)
            if earlier is None or earlier < FIRST_DAY or earlier != (came or earlier):
                continue
            case = picked(contact, self._cases_of(earlier).day.cases)
            if case is not None:
                yield contact.at, contacted(case, contact)

    def _restated_contacts(self, day: date) -> Iterator[tuple[int, CaseEvent]]:
        """Yield contacts anew with the cases that are stated anew on a day.

        All of them were made before that.
        """
        start, end = (midnight(day + timedelta(days=n), self.zone) for n in (0, 1))
        for came in self._followed(day):
            due = {
                case.subject: mark
                for mark, case in self._cases_of(came).restated
                if start <= mark < end
            }
            for days in range(REPEAT_MOST_DAYS + 1) if due else ():
                for _, event in self._contacts(came + timedelta(days=days), came):
                    if event.subject in due:
                        mark = due[event.subject]
                        yield mark, again(event, mark)

    def _forget(self, day: date) -> None:
        """Let go of days from which nothing more can happen on this day or later."""
        first = day - timedelta(days=FOLLOWED_DAYS - 1)
        for known in (self._questions, self._cases):
            for gone in [each for each in known if each < first]:
                del known[gone]
