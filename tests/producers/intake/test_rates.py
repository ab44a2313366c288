"""How much each token may send."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from producers.intake.rates import Bucket


@dataclass
class Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_whole_batch_may_come_at_once_and_then_as_many_as_are_allowed() -> None:
    clock = Clock()
    bucket = Bucket(10, clock)
    assert bucket.take(500) == 0
    assert bucket.take(1) == 1
    assert bucket.take(25) == 3
    clock.now = 2.5
    assert bucket.take(25) == 0
    assert bucket.take(1) == 1


@given(st.lists(st.tuples(st.floats(0, 5), st.integers(1, 500))), st.integers(1, 1000))
def test_never_more_than_allowed_and_whoever_waits_as_told_is_let_in(
    asked: list[tuple[float, int]], per_second: int
) -> None:
    clock = Clock()
    bucket = Bucket(per_second, clock)
    taken = 0
    for pause, events in asked:
        clock.now += pause
        wait = bucket.take(events)
        if wait:
            clock.now += wait
            assert bucket.take(events) == 0
        taken += events
        assert taken <= bucket.most + per_second * clock.now + 1e-3
