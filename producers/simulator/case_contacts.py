"""Simulated contacts with the customer centres, beside questions: calls, and all other channels.

Each is a new case, or about one that there is already: which one it asks about is drawn here, so
that it depends on the contact alone.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from producers.simulator import item_profile as ip
from producers.simulator.arrivals import poisson
from producers.simulator.calls import Day
from producers.simulator.chance import Chance
from producers.simulator.item_profile import Approach, CasePlan
from producers.simulator.office import Occasion
from producers.simulator.questions import at_any_hour
from streams.domain.event_types import Channel
from streams.domain.instants import SECOND


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """Somebody who gets in touch with a centre."""

    at: int
    """When it is registered."""
    channel: Channel
    contact: str | None = None
    """The call's id, where it was one."""
    centre: str = ""
    """The queue of that call."""
    administration: str
    """Which it concerns."""
    days_back: int
    pick: float
    """Which case it is about, if there is one already: of how many open days ago, and which then,
    from 0 to 1."""


def contacts(occasion: Occasion, plan: CasePlan, calls: Day) -> Iterator[tuple[Contact, Chance]]:
    """Yield a day's contacts and the stream that each draws from: calls, then the others."""
    yield from _calls(occasion, plan, calls)
    for approach in plan.approaches:
        arrivals = occasion.chance(approach.channel, "approaches")
        for number, at in enumerate(_arrivals(occasion, approach, arrivals)):
            chance = occasion.chance(approach.channel, "approach", number)
            registered = (
                occasion.at_work(at, ip.READ, chance) if approach.is_round_the_clock else at
            )
            administration = administration_of(plan, "", chance)
            yield _contact(registered, approach.channel, administration, chance), chance


def administration_of(plan: CasePlan, own: str, chance: Chance) -> str:
    """Return which administration something concerns: mostly ``own``, if there is one."""
    left = chance.uniform(0, 1)
    if chance.happens(ip.OWN_ADMINISTRATION_RATIO) and own:
        return own
    for name, share in plan.administrations:
        left -= share
        if left < 0:
            return name
    return plan.administrations[-1][0]


def _calls(occasion: Occasion, plan: CasePlan, calls: Day) -> Iterator[tuple[Contact, Chance]]:
    """Yield the calls that a centre answered, by arrival, each as it is registered."""
    administrations = dict(plan.centres)
    for leg in calls.legs:
        if leg.queue in administrations and leg.ended_at is not None:
            chance = occasion.chance("case", leg.caller, leg.queue)
            at = leg.ended_at + int(chance.uniform(1, 20) * SECOND)
            administration = administration_of(plan, administrations[leg.queue], chance)
            contact = _contact(
                at, "phone", administration, chance, contact=leg.contact, centre=leg.queue
            )
            yield contact, chance


def _arrivals(occasion: Occasion, approach: Approach, chance: Chance) -> Iterator[int]:
    per_day = approach.per_day * occasion.plan.scale
    if approach.is_round_the_clock:
        yield from at_any_hour(occasion, per_day, chance)
        return
    for opens, closes in occasion.office.spans_of(occasion.day):
        yield from poisson(chance, per_day, opens, closes - opens)


def _contact(
    at: int,
    channel: Channel,
    administration: str,
    chance: Chance,
    *,
    contact: str | None = None,
    centre: str = "",
) -> Contact:
    return Contact(
        at=at,
        channel=channel,
        contact=contact,
        centre=centre,
        administration=administration,
        days_back=int(chance.exponential(ip.REPEAT_MEAN_DAYS)),
        pick=chance.uniform(0, 1),
    )
