"""Counts the questions of a mailbox: those that are open, and those received in a window.

Source: docs/decisions/0009-questions.md.
"""

import numpy as np

from streams.domain.instants import SECOND
from streams.domain.kept import spread
from streams.domain.questions.as_of import AskedColumns, Mask, State
from streams.domain.questions.figures import CHANNELS, JUNK, STATES, Open, Received
from streams.domain.windows import Window


def open_now(questions: AskedColumns) -> Open:
    """Return the open ones this instant."""
    still = questions.only(questions.state == State.OPEN)
    oldest = int(still.received.min()) if len(still.received) else None
    return Open(
        channels=_by_channel(still.is_e_service),
        oldest_seconds=None if oldest is None else (questions.as_of - oldest) / SECOND,
    )


def received_in(questions: AskedColumns, window: Window) -> Received:
    """Return those that were received in a window, by what has become of them by now."""
    inside = (questions.received >= window.start) & (questions.received < window.end)
    those = questions.only(inside)
    counts = np.bincount(those.state, minlength=len(State)).tolist()
    real = those.only(~those.is_junk)
    is_answered = (real.state == State.ANSWERED) | (real.state == State.ANSWERED_OTHERWISE)
    return Received(
        states=dict(zip(STATES, counts[: len(STATES)], strict=True)),
        channels=_by_channel(real.is_e_service),
        auto_replied=int(real.is_auto_replied.sum()),
        forwarded=int(real.is_forwarded.sum()),
        reopened=int(real.is_reopened.sum()),
        followed_up=int(real.is_followed_up.sum()),
        begun_by_follow_up=int(real.is_begun_by_follow_up.sum()),
        junk=dict(zip(JUNK, counts[len(STATES) :], strict=True)),
        answer_time=spread(real.end[is_answered] - real.received[is_answered]),
    )


def _by_channel(is_e_service: Mask) -> dict[str, int]:
    e_service = int(is_e_service.sum())
    return dict(zip(CHANNELS, (len(is_e_service) - e_service, e_service), strict=True))
