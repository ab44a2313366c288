"""The calls that went on to a partner, by the archive, and what is known of them there."""

from collections.abc import Collection
from typing import Final

from sqlalchemy import select
from sqlalchemy.engine import Connection

from producers.calls_file.overflow.matching import Gone, Outcome
from streams.archive import schema
from streams.archive.rows import read, written
from streams.domain.instants import HOUR, NEVER
from streams.domain.phone.legs import OUTCOME_BITS, OUTCOME_MASK
from streams.domain.phone.legs import Outcome as Left

LONGEST_WAIT: Final = 12 * HOUR
"""A call that came longer before it left is not looked for."""


def gone_between(
    connection: Connection,
    municipality: str,
    *,
    queues: Collection[str],
    partner: str,
    span: tuple[int, int],
) -> list[Gone]:
    """Return the calls that left some queues for a partner's queue in a span.

    What is known of each there is that of the contact's first leg in the partner's queue since
    then, and before it went on the next time, if it has been answered or has hung up.
    """
    start, end = span
    leg = schema.leg.c
    of_it = (leg.municipality == written(municipality), leg.arrived < end)
    legs = connection.execute(
        select(leg.contact, leg.answered, leg.left, leg.caller).where(
            *of_it,
            leg.arrived >= start - LONGEST_WAIT,
            leg.queue.in_([written(queue) for queue in queues]),
            leg.left.is_not(None),
        )
    )
    gone = [
        Gone(read(contact), left >> OUTCOME_BITS, caller)
        for contact, answered, left, caller in legs
        if left & OUTCOME_MASK == Left.OVERFLOWED
        and start <= left >> OUTCOME_BITS < end
        and (answered or NEVER) > left >> OUTCOME_BITS
    ]
    known = _known(connection, municipality, partner, start)
    found: list[Gone] = []
    later: dict[str, tuple[int, int]] = {}
    for its in sorted(gone, key=lambda its: its.left_at, reverse=True):
        next_at, after_it = later.get(its.contact, (NEVER, NEVER))
        if next_at == its.left_at:  # it left two queues at once
            next_at = after_it
        found.append(_with(its, known.get(its.contact, []), next_at))
        later[its.contact] = its.left_at, next_at
    return found


def _known(
    connection: Connection, municipality: str, partner: str, start: int
) -> dict[str, list[tuple[int, Outcome]]]:
    """Return by contact when its legs at the partner began, and what became of each."""
    leg = schema.leg.c
    found: dict[str, list[tuple[int, Outcome]]] = {}
    asked = select(leg.contact, leg.arrived, leg.answered, leg.left).where(
        leg.municipality == written(municipality),
        leg.queue == written(partner),
        leg.arrived >= start,
    )
    for contact, arrived, answered, left in connection.execute(asked):
        left_at = NEVER if left is None else left >> OUTCOME_BITS
        end = min(answered or NEVER, left_at)
        if end < NEVER:
            outcome = Outcome(answered is not None and answered <= left_at, end - arrived)
            found.setdefault(read(contact), []).append((arrived, outcome))
    return found


def _with(its: Gone, legs: list[tuple[int, Outcome]], next_at: int) -> Gone:
    later = [leg for leg in legs if its.left_at <= leg[0] < next_at]
    if not later:
        return its
    _, outcome = min(later, key=lambda leg: leg[0])
    return Gone(its.contact, its.left_at, its.caller, outcome)
