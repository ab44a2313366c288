"""Reads rows of cases as of an instant: those that figures can need become a frame.

Nearly all cases live a plain life, with at most one handover, one feedback and one resolution:
whole columns of them are read at once. The odd ones are read one by one, by the table of lives
that the plain ones are a part of.

Source: docs/decisions/0010-cases.md.
"""

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from streams.domain.cases.columns import Columns
from streams.domain.cases.copies import Copy, Told, told
from streams.domain.cases.frame import NOBODY, NOT_KNOWN, Codes, Column, Frame, Lives, Numbers
from streams.domain.cases.life import FACT_BITS, FACT_MASK, OPEN, Life, State, What
from streams.domain.instants import NEVER
from streams.domain.recent_rows import Rows


@dataclass(frozen=True, slots=True)
class Part:
    """Some of the cases of a frame, a row per case."""

    rows: Rows
    """Their numbers in the book."""
    queue: Numbers
    opened: Column
    channel: Codes
    administration: Numbers
    lives: Lives
    handovers: dict[int, tuple[tuple[int, int], ...]]
    """As in :class:`~streams.domain.cases.frame.Frame`, by place in this part."""
    contacts: list[tuple[int, int]]
    """Place in this part, and when and how the resident got in touch, as one number."""


@dataclass(frozen=True, slots=True)
class Odd:
    """A case that is read by itself."""

    last: int
    """When anything of it last happens. As of any later instant it is the same."""
    case: Told | None
    """None if it has not begun."""

    @classmethod
    def of(cls, copies: Sequence[Copy], now: int) -> "Odd":
        """Read the case of these copies as of now."""
        return cls(max(copy.last() for copy in copies), told(copies, now))


def read(
    columns: Columns, plain: Rows, odd: Mapping[int, Odd], since: int, now: int
) -> tuple[Frame, Rows]:
    """Return the cases that are open, or that anything happened to at or after ``since``.

    With them, the rows of those and of the cases that are yet to come. ``plain`` are the rows of
    cases that live a plain life, ``odd`` has the first rows of the others, which are read already.
    """
    needed = _needed(columns, plain, since, now)
    first = _plain(columns, needed[_taken(columns.opened, needed) < now], now)
    cases, to_come = _odd_cases(odd, since)
    second = _odd(columns, cases)
    size, lives = len(first.rows), first.lives.and_then(second.lives)
    rows = np.append(first.rows, second.rows)
    contacts: Any = np.array(
        [*first.contacts, *((size + place, number) for place, number in second.contacts)],
        dtype=np.int64,
    ).reshape(-1, 2)
    frame = Frame(
        now=now,
        since=since,
        queues=tuple(columns.queues.known),
        administrations=tuple(columns.administrations.known),
        cases={
            place: columns.case[int(rows[place])]
            for place in np.flatnonzero(lives.is_open).tolist()
        },
        queue=np.append(first.queue, second.queue),
        opened=np.append(first.opened, second.opened),
        channel=np.append(first.channel, second.channel),
        administration=np.append(first.administration, second.administration),
        lives=lives,
        handovers={size + place: its for place, its in second.handovers.items()},
        contact=contacts[:, 0],
        contacted=contacts[:, 1] >> FACT_BITS,
        contacted_by=(contacts[:, 1] & FACT_MASK).astype(np.int8),
    )
    return frame, np.concatenate((needed, second.rows, to_come))


def _needed(columns: Columns, rows: Rows, since: int, now: int) -> Rows:
    """Return those of plain rows that are open, or that anything happened to since."""
    facts = {name: _taken(column, rows) for name, column in columns.facts.items()}
    happened = _taken(columns.opened, rows)
    for numbers in (_taken(columns.stated, rows), *facts.values()):
        happened = np.maximum(happened, np.where(numbers == NEVER, -NEVER, numbers >> FACT_BITS))
    is_needed = (happened >= since) | plain_lives(**facts, now=now).is_open
    for place in np.flatnonzero(~is_needed).tolist():
        contacts = columns.contacts.get(int(rows[place]))
        if contacts is not None and max(contacts.values()) >> FACT_BITS >= since:
            is_needed[place] = True
    found: Rows = rows[is_needed]
    return found


def _plain(columns: Columns, rows: Rows, now: int) -> Part:
    facts = {name: _taken(column, rows) for name, column in columns.facts.items()}
    lives = plain_lives(**facts, now=now)
    stated, to = _taken(columns.stated, rows), _taken(columns.administration, rows)
    is_known = stated >> FACT_BITS < now
    return Part(
        rows=rows,
        queue=_taken(columns.queue, rows),
        opened=_taken(columns.opened, rows),
        channel=np.where(is_known, stated & FACT_MASK, NOT_KNOWN).astype(np.int8),
        administration=np.where(lives.handed == NEVER, NOBODY, to).astype(np.int32),
        lives=lives,
        handovers={},
        contacts=[
            (place, number)
            for place, row in enumerate(rows.tolist())
            if row in columns.contacts
            for number in columns.contacts[row].values()
            if number >> FACT_BITS < now
        ],
    )


def plain_lives(handed: Column, feedback: Column, resolved: Column, now: int) -> Lives:
    """Return the lives of cases with at most one handover, feedback and resolution each.

    The facts are numbers as in :mod:`~streams.domain.cases.life`, ``NEVER`` for what is not
    stated.
    """
    by_administration = resolved & FACT_MASK == What.BY_ADMINISTRATION
    handed, feedback, resolved = (_as_of(fact, now) for fact in (handed, feedback, resolved))
    is_handed, is_resolved = handed != NEVER, resolved != NEVER
    is_again = is_handed & is_resolved & (handed > resolved)
    is_done = is_resolved & ~is_again
    told_at = np.minimum(
        np.where(feedback >= handed, feedback, NEVER),
        np.where(by_administration & (resolved >= handed), resolved, NEVER),
    )
    state = np.select(
        [~is_done & ~is_handed, ~is_done, by_administration, is_handed],
        [State.AT_CENTRE, State.AWAY, State.FINISHED, State.CLOSED],
        State.SOLVED,
    )
    return Lives(
        handed=handed,
        told=np.where(is_handed, told_at, NEVER),
        state=state.astype(np.int8),
        done=np.where(is_done, resolved, NEVER),
        is_reopened=is_again,
    )


def _odd_cases(odd: Mapping[int, Odd], since: int) -> tuple[list[tuple[int, Told]], Rows]:
    """Return those of the odd cases that are needed, and the rows of those yet to come."""
    cases: list[tuple[int, Told]] = []
    to_come: list[int] = []
    for head, its in odd.items():
        if its.case is None:
            to_come.append(head)
        elif its.case.life.state in OPEN or its.last >= since:
            cases.append((head, its.case))
    return cases, np.array(to_come, dtype=np.int64)


def _odd(columns: Columns, cases: Sequence[tuple[int, Told]]) -> Part:
    number_of = columns.administrations.number
    handovers = [
        tuple((at, number_of(name)) for at, name in case.life.handovers) for _, case in cases
    ]
    channels = [NOT_KNOWN if case.channel is None else case.channel for _, case in cases]
    return Part(
        rows=np.array([head for head, _ in cases], dtype=np.int64),
        queue=np.array([columns.queues.number(case.queue) for _, case in cases], dtype=np.int32),
        opened=np.array([case.opened for _, case in cases], dtype=np.int64),
        channel=np.array(channels, dtype=np.int8),
        administration=np.array([its[-1][1] if its else NOBODY for its in handovers], np.int32),
        lives=_odd_lives([case.life for _, case in cases]),
        handovers={place: its for place, its in enumerate(handovers) if len(its) > 1},
        contacts=[
            (place, number) for place, (_, case) in enumerate(cases) for number in case.contacts
        ],
    )


def _odd_lives(lives: Sequence[Life]) -> Lives:
    def column(values: list[int]) -> Column:
        return np.array(values, dtype=np.int64)

    return Lives(
        handed=column([its.handovers[0][0] if its.handovers else NEVER for its in lives]),
        told=column([its.told for its in lives]),
        state=np.array([its.state for its in lives], dtype=np.int8),
        done=column([its.done for its in lives]),
        is_reopened=np.array([its.is_reopened for its in lives], dtype=np.bool_),
    )


def _as_of(fact: Column, now: int) -> Column:
    """Return when facts happened that had happened before now."""
    at = fact >> FACT_BITS
    return np.where(at < now, at, NEVER)


def _taken(column: "array[int]", rows: Rows) -> Any:
    """Return some rows of a column, without a copy of the others."""
    return np.asarray(column)[rows]
