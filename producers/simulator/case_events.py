"""The events that say what happened to a simulated case, and what its resident says of it."""

from typing import Literal

from producers.simulator import item_profile as ip
from producers.simulator.chance import Chance
from streams.domain.event_types import (
    CaseData,
    CaseEvent,
    Channel,
    Kind,
    SurveyData,
    SurveyEvent,
    type_of,
)
from streams.domain.instants import HOUR, SECOND, moment

HIGHEST_GRADES = (4, 5)
LOWER_GRADES = (3, 2, 1)


class CaseTeller:
    """Makes the events of one case."""

    def __init__(self, municipality: str, inbox: str, subject: str, opened_at: int) -> None:
        self.municipality = municipality
        self.inbox = inbox
        self.subject = subject
        self.opened_at = opened_at
        self.facts: list[CaseEvent] = []

    def tell(
        self,
        what: str,
        at: int,
        *,
        channel: Channel | None = None,
        contact: str | None = None,
        administration: str | None = None,
        by: Literal["customer_centre", "administration"] | None = None,
    ) -> None:
        """Add a fact."""
        self.facts.append(
            CaseEvent(
                id=f"{self.subject}/{what}/{at}",
                source=f"/simulator/{self.municipality}/arendesystem",
                type=type_of(Kind.CASE, what),
                subject=self.subject,
                time=moment(at),
                partitionkey=self.municipality,
                data=CaseData(
                    queue=self.inbox,
                    opened_at=moment(self.opened_at),
                    channel=channel,
                    contact=contact,
                    administration=administration,
                    by=by,
                ),
            )
        )

    def in_order(self) -> tuple[CaseEvent, ...]:
        """Return the facts in order of time; of two at an instant, as they were told."""
        return tuple(sorted(self.facts, key=lambda fact: fact.time))


def survey_replies(
    municipality: str,
    reply: str,
    queue: str,
    done_at: int,
    *,
    is_handed_over: bool,
    chance: Chance,
) -> list[SurveyEvent]:
    """Return what a resident answers when a case is done, a question each; mostly nothing.

    ``reply`` is the reply's own id, from which no case can be found.
    """
    if not chance.happens(ip.SURVEY_RATIO):
        return []
    at = done_at + int(chance.lognormal(ip.SURVEY.median, ip.SURVEY.mean) * HOUR)
    events = []
    for question, satisfied in ip.SATISFIED:
        share = satisfied - ip.LESS_SATISFIED * is_handed_over
        grades = HIGHEST_GRADES if chance.happens(share) else LOWER_GRADES
        grade = grades[min(int(chance.exponential(1.0)), len(grades) - 1)]
        events.append(
            SurveyEvent(
                id=f"{reply}/{question}",
                source=f"/simulator/{municipality}/enkat",
                type=type_of(Kind.SURVEY, "answered"),
                subject=reply,
                time=moment(at),
                partitionkey=municipality,
                data=SurveyData(question=question, grade=grade, queue=queue),
            )
        )
        at += int(chance.uniform(3, 30) * SECOND)
    return events
