"""Returns: closed forms, and whether a better mean is told from luck."""

from __future__ import annotations

import math

import numpy as np
import pytest

from myoshu.rating.intervals import mean_interval
from myoshu.rating.returns import Returns


def test_games_are_summed_up() -> None:
    paid = Returns.of([1.0, 2.0, 6.0])
    assert (paid.games, paid.mean, paid.least, paid.greatest) == (3, 3.0, 1.0, 6.0)
    assert paid.interval == mean_interval([1.0, 2.0, 6.0])
    assert str(paid) == "3 (0.006106 to 5.994)"
    assert str(Returns.of([2.5])) == "2.5"
    assert math.isnan(Returns.of([]).mean)


def test_a_difference_covers_the_truth() -> None:
    rng = np.random.default_rng(0)
    hits = 0
    for _ in range(500):
        better, worse = Returns.of(rng.normal(2.0, 3.0, 40).tolist()), Returns.of(rng.normal(0.5, 1.0, 40).tolist())
        ahead = better.ahead_of(worse)
        assert (ahead.low + ahead.high) / 2 == pytest.approx(better.mean - worse.mean)
        hits += ahead.low <= 1.5 <= ahead.high
    assert 0.9 <= hits / 500 <= 0.98
