"""Erlang C and A are those of published tables, and of the chains that they are sums of."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from streams.domain.outlook.erlang import Load, erlang_b, needed, outcome

MINUTE = 60.0
GARNETT = Load(48 / MINUTE, MINUTE, 2 * MINUTE)
"""Garnett, Mandelbaum and Reiman's example: 48 calls a minute, of one minute, 50 people."""
LOADS = st.builds(
    Load,
    per_second=st.floats(1 / 7_200, 0.5),
    talk_seconds=st.floats(20, 600),
    patience_seconds=st.none() | st.floats(10, 3_600),
)


@pytest.mark.parametrize(
    ("people", "erlangs"),
    [(1, "0.0101"), (2, "0.153"), (5, "1.36"), (10, "4.46"), (20, "12.0"), (50, "37.9")],
)
def test_erlang_b_is_that_of_the_tables(people: int, erlangs: str) -> None:
    """Offered loads at which 1 % are turned away, as any table of Erlang B has them."""
    rounded = 0.5 * 10 ** -len(erlangs.partition(".")[2])
    least, most = (erlang_b(people, float(erlangs) + by) for by in (-rounded, rounded))
    assert least <= 0.01 <= most


def test_erlang_c_is_that_of_a_published_example() -> None:
    """360 calls in half an hour, of four minutes, 55 people, within 15 s (I. Mitchell's page)."""
    found = outcome(Load(360 / 1_800, 240), 55)
    assert found is not None
    assert found.waiting == pytest.approx(0.239, abs=0.0005)
    assert found.service_level(15) == pytest.approx(0.846, abs=0.0005)
    assert found.waiting * 240 / (55 - 48) == pytest.approx(8.2, abs=0.05), "mean wait, seconds"


def test_erlang_a_is_that_of_a_published_example() -> None:
    found = outcome(GARNETT, 50)
    assert found is not None
    assert found.abandoned == pytest.approx(0.031, abs=0.0005)
    assert found.abandoned * 2 * MINUTE == pytest.approx(3.7, abs=0.05), "mean wait, seconds"
    patient = outcome(replace(GARNETT, patience_seconds=None), 50)
    assert patient is not None
    assert patient.waiting * MINUTE / 2 == pytest.approx(20.8, abs=0.05), "mean wait, seconds"


def test_too_few_people_have_no_outcome_unless_some_hang_up() -> None:
    patient = replace(GARNETT, patience_seconds=None)
    assert outcome(patient, 48) is None
    assert outcome(patient, 0) is None
    none_at_all, few = outcome(GARNETT, 0), outcome(GARNETT, 20)
    assert none_at_all is not None
    assert (none_at_all.abandoned, none_at_all.service_level(1e9)) == (1.0, 0.0)
    assert few is not None
    assert few.abandoned == pytest.approx(1 - 20 / 48, abs=1e-6), "all twenty are always busy"


@given(LOADS, st.integers(1, 60), st.floats(0, 600))
def test_who_never_hangs_up_is_who_hangs_up_after_a_very_long_time(
    load: Load, people: int, seconds: float
) -> None:
    patient = outcome(replace(load, patience_seconds=None), people)
    assume(patient is not None and load.erlangs < 0.9 * people)
    almost = outcome(replace(load, patience_seconds=1e10), people)
    assert almost is not None
    assert patient is not None
    assert almost.waiting == pytest.approx(patient.waiting, abs=1e-5)
    assert almost.service_level(seconds) == pytest.approx(patient.service_level(seconds), abs=1e-5)


@settings(max_examples=60)
@given(LOADS, st.integers(1, 30), st.sampled_from([0.0, 5.0, 15.0, 300.0]))
def test_it_is_what_the_chain_of_waiting_callers_does(
    load: Load, people: int, seconds: float
) -> None:
    assume(load.patience_seconds is not None or load.erlangs < 0.95 * people)
    found = outcome(load, people)
    assert found is not None
    waiting, in_time = by_chain(load, people, seconds)
    assert found.waiting == pytest.approx(waiting, abs=1e-6)
    assert found.service_level(seconds) == pytest.approx(in_time, abs=1e-6)


def by_chain(load: Load, people: int, seconds: float) -> tuple[float, float]:
    """Return who waits, and who is answered in time, by steps of the chain itself."""
    served, leaves = people / load.talk_seconds, 1 / (load.patience_seconds or math.inf)
    weights = [0.0]  # logarithms, of so many callers in all
    while len(weights) <= people or weights[-1] > max(weights) - 40:
        callers = len(weights)
        ends = min(callers, people) / load.talk_seconds + max(0, callers - people) * leaves
        weights.append(weights[-1] + math.log(load.per_second / ends))
    shares = np.exp(np.array(weights) - max(weights))
    shares /= shares.sum()
    # Of one with so many ahead: the chance to be answered in time, by small steps from none left.
    ahead = np.arange(len(shares) - people)
    rates = served + ahead * leaves
    most = float(rates[-1] + leaves)
    steps = most * seconds
    chance, found, weight, number = np.zeros(len(ahead)), np.zeros(len(ahead)), -steps, 0
    while number < steps + 12 * math.sqrt(steps) + 60:
        found += math.exp(weight) * chance
        closer = np.concatenate([[1.0], chance[:-1]])
        chance = chance + (rates * (closer - chance) - leaves * chance) / most
        number += 1
        weight += math.log(steps / number) if steps else -math.inf
    return float(shares[people:].sum()), float(shares[:people].sum() + shares[people:] @ found)


@given(LOADS, st.floats(0.01, 0.999), st.floats(0, 600))
def test_one_fewer_than_needed_is_too_few(load: Load, goal: float, seconds: float) -> None:
    people = needed(load, goal, seconds)
    enough, fewer = outcome(load, people), outcome(load, people - 1) if people > 1 else None
    assert enough is not None
    assert enough.service_level(seconds) >= goal
    assert fewer is None or fewer.service_level(seconds) < goal


@given(LOADS, st.integers(1, 200), st.floats(0, 3_600))
def test_shares_are_shares_however_many_wait(load: Load, people: int, seconds: float) -> None:
    found = outcome(replace(load, per_second=load.per_second * 100), people)
    if found is not None:
        shares = (found.waiting, found.abandoned, found.service_level(seconds))
        assert all(-1e-9 <= share <= 1 + 1e-9 for share in shares)


def test_nothing_comes_needs_nobody_and_a_goal_of_all_is_reached_by_no_number() -> None:
    assert needed(Load(0, 120), 0.9, 15) == 0
    with pytest.raises(ValueError, match="goal"):
        needed(GARNETT, 1.0, 15)
    with pytest.raises(ValueError, match="more than 10000"):
        needed(Load(1_000, 120), 0.9, 15)
