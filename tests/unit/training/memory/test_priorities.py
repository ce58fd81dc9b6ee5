"""Drawing in proportion: against the obvious way, on few rows and on very many."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from myoshu.training.memory.priorities import Priorities


@settings(deadline=None, max_examples=100)
@given(seed=st.integers(0, 10**6), capacity=st.sampled_from([1, 2, 7, 8, 9, 64, 100, 1000]), share=st.floats(0.0, 1.0))
def test_draws_equal_the_reference(seed: int, capacity: int, share: float) -> None:
    rng = np.random.default_rng(seed)
    priorities, numbers = Priorities(capacity), np.zeros(capacity)
    for _ in range(3):
        rows = rng.integers(0, capacity, 20)
        given_now = rng.random(20) * (rng.random(20) < share)
        given_now[-1] = 1.0
        priorities.set(rows, given_now)
        for row, number in zip(rows, given_now, strict=True):
            numbers[row] = number
    np.testing.assert_array_equal(priorities[np.arange(capacity)], numbers)
    points = rng.random(50)
    drawn, chances = priorities.draw(points)
    wanted = np.searchsorted(np.cumsum(numbers) / numbers.sum(), points, side="right")
    np.testing.assert_array_equal(drawn, wanted)
    np.testing.assert_allclose(chances, numbers[wanted] / numbers.sum())


def test_what_has_no_priority_is_never_drawn() -> None:
    priorities = Priorities(400_000)
    rows = np.arange(0, 400_000, 997)
    priorities.set(rows, np.full(len(rows), 0.1))
    drawn, chances = priorities.draw(np.linspace(0.0, np.nextafter(1.0, 0.0), 10_000))
    assert set(drawn) == set(rows)
    assert chances == pytest.approx(1 / len(rows))


def test_sums_depend_on_the_numbers_alone() -> None:
    rng = np.random.default_rng(0)
    worn, fresh = Priorities(5000), Priorities(5000)
    for _ in range(200):
        worn.set(rng.integers(0, 5000, 64), rng.random(64) ** 8)
    fresh.set(np.arange(5000), worn[np.arange(5000)])
    points = rng.random(1000)
    for one, other in zip(worn.draw(points), fresh.draw(points), strict=True):
        np.testing.assert_array_equal(one, other)
