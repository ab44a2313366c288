"""What a service level would have been, had calls gone on to the partner sooner.

What is assumed:

- the partner answers as quickly as it did today those calls that really went on from this queue,
  and has people enough for more; a call that it did not answer is one it never answers;
- a caller who hung up keeps their patience, and hangs up at the same second there as here;
- the others' own waits do not change, though fewer stand in line.

A leg whose wait ended at or under the new limit is what it was. Any other goes on at the limit L,
and is expected to be in time with the share of the partner's delays d for which L + d is at or
under the promise's limit T, and at or under the patience of one who hung up. At L >= T nothing is
gained: who goes on then is late already, so that a limit of 40 seconds can't help a promise of 15.

A call that went on for real is judged by the same rule, by the partner's own answer to it: without
that, what is gained could not be told from what is only counted otherwise. ``as_is`` is so the
service level of the same legs with the partner's answers, and the one to compare with.

Source: docs/decisions/0003-service-level-definition.md.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from streams.domain.instants import NEVER, SECOND
from streams.domain.phone.as_of import Mask, QueueLegs, State
from streams.domain.phone.figures import Limit
from streams.domain.phone.later import Later
from streams.domain.phone.legs import Column
from streams.domain.phone.service_level import is_decided
from streams.domain.windows import Window

OVERFLOW_LIMITS: Final = (5, 10, 15, 20, 40)
"""After how many seconds calls could go on."""
AS_IS: Final = "as_is"


@dataclass(frozen=True, slots=True)
class WhatIf:
    """What a service level would be by when calls go on. There is at least one decided leg."""

    decided: int
    overflowed: int
    """How many calls really went on: from so many, the partner's delays are known."""
    ratios: dict[str, float]
    """:data:`AS_IS`, and each of :data:`OVERFLOW_LIMITS`; in [0, 1]."""


def what_if(legs: QueueLegs, window: Window, limit: Limit, partner: QueueLegs) -> WhatIf | None:
    """Return what a service level of legs that arrived in a window would be by other limits.

    ``partner`` are the legs of the queue that calls go on to. None if no call went on to it in the
    window, or no leg is decided.
    """
    inside = legs.only(legs.is_during(window.start, window.end))
    gone = inside.state == State.OVERFLOWED
    asked = inside.only(is_decided(inside, limit))
    if not gone.any() or not len(asked.arrived):
        return None
    promised = limit.seconds * SECOND
    wait = asked.end - asked.arrived  # of one who waits longer than any limit
    delays = _delays(inside.only(gone), partner)
    good = _in_time(asked, wait, promised, partner)
    known = np.sort(delays[delays != NEVER])
    # A caller who hung up has left before a later answer.
    until = np.where(asked.state == State.ABANDONED, np.minimum(wait, promised), promised)
    ratios = {AS_IS: int(good.sum()) / len(good)}
    for seconds in OVERFLOW_LIMITS:
        at = seconds * SECOND
        moved = wait > at if at < promised else np.zeros(len(wait), dtype=np.bool_)
        expected = int(np.searchsorted(known, until[moved] - at, side="right").sum())
        whole = int((good & ~moved).sum()) * len(delays) + expected
        ratios[str(seconds)] = whole / (len(good) * len(delays))
    return WhatIf(len(good), len(delays), ratios)


def _in_time(asked: QueueLegs, wait: Column, promised: int, partner: QueueLegs) -> Mask:
    """Say of each decided leg whether a person answered within the limit, here or there."""
    good: Mask = (asked.state == State.ANSWERED) & (wait <= promised)
    good |= (asked.state == State.CALLBACK) & (asked.reached - asked.arrived <= promised)
    gone = np.flatnonzero(asked.state == State.OVERFLOWED)
    delays = _delays(asked.only(asked.state == State.OVERFLOWED), partner)
    good[gone] = (delays != NEVER) & (delays <= promised - wait[gone])
    return good


def _delays(gone: QueueLegs, partner: QueueLegs) -> Column:
    """Return how long after each leg went on the partner answered; ``NEVER`` if it has not.

    Its answer is its first one in a leg of the same contact that arrived no earlier than this one.
    One from before the call went on, by another clock, was without delay.
    """
    answered = partner.only(partner.state == State.ANSWERED)
    later = Later.of(answered.contact, answered.arrived, answered.end, answered.end)
    at = later.helped_at(later.find(gone.contact, gone.arrived))
    delays: Column = np.where(at == NEVER, NEVER, np.maximum(at - gone.end, 0))
    return delays
