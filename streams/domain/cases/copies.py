"""What is stated of one case in several ways, made one: editions, and copies that disagree.

A source that states a case anew makes another edition of it, and one that is wrong about when the
case was opened, or in which inbox, another copy. Of the editions the latest counts, alone; of the
copies of that edition all facts count, and the first of them has the case's inbox and opening.

Source: docs/decisions/0010-cases.md.
"""

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from typing import Final, NamedTuple

from streams.domain.cases.life import FACT_BITS, FACT_MASK, Life, live
from streams.domain.instants import NEVER

ORIGINAL: Final = -NEVER
"""The edition of what was never restated: before all others."""


class Copy(NamedTuple):
    """What is stated of a case with one edition, one opening and one inbox."""

    edition: int
    """When it was restated, or :data:`ORIGINAL`."""
    opened: int
    queue: str
    stated: int
    """The first ``opened``: ``instant << FACT_BITS | channel``; ``NEVER`` if it is not known."""
    facts: Set[tuple[int, str]]
    """As :func:`~streams.domain.cases.life.live` takes them."""
    contacts: Mapping[str, int]
    """Id of an event → when the resident got in touch, with the channel, as in ``stated``."""

    def last(self) -> int:
        """Return the latest instant of anything that is stated; at least when it was opened."""
        facts = [number >> FACT_BITS for number, _ in self.facts]
        contacts = [number >> FACT_BITS for number in self.contacts.values()]
        stated = [] if self.stated == NEVER else [self.stated >> FACT_BITS]
        return max(self.edition, self.opened, *stated, *facts, *contacts)


@dataclass(frozen=True, slots=True)
class Told:
    """A case as it stood at an instant."""

    opened: int
    queue: str
    channel: int | None
    """Index into the channels of events; None where nobody has said it."""
    life: Life
    contacts: tuple[int, ...]
    """When the resident got in touch after that, with the channels, in order."""


def told(copies: Iterable[Copy], now: int) -> Told | None:
    """Return the case that the copies are of, as of now; None if it had not begun by then."""
    known = [copy for copy in copies if copy.edition < now and copy.opened < now]
    if not known:
        return None
    latest = max(copy.edition for copy in known)
    counted = [copy for copy in known if copy.edition == latest]
    before = now << FACT_BITS  # less than the number of every fact from now on
    opened, queue = min((copy.opened, copy.queue) for copy in counted)
    stated = min(copy.stated for copy in counted)
    contacts: dict[str, int] = {}
    for copy in counted:
        for id_, number in copy.contacts.items():
            contacts[id_] = min(number, contacts.get(id_, NEVER))
    facts = {fact for copy in counted for fact in copy.facts if fact[0] < before}
    return Told(
        opened,
        queue,
        stated & FACT_MASK if stated < before else None,
        live(facts),
        tuple(sorted(number for number in contacts.values() if number < before)),
    )
