"""Which case a repeated contact is about: "it took five calls until the grating was back".

A contact picks a day by how many open days ago, and then one of the cases of that day that are
still open, so that what is said of a day's cases depends on no other day's cases.
"""

import math
from collections.abc import Sequence
from datetime import date, timedelta

from producers.simulator.case_contacts import Contact
from producers.simulator.case_events import CaseTeller
from producers.simulator.case_work import Case
from producers.simulator.item_profile import REPEAT_MOST_DAYS
from streams.domain.event_types import CaseEvent
from streams.domain.working_time import Hours


def earlier_day(contact: Contact, day: date, office: Hours) -> date | None:
    """Return from which day the case is that a contact of ``day`` is about; None if too old."""
    back = contact.days_back
    for days in range(REPEAT_MOST_DAYS + 1):
        earlier = day - timedelta(days=days)
        if office.segments(earlier):
            if not back:
                return earlier
            back -= 1
    return None


def picked(contact: Contact, cases: Sequence[Case]) -> Case | None:
    """Return which of a day's cases a contact is about; None if all are done.

    A call is about a case of the administration that it concerns.
    """
    asked = [
        case
        for case in cases
        if case.is_asked_about_at(contact.at)
        and (contact.contact is None or case.administration == contact.administration)
    ]
    left = contact.pick * math.fsum(case.insistence for case in asked)
    for case in asked:
        left -= case.insistence
        if left < 0:
            return case
    return asked[-1] if asked else None


def contacted(case: Case, contact: Contact) -> CaseEvent:
    """Return the event that says that somebody got in touch about a case once more."""
    opened = case.facts[0]
    teller = CaseTeller(opened.partitionkey, opened.data.queue, case.subject, case.opened_at)
    teller.tell("contacted", contact.at, channel=contact.channel, contact=contact.contact)
    return teller.facts[0]
