"""What came after a leg, against a search through all legs."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from streams.domain.instants import NEVER
from streams.domain.phone.later import Later

FEW = st.integers(0, 6)
LEGS = st.lists(st.tuples(st.integers(0, 3), FEW, FEW, st.sampled_from([1, 2, 3, NEVER])))


@given(legs=LEGS, asked=st.lists(st.tuples(st.integers(0, 4), st.integers(-1, 8)), min_size=1))
def test_the_first_leg_from_an_instant_on_and_the_first_help_from_there(
    legs: list[tuple[int, int, int, int]], asked: list[tuple[int, int]]
) -> None:
    contact, arrived, last_by, help_ = np.array(legs, dtype=np.int64).reshape(-1, 4).T
    later = Later.of(contact.astype(np.int32), arrived, last_by, help_)
    contacts, instants = np.array(asked, dtype=np.int64).T
    places = later.find(contacts, instants)
    helped = later.helped_at(places)
    for n, (who, since) in enumerate(asked):
        after = [leg for leg in legs if leg[0] == who and leg[1] >= since]
        assert (places[n] >= 0) == bool(after)
        assert helped[n] == min((leg[3] for leg in after), default=NEVER)
        if after:
            of_contact = [leg for leg in legs if leg[0] == who]
            assert later.arrived[places[n]] == min(leg[1] for leg in after)
            last = legs[later.last[places[n]]]
            assert last[:3] == max(leg[:3] for leg in of_contact)


def test_many_legs_of_one_contact_are_as_exact_as_few() -> None:
    count = 1000
    arrived = np.arange(count)
    help_ = np.where(arrived == 700, 5, NEVER)
    later = Later.of(np.zeros(count, dtype=np.int32), arrived, arrived, help_)
    places = later.find(np.zeros(count, dtype=np.int32), arrived)
    assert (places == arrived).all()
    assert (later.helped_at(places) == np.where(arrived <= 700, 5, NEVER)).all()


def test_without_legs_nothing_is_found() -> None:
    nothing = np.empty(0, dtype=np.int64)
    later = Later.of(nothing.astype(np.int32), nothing, nothing, nothing)
    assert later.find(np.array([3]), np.array([0])).tolist() == [-1]
