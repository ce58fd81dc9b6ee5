"""Elo's scale: published figures and closed forms."""

from __future__ import annotations

import math

import pytest

from myoshu.rating.elo import elo_difference, elo_of_score, score_of_elo, superiority
from myoshu.rating.intervals import Interval


@pytest.mark.parametrize(
    ("score", "points"), [(0.99, 798), (0.9, 382), (0.76, 200), (0.64, 100), (0.5, 0), (0.36, -100)]
)
def test_the_scale_is_elos(score: float, points: float) -> None:
    assert elo_of_score(score) == pytest.approx(points, abs=1)
    assert score_of_elo(elo_of_score(score)) == pytest.approx(score)


def test_odds_of_ten_are_400_points() -> None:
    assert elo_of_score(10 / 11) == pytest.approx(400)
    assert score_of_elo(-400) == pytest.approx(1 / 11)
    assert (score_of_elo(math.inf), score_of_elo(-math.inf)) == (1.0, 0.0)


def test_a_clean_sweep_is_an_infinite_difference() -> None:
    difference = elo_difference(1.0, Interval(0.7, 1.0))
    assert (difference.elo, difference.high) == (math.inf, math.inf)
    assert difference.low == pytest.approx(147.2, abs=0.1)
    assert str(difference) == "+∞ (+147 to +∞)"
    assert math.isnan(elo_of_score(math.nan))


def test_superiority_is_that_of_wins_and_losses() -> None:
    expected = 0.5 * (1 + math.erf((60 - 40) / math.sqrt(2 * 100)))
    assert superiority((0, 0.5, 1), (40, 0, 60)) == pytest.approx(expected)
    assert superiority((0, 0.5, 1), (40, 500, 60)) == pytest.approx(expected)  # draws say nothing of who is stronger
    assert superiority((0, 0.5, 1), (60, 5, 40)) == pytest.approx(1 - expected)


@pytest.mark.parametrize("counts", [(0, 0, 0), (0, 9, 0), (4, 0, 4)])
def test_where_nothing_speaks_for_either_it_is_a_half(counts: tuple[int, int, int]) -> None:
    assert superiority((0, 0.5, 1), counts) == pytest.approx(0.5)
