"""Which call of ours a partner's report tells of: held against a search of all ways to pair."""

import tracemalloc
from dataclasses import replace
from itertools import combinations, permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from producers.calls_file.overflow.matching import (
    SAME_CALLER,
    Gone,
    Matched,
    Outcome,
    Told,
    matched,
)
from streams.domain.instants import SECOND

TOLERANCE = 60 * SECOND
ANSWERED = Outcome(is_answered=True, wait=9 * SECOND)
HUNG_UP = Outcome(is_answered=False, wait=30 * SECOND)


def gone(*seconds: int, caller: int | None = None) -> list[Gone]:
    return [Gone(f"c{n}", at * SECOND, caller) for n, at in enumerate(seconds)]


def told(*seconds: int, caller: int | None = None) -> list[Told]:
    return [Told(n, at * SECOND, ANSWERED, caller) for n, at in enumerate(seconds)]


def pairs(found: Matched) -> list[tuple[str, int]]:
    return [(pair.gone.contact, pair.told.line) for pair in found.pairs]


def test_a_clock_that_is_off_moves_all_pairs_alike() -> None:
    """Nearest first would pair the second with the first, and leave two without any."""
    assert pairs(matched(gone(0, 50), told(40, 100), TOLERANCE)) == [("c0", 0), ("c1", 1)]


def test_of_as_many_pairs_the_nearest_are_made() -> None:
    assert pairs(matched(gone(0, 50), told(50), TOLERANCE)) == [("c1", 0)]
    assert pairs(matched(gone(0, 100), told(61), TOLERANCE)) == [("c1", 0)]
    found = matched(gone(0), told(61), TOLERANCE)
    assert (pairs(found), [its.line for its in found.strangers]) == ([], [0])


def test_one_caller_is_one_caller_though_another_call_is_nearer() -> None:
    ours = [Gone("a", 0, caller=7), Gone("b", 100 * SECOND)]
    theirs = [Told(1, 99 * SECOND, ANSWERED, caller=7)]
    assert pairs(matched(ours, theirs, TOLERANCE)) == [("a", 1)]
    late = [replace(theirs[0], at=SAME_CALLER + 1)]
    assert pairs(matched(ours[:1], late, TOLERANCE)) == []


def test_two_known_callers_are_no_pair() -> None:
    assert pairs(matched(gone(0, caller=1), told(0, caller=2), TOLERANCE)) == []
    assert pairs(matched(gone(0, caller=1), told(0), TOLERANCE)) == [("c0", 0)]


calls = st.lists(st.integers(0, 200), max_size=5)
callers = st.one_of(st.none(), st.integers(1, 2))


@settings(max_examples=300)
@given(calls, calls)
def test_no_way_to_pair_has_more_pairs_or_is_nearer(ours: list[int], theirs: list[int]) -> None:
    found = matched(gone(*ours), told(*theirs), TOLERANCE)
    apart = sum(abs(pair.gone.left_at - pair.told.at) for pair in found.pairs)
    assert (-len(found.pairs), apart) == cheapest(gone(*ours), told(*theirs))


def cheapest(ours: list[Gone], theirs: list[Told]) -> tuple[int, int]:
    """Try every way to pair some with some, in any order."""
    costs = [(0, 0)]
    for size in range(1, min(len(ours), len(theirs)) + 1):
        for some in combinations(ours, size):
            for others in permutations(theirs, size):
                apart = [abs(a.left_at - b.at) for a, b in zip(some, others, strict=True)]
                if max(apart) <= TOLERANCE:
                    costs.append((-size, sum(apart)))
    return min(costs)


@settings(max_examples=300)
@given(
    st.lists(st.tuples(st.integers(0, 900), callers), max_size=12),
    st.lists(st.tuples(st.integers(0, 900), callers, st.booleans()), max_size=12),
    st.data(),
)
def test_a_report_read_again_or_in_parts_says_nothing_else(
    ours: list[tuple[int, int | None]],
    theirs: list[tuple[int, int | None, bool]],
    data: st.DataObject,
) -> None:
    went = [Gone(f"c{n}", at * SECOND, caller) for n, (at, caller) in enumerate(ours)]
    rows = [
        Told(n, at * SECOND, ANSWERED if is_answered else HUNG_UP, caller)
        for n, (at, caller, is_answered) in enumerate(theirs)
    ]
    first = matched(went, rows, TOLERANCE)
    assert len({pair.gone.contact for pair in first.pairs}) == len(first.pairs)
    told_lines = [*(pair.told.line for pair in first.pairs), *(s.line for s in first.strangers)]
    assert sorted(told_lines) == [row.line for row in rows]
    outcomes = {pair.gone.contact: pair.told.outcome for pair in first.pairs}
    now_known = [replace(its, known=outcomes.get(its.contact)) for its in went]
    part = data.draw(st.lists(st.sampled_from(rows), unique=True)) if rows else []
    again = matched(now_known, sorted(part, key=lambda its: its.line), TOLERANCE)
    if part == rows:
        assert again.pairs == []
        assert len(again.again) == len(first.pairs)
    assert all(pair.gone.known is None for pair in again.pairs)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        # The one of the same caller is the same again, not one of nobody that stands before it.
        ([(0, 1), (61, 1)], [(0, None), (0, 1)]),
        ([(0, 1), (0, 2)], [(0, None), (0, 1)]),
        # Of two that came at once, either could be the first.
        ([(601, 1), (601, None)], [(601, 2), (601, None)]),
    ],
)
def test_a_report_read_twice_says_nothing_else(
    ours: list[tuple[int, int | None]], theirs: list[tuple[int, int | None]]
) -> None:
    went = [Gone(f"c{n}", at * SECOND, caller) for n, (at, caller) in enumerate(ours)]
    rows = [Told(n, at * SECOND, HUNG_UP, caller) for n, (at, caller) in enumerate(theirs)]
    first = matched(went, rows, TOLERANCE)
    known = {pair.gone.contact: pair.told.outcome for pair in first.pairs}
    again = matched([replace(its, known=known.get(its.contact)) for its in went], rows, TOLERANCE)
    assert again.pairs == []
    assert len(again.again) == len(first.pairs)


def test_a_day_without_a_pause_is_held_together_in_little_memory() -> None:
    ours = gone(*range(0, 15_000, 10))
    theirs = told(*(at + at % 7 for at in range(0, 15_000, 10)))
    tracemalloc.start()
    try:
        found = matched(ours, theirs, TOLERANCE)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert [pair.gone.contact for pair in found.pairs] == [its.contact for its in ours]
    assert most < 8_000_000, "as many as calls, not as pairs of calls"
