"""What KKiK asks of the telephone, over all contacts instead of a few test calls.

KKiK's companies call with a simple question and note whether they reach a person within one
minute, within two, or later; if they are put through to somebody else they hang up after 60
seconds of waiting for that one. So there are two figures:

- the class of a contact, by its wait from the first arrival to the first answer by a person;
- of the contacts that were passed on, whether the wait after the first time was at most 60
  seconds. A longer one is cut there: it counts as no answer, whatever came of it.

KKiK counts a call only if the question was answered too, which no telephone exchange knows.

Source: Kommuns Kvalitet i Korthet, "Tillgänglighet i telefoni och e-post" (SKL 2015), measure 2;
docs/decisions/0003-service-level-definition.md.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from streams.domain.instants import MINUTE, NEVER
from streams.domain.phone.as_of import Mask, Standing, after_answer
from streams.domain.phone.figures import Share
from streams.domain.phone.legs import Column

CLASSES: Final = ("within_1_min", "within_2_min", "later", "not_answered", "waiting")
"""Of decided contacts: how soon a person answered; that none did; that it has waited for more than
two minutes and still does."""
AFTER_TRANSFER: Final = ("answered", "cut", "pending", "unseen")
"""Of contacts that were passed on: that a person answered within a minute; that none did; that the
minute has not passed; that they went to where we see nothing."""
CUT: Final = MINUTE


@dataclass(frozen=True, slots=True)
class Kkik:
    """The contacts of a window as KKiK classes them."""

    classes: dict[str, int]
    """Decided contacts; keys as :data:`CLASSES`."""
    undecided: int
    transfers: dict[str, int]
    """Contacts that were passed on; keys as :data:`AFTER_TRANSFER`."""

    @property
    def shares(self) -> dict[str, Share]:
        """Return what part of the decided contacts each class is."""
        decided = sum(self.classes.values())
        return {name: Share(count, decided) for name, count in self.classes.items()}

    @property
    def after_transfer(self) -> Share:
        """Return how many of the decided transfers a person answered within a minute."""
        answered = self.transfers["answered"]
        return Share(answered, answered + self.transfers["cut"])


@dataclass(frozen=True, slots=True)
class Transfers:
    """Of each contact when it was first passed on, and what came after that."""

    at: Column
    """``NEVER`` if it was not."""
    helped: Column
    """The first answer by a person in a later leg; ``NEVER`` if there is none."""
    is_seen: Mask
    """Whether there is any later leg."""
    is_lost: Mask

    def of(self, contacts: NDArray[np.intp], as_of: int) -> dict[str, int]:
        """Return what became of those of some contacts that were passed on."""
        chosen = contacts[self.at[contacts] != NEVER]
        cut_at = self.at[chosen] + CUT
        answered = self.helped[chosen] <= cut_at
        unseen = ~self.is_seen[chosen]
        cut = ~answered & ~unseen & ((cut_at < as_of) | self.is_lost[chosen])
        counts = [int(part.sum()) for part in (answered, cut, unseen)]
        pending = len(chosen) - sum(counts)
        return dict(zip(AFTER_TRANSFER, (*counts[:2], pending, counts[2]), strict=True))


def kkik_of(wait: Column, *, is_waiting: Mask, waited: Column, transfers: dict[str, int]) -> Kkik:
    """Return the classes of contacts.

    ``wait`` is how long each waited for the first answer by a person, ``NEVER`` if there is none;
    ``waited`` how long ago it began.
    """
    unanswered = wait == NEVER
    still = unanswered & is_waiting
    parts = (
        wait <= MINUTE,
        (wait > MINUTE) & (wait <= 2 * MINUTE),
        ~unanswered & (wait > 2 * MINUTE),
        unanswered & ~is_waiting,
        still & (waited > 2 * MINUTE),
    )
    classes = {name: int(part.sum()) for name, part in zip(CLASSES, parts, strict=True)}
    return Kkik(classes, len(wait) - sum(classes.values()), transfers)


def after_transfers(standing: Standing, row: NDArray[np.integer[Any]], is_lost: Mask) -> Transfers:
    """Return what came after the first transfer of each contact.

    ``row`` is the number of each leg's contact, ``is_lost`` says which contacts were lost.
    """
    legs, count = standing.legs, len(is_lost)
    at, since = (np.full(count, NEVER, dtype=np.int64) for _ in range(2))
    helped, is_seen = at.copy(), np.zeros(count, dtype=np.bool_)
    moved = np.flatnonzero(legs.is_passed_on)
    np.minimum.at(at, row[moved], legs.ended[moved])
    # Of several legs that were passed on at the same microsecond, the earliest counts.
    first = moved[legs.ended[moved] == at[row[moved]]]
    np.minimum.at(since, row[first], after_answer(legs.arrived[first], legs.end[first]))
    contacts = np.flatnonzero((at != NEVER) & (np.bincount(row, minlength=count) > 1))
    number = np.zeros(count, dtype=legs.contact.dtype)
    number[row[first]] = legs.contact[first]
    places = standing.later.find(number[contacts], since[contacts])
    found = standing.later.helped_at(places)
    helped[contacts] = np.where(found == NEVER, NEVER, found >> 1)
    is_seen[contacts] = places >= 0
    return Transfers(at, helped, is_seen, is_lost)
