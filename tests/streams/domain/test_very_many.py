"""What is kept without a limit costs no more each when there are very many of it."""

import pytest

from benchmarks.very_many import KINDS, cost

FEW, MANY = 3_000, 12_000


@pytest.mark.parametrize("kind", KINDS)
def test_very_many_of_anything_cost_no_more_each_than_few(kind: str) -> None:
    few = min(cost(KINDS[kind], FEW).whole for _ in range(2))
    many = min(cost(KINDS[kind], MANY).whole for _ in range(2))
    assert many < 2.5 * few * MANY / FEW + 0.3
