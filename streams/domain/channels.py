"""By which channels residents get in touch: shares of contacts, and promises of them.

A contact is a call, a question by e-mail or e-service, or a case opened at the counter, in a chat
and so on; who knows how many there are of each says so here. A channel that does not report is
named, never counted as nothing.

Source: docs/decisions/0010-cases.md.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from streams.domain.catalogue import Municipality, ServiceTarget
from streams.domain.event_types import Channel
from streams.domain.instants import HOUR
from streams.domain.percentiles import wilson
from streams.domain.windows import Window, day_of

CHANNEL_SHARE: Final = "channel_share"
LONG: Final = 28 * 24 * HOUR
"""A month, however short: what a share of less says of the year is mostly chance."""


@dataclass(frozen=True, slots=True)
class Share:
    """How large a part of all contacts came by some channels."""

    contacts: int
    whole: int
    """Contacts by all channels that report."""

    @property
    def ratio(self) -> float | None:
        """Return contacts / whole in [0, 1]; None if there were none."""
        return self.contacts / self.whole if self.whole else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Return the 95 % Wilson interval of the ratio; None if there were no contacts."""
        return wilson(self.contacts, self.whole)


@dataclass(frozen=True, slots=True)
class Earlier:
    """What a share is to rise above: a recorded value of an earlier year."""

    on: date
    value: float
    """In [0, 1]."""


@dataclass(frozen=True, slots=True)
class PromisedShare:
    """A promise of a share, and how it is kept."""

    share: Share | None
    """None if none of its channels reports."""
    goal: float | None
    earlier: Earlier | None
    """Of a promise without a goal, which is to rise each year: the latest of an earlier year."""
    is_whole: bool
    """Whether all channels of the catalogue report: else nobody knows what it is a share of."""
    is_long: bool
    """Whether the window is long enough to be held against a year."""

    @property
    def is_kept(self) -> bool | None:
        """Say whether the share is at or over its goal or, without one, over the earlier value.

        None if there is no share, nothing to hold it against, or a channel that does not report,
        and of a few days held against a year.
        """
        ratio = self.share.ratio if self.share else None
        if ratio is None or not self.is_whole:
            return None
        if self.goal is not None:
            return ratio >= self.goal
        if self.earlier is None or not self.is_long:
            return None
        return ratio > self.earlier.value


@dataclass(frozen=True, slots=True)
class ChannelsReport:
    """By which channels residents got in touch in a window."""

    shares: Mapping[Channel, Share]
    """Of each channel that reports, also of one that the catalogue doesn't have."""
    reporting: tuple[Channel, ...]
    """Channels of the catalogue that report."""
    silent: tuple[Channel, ...]
    """Channels of the catalogue that don't report."""
    promised: Mapping[str, PromisedShare]
    """By id of the promise."""


def evaluate_channels(
    municipality: Municipality,
    counts: Mapping[Channel, int | None],
    window: Window,
    recorded: Mapping[str, Iterable[tuple[date, float]]],
) -> ChannelsReport:
    """Return the shares of the contacts of a window.

    ``counts`` has how many there were by each channel; None, or no entry, of one that does not
    report. ``recorded`` has the values, in [0, 1], that were typed in for a promise (by its id),
    each with the day it is true of. The promises are those of the window's last instant.
    """
    known = {channel: count for channel, count in counts.items() if count is not None}
    whole, today = sum(known.values()), day_of(window.end - 1, municipality.zone)
    promised = {
        target.id: PromisedShare(
            share=_share_of(target, known, whole),
            goal=target.goal,
            earlier=None
            if target.goal is not None
            else _earlier(recorded.get(target.id, ()), today.year),
            is_whole=all(channel in known for channel in municipality.channels),
            is_long=window.length >= LONG,
        )
        for target in municipality.promises
        if target.measure == CHANNEL_SHARE and target.is_valid_on(today)
    }
    return ChannelsReport(
        shares={channel: Share(count, whole) for channel, count in known.items()},
        reporting=tuple(channel for channel in municipality.channels if channel in known),
        silent=tuple(channel for channel in municipality.channels if channel not in known),
        promised=promised,
    )


def _share_of(target: ServiceTarget, known: Mapping[Channel, int], whole: int) -> Share | None:
    its = [known[channel] for channel in target.channels if channel in known]
    return Share(sum(its), whole) if its else None


def _earlier(recorded: Iterable[tuple[date, float]], year: int) -> Earlier | None:
    """Return the latest value before a year; of two of one day the higher."""
    before = [(on, value) for on, value in recorded if on.year < year]
    return Earlier(*max(before)) if before else None
