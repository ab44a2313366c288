"""How large a share of what comes in is solved in the customer centre.

A share of cases leaves out what was never registered; a share of contacts needs to know how many
there were, which the channels say, not the cases.

Source: docs/decisions/0010-cases.md.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final, get_args

import numpy as np

from streams.domain.cases.figures import CHANNEL_NAMES, Solved
from streams.domain.cases.frame import Frame, Mask
from streams.domain.cases.life import State
from streams.domain.cases.openings import by_channel, opened_in, registered_in
from streams.domain.catalogue import Municipality, ServiceTarget
from streams.domain.event_types import Channel
from streams.domain.windows import Window, day_of, midnight

SOLVED_IN_CENTRE: Final = "solved_in_centre"
ALL_CHANNELS: Final[tuple[Channel, ...]] = get_args(Channel)


def solved_shares(
    municipality: Municipality,
    frame: Frame,
    windows: Sequence[Window],
    incoming: Mapping[str, Mapping[Channel, int | None]],
    answered: Mapping[str, Mapping[Channel, int | None]],
) -> dict[str, dict[str, Solved]]:
    """Return the share of each such promise, by its id and name of window.

    The promises are those of the day of each window's last instant. ``incoming`` has the
    contacts of each channel by name of window; None, or no entry, of one that does not report.
    ``answered`` has likewise those of them that somebody answered: only they can be registered.
    Shares of contacts exist for those windows only.
    """
    shares: dict[str, dict[str, Solved]] = {}
    for window in windows:
        day = day_of(window.end - 1, municipality.zone)
        for target in municipality.promises:
            if target.measure != SOLVED_IN_CENTRE or not target.is_valid_on(day):
                continue
            of_window = shares.setdefault(target.id, {})
            if target.of == "cases":
                of_window[window.name] = _of_cases(frame, window, target)
            elif window.name in incoming:
                covered = target.channels or municipality.channels or ALL_CHANNELS
                of_window[window.name] = _of_contacts(
                    frame,
                    window,
                    covered,
                    incoming[window.name],
                    answered.get(window.name, {}),
                    has_closed=_office_has_closed(municipality, window),
                )
    return shares


def solved_by_channel(frame: Frame, window: Window) -> dict[str, Solved]:
    """Return the share of the decided cases that were opened by each channel in a window."""
    chosen, state = opened_in(frame, window), frame.lives.state
    solved = by_channel(frame.channel[chosen & (state == State.SOLVED)])
    decided = by_channel(frame.channel[chosen & (state != State.AT_CENTRE)])
    return {
        name: Solved(solved[name], decided[name], registered=None, answered=None, silent=())
        for name in CHANNEL_NAMES
    }


def _of_cases(frame: Frame, window: Window, target: ServiceTarget) -> Solved:
    chosen = opened_in(frame, window)
    if target.channels:
        chosen &= _by(frame, target.channels)
    state = frame.lives.state[chosen]
    return Solved(
        solved=int((state == State.SOLVED).sum()),
        whole=int((state != State.AT_CENTRE).sum()),
        registered=None,
        answered=None,
        silent=(),
    )


def _of_contacts(
    frame: Frame,
    window: Window,
    covered: Sequence[Channel],
    incoming: Mapping[Channel, int | None],
    answered: Mapping[Channel, int | None],
    *,
    has_closed: bool,
) -> Solved:
    counts = {channel: incoming.get(channel) for channel in covered}
    reporting = [channel for channel, count in counts.items() if count is not None]
    chosen = opened_in(frame, window) & _by(frame, reporting)
    registered = registered_in(frame, window)
    told = [count for channel in reporting if (count := answered.get(channel)) is not None]
    silent = tuple(channel for channel, count in counts.items() if count is None)
    return Solved(
        solved=int((frame.lives.state[chosen] == State.SOLVED).sum()),
        whole=sum(count for count in counts.values() if count is not None),
        registered=sum(registered[channel] for channel in reporting),
        answered=sum(told) if len(told) == len(reporting) else None,
        silent=silent,
        is_judged=has_closed and not silent,
    )


def _office_has_closed(municipality: Municipality, window: Window) -> bool:
    """Say whether the office was open in a window and won't be again on its last day."""
    if municipality.office is None:
        return False
    zone = municipality.zone
    after = midnight(day_of(window.end - 1, zone) + timedelta(days=1), zone)
    closings = [end for _, end in municipality.office.hours.spans(window.start, after)]
    return bool(closings) and closings[-1] <= window.end


def _by(frame: Frame, channels: Sequence[Channel]) -> Mask:
    """Say which cases were opened by one of some channels."""
    return np.isin(frame.channel, [ALL_CHANNELS.index(channel) for channel in channels])
