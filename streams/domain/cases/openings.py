"""Counts the cases that were opened in a window, by what has become of them by now.

Source: docs/decisions/0010-cases.md.
"""

from typing import Final

import numpy as np

from streams.domain.cases.figures import CHANNEL_NAMES, RESOLVERS, Opened
from streams.domain.cases.frame import NOBODY, Codes, Frame, Mask
from streams.domain.cases.judging import Administrations
from streams.domain.cases.life import State
from streams.domain.windows import Window

_RESOLVER_OF: Final = {
    State.SOLVED: "customer_centre",
    State.CLOSED: "customer_centre",
    State.FINISHED: "administration",
}


def opened_in(frame: Frame, window: Window) -> Mask:
    """Say which cases were opened in a window, which must not reach beyond now."""
    return (frame.opened >= window.start) & (frame.opened < window.end)


def opened_of(frame: Frame, chosen: Mask, administrations: Administrations) -> Opened:
    """Return the figures of some cases that were opened in a window."""
    lives = frame.lives
    states = np.bincount(lives.state[chosen], minlength=len(State)).tolist()
    resolved = dict.fromkeys(RESOLVERS, 0)
    for state, resolver in _RESOLVER_OF.items():
        resolved[resolver] += states[state]
    cases = int(chosen.sum())
    at_first = chosen & (lives.state == State.SOLVED) & ~lives.is_reopened
    at_first[frame.contact] = False
    return Opened(
        by_channel=by_channel(frame.channel[chosen]),
        handed_over=int((frame.administration[chosen] != NOBODY).sum()),
        handed_over_to=_handed_over_to(frame, chosen, administrations),
        resolved_by=resolved,
        solved_in_centre=states[State.SOLVED],
        decided=cases - states[State.AT_CENTRE],
        solved_at_first_contact=int(at_first.sum()),
        reopened=int(lives.is_reopened[chosen].sum()),
        contacts=cases + int(chosen[frame.contact].sum()),
    )


def registered_in(frame: Frame, window: Window) -> dict[str, int]:
    """Return how many contacts of a window were registered, by channel."""
    inside = (frame.contacted >= window.start) & (frame.contacted < window.end)
    first = frame.channel[opened_in(frame, window)]
    return by_channel(np.concatenate((first, frame.contacted_by[inside])))


def by_channel(channel: Codes) -> dict[str, int]:
    """Return how many there are of each channel; the last stands for what is not known."""
    # Not known is -1: one more, and the unknown ones come first.
    unknown, *known = np.bincount(channel + 1, minlength=len(CHANNEL_NAMES)).tolist()
    return dict(zip(CHANNEL_NAMES, (*known, unknown), strict=True))


def _handed_over_to(
    frame: Frame, chosen: Mask, administrations: Administrations
) -> dict[str, int]:
    handed = chosen & (frame.administration != NOBODY)
    several = [row for row in frame.handovers if chosen[row]]
    handed[several] = False
    shown = administrations.shown(frame.administration[handed])
    counts = np.bincount(shown, minlength=len(administrations.names)).tolist()
    for row in several:
        to = np.array([administration for _, administration in frame.handovers[row]])
        for place in set(administrations.shown(to).tolist()):
            counts[place] += 1
    return {
        name: count
        for number, (name, count) in enumerate(zip(administrations.names, counts, strict=True))
        if count or number < len(administrations.known)
    }
