"""A caller's pseudonym as a number: equal for equal ones alone, in the order of pseudonyms."""

from hypothesis import given
from hypothesis import strategies as st

from streams.domain.instants import NEVER
from streams.domain.phone.legs import caller_number

HASHES = st.integers(0, 2**64 - 2).map(lambda number: f"{number:016x}")


@given(st.lists(HASHES, unique=True))
def test_hashes_have_numbers_of_their_own_in_the_same_order(hashes: list[str]) -> None:
    numbers = [caller_number(one) for one in sorted(hashes)]
    assert numbers == sorted(set(numbers))
    assert all(-(2**63) <= number < NEVER for number in numbers)


def test_neighbours_are_two() -> None:
    assert len({caller_number(f"f{n:015x}") for n in range(1_000)}) == 1_000
    assert len({caller_number(f"kund{n:08}") for n in range(1_000)}) == 1_000
