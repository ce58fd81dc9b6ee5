"""Paired games: counting, and what their intervals cover."""

from __future__ import annotations

import math

import numpy as np
import pytest

from myoshu.arena.match import GameResult
from myoshu.arena.pairs import PAIR_SCORES, Pentanomial, count_pairs
from myoshu.arena.placement import place, placements
from myoshu.rating.intervals import Interval


def game(number: int, paid: float) -> GameResult:
    """Player 0's pay in a game of a match of two."""
    seats = (0, 1) if number % 2 == 0 else (1, 0)
    returns = (paid, -paid) if number % 2 == 0 else (-paid, paid)
    return GameResult(number, seats, 0, (), (), returns, round=number // 2)


def test_pairs_are_counted_by_their_points() -> None:
    results = [game(number, paid) for number, paid in enumerate([-1, -1, -1, 0, 1, -1, 0, 0, 1, 0, 1, 1, 1])]
    assert count_pairs(results, 0) == Pentanomial((1, 1, 2, 1, 1))
    assert count_pairs(results, 1) == Pentanomial((1, 1, 2, 1, 1))
    assert count_pairs(results[:4], 0) == Pentanomial((1, 1, 0, 0, 0))
    assert count_pairs(results[:4], 1) == Pentanomial((0, 0, 0, 1, 1))


def test_score_and_variance() -> None:
    pairs = Pentanomial((1, 2, 3, 4, 10))
    values = np.repeat(PAIR_SCORES, pairs.counts)
    assert pairs.score == pytest.approx(values.mean())
    assert pairs.variance == pytest.approx(values.var())
    assert Pentanomial().interval() == Interval(0.0, 1.0)
    assert math.isnan(Pentanomial().score)
    assert math.isnan(Pentanomial().variance)
    assert str(pairs) == "1/2/3/4/10"


def test_won_and_lost_pairs_alone_give_agresti_and_coulls_interval() -> None:
    low = Pentanomial((19, 0, 0, 0, 81)).interval()
    z2 = 1.959963984540054**2
    share = (81 + z2 / 2) / (100 + z2)
    reach = math.sqrt(z2 * share * (1 - share) / (100 + z2))
    assert (low.low, low.high) == pytest.approx((share - reach, share + reach))


@pytest.mark.parametrize(
    "shares",
    [
        (0.05, 0.2, 0.5, 0.2, 0.05),
        (0.0, 0.02, 0.96, 0.02, 0.0),
        (0.0, 0.01, 0.04, 0.15, 0.8),
        (0.25, 0.0, 0.5, 0.0, 0.25),
        (0.01, 0.1, 0.8, 0.08, 0.01),
    ],
)
@pytest.mark.parametrize("pairs", [10, 50, 400])
def test_intervals_cover_what_they_claim(shares: tuple[float, ...], pairs: int) -> None:
    """2,000 matches: at least 95% of the intervals hold the truth, less five binomial deviations and a point for the
    counts' being discrete."""
    rng, matches = np.random.default_rng(3), 2000
    truth = float(np.dot(PAIR_SCORES, shares))
    covered = 0
    for counts in rng.multinomial(pairs, shares, size=matches).tolist():
        a, b, c, d, e = counts
        interval = Pentanomial((a, b, c, d, e)).interval()
        covered += interval.low - 1e-12 <= truth <= interval.high + 1e-12
    assert covered / matches > 0.94 - 5 * math.sqrt(0.95 * 0.05 / matches)


def test_pairs_from_unbalanced_openings_say_more_than_their_games() -> None:
    """The first seat wins every opening: the games scatter, the pairs do not."""
    results = [game(number, 1 if number % 2 == 0 else -1) for number in range(200)]
    pairs = count_pairs(results, 0)
    assert pairs == Pentanomial((0, 0, 100, 0, 0))
    interval = pairs.interval()
    assert interval.high - interval.low < 0.07  # of 200 independent games: 0.14


def test_places_are_shared_by_those_who_tie() -> None:
    assert [place((3, 1, 3, 0), seat) for seat in range(4)] == [(1, 2), (3, 3), (1, 2), (4, 4)]
    results = [
        GameResult(0, (0, 1, 2), 0, (), (), (5, 5, 0)),
        GameResult(1, (1, 2, 0), 0, (), (), (1, 2, 3)),
    ]
    first = placements(results, 0)
    assert first.counts == (1.5, 0.5, 0.0)
    assert first.mean == 1.25
    assert first.first == 0.75
    assert first.interval.low < 1.25 < first.interval.high
    assert placements(results, 1).counts == (0.5, 0.5, 1.0)
