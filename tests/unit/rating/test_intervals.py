"""How sure a figure is: closed forms, and a simulation of what the intervals cover."""

from __future__ import annotations

import math

import numpy as np
import pytest

from myoshu.rating.intervals import Interval, margin, mean_interval, score_interval, share_interval
from myoshu.rating.tally import Tally

Z95 = 1.959963984540054


def wilson(wins: int, games: int, z: float = Z95) -> tuple[float, float]:
    share = wins / games
    centre = share + z * z / (2 * games)
    reach = z * math.sqrt(share * (1 - share) / games + z * z / (4 * games * games))
    scale = 1 + z * z / games
    return (centre - reach) / scale, (centre + reach) / scale


@pytest.mark.parametrize(("wins", "losses"), [(0, 5), (1, 0), (3, 0), (50, 50), (7, 3), (93, 7), (100, 0), (0, 1000)])
def test_without_draws_it_is_wilsons_interval(wins: int, losses: int) -> None:
    interval = score_interval(wins, 0, losses)
    assert (interval.low, interval.high) == pytest.approx(wilson(wins, wins + losses), abs=1e-9)


def test_wilsons_own_figures() -> None:
    interval = score_interval(81, 0, 263 - 81)  # Newcombe 1998, table I, row 1, method 3
    assert (interval.low, interval.high) == pytest.approx((0.2553, 0.3662), abs=5e-5)


@pytest.mark.parametrize(("plus", "minus", "pairs"), [(12, 2, 14), (9, 3, 44), (35, 21, 101)])
def test_with_draws_the_ends_solve_tangos_equation(plus: int, minus: int, pairs: int) -> None:
    """At an end of the interval the observed difference is z standard errors away, the share of losses being the most
    likely one given that difference; here that is found by search."""
    interval = score_interval(plus, pairs - plus - minus, minus)
    for end in (interval.low, interval.high):
        difference = 2 * end - 1
        lost = np.linspace(max(0.0, -difference), (1 - difference) / 2, 200_001)[1:-1]
        drawn = np.maximum(1 - difference - 2 * lost, 1e-300)
        likelihood = plus * np.log(lost + difference) + minus * np.log(lost)
        if pairs > plus + minus:
            likelihood += (pairs - plus - minus) * np.log(drawn)
        best = lost[np.argmax(likelihood)] if pairs > plus + minus else (1 - difference) / 2
        error = math.sqrt((2 * best + difference - difference**2) / pairs)
        assert abs((plus - minus) / pairs - difference) / error == pytest.approx(Z95, abs=2e-3)


def test_a_match_of_draws_has_an_interval_too() -> None:
    interval = score_interval(0, 100, 0)
    reach = Z95**2 / (100 + Z95**2)  # n Δ / (1 − Δ) = z²
    assert (interval.low, interval.high) == pytest.approx(((1 - reach) / 2, (1 + reach) / 2))


def test_sides_swapped_turn_the_interval_round() -> None:
    for wins, draws, losses in [(7, 2, 1), (60, 30, 10), (1, 5, 0), (0, 9, 3)]:
        one, other = score_interval(wins, draws, losses), score_interval(losses, draws, wins)
        assert (one.low, one.high) == pytest.approx((1 - other.high, 1 - other.low))


def test_it_contains_the_score_and_stays_between_nothing_and_everything() -> None:
    rng = np.random.default_rng(0)
    for _ in range(300):
        wins, draws, losses = (int(count) for count in rng.integers(0, 12, 3))
        tally, interval = Tally(wins, draws, losses), score_interval(wins, draws, losses)
        assert 0 <= interval.low <= interval.high <= 1
        if tally.games:
            assert interval.low - 1e-9 <= tally.score <= interval.high + 1e-9


def test_more_confidence_is_wider_and_more_games_are_narrower() -> None:
    assert score_interval(6, 2, 2, 0.99).low < score_interval(6, 2, 2, 0.95).low < score_interval(60, 20, 20).low


def test_no_games_say_nothing() -> None:
    assert score_interval(0, 0, 0) == Interval(0.0, 1.0)
    assert math.isnan(Tally().score)
    assert mean_interval([1.0]) == Interval(-math.inf, math.inf)


@pytest.mark.parametrize("games", [20, 100])
@pytest.mark.parametrize(
    "chances", [(0.5, 0.0, 0.5), (0.4, 0.2, 0.4), (0.1, 0.8, 0.1), (0.9, 0.05, 0.05), (0.6, 0.3, 0.1), (0.0, 0.7, 0.3)]
)
def test_the_interval_covers_what_it_claims(games: int, chances: tuple[float, float, float]) -> None:
    """Exactly: every outcome of a match of this length, weighed by its probability."""
    truth = chances[0] + chances[1] / 2
    covered = 0.0
    for wins in range(games + 1):
        for draws in range(games + 1 - wins):
            losses = games - wins - draws
            ways = math.lgamma(games + 1) - sum(math.lgamma(count + 1) for count in (wins, draws, losses))
            probability = math.exp(ways) * math.prod(
                chance**count for chance, count in zip(chances, (wins, draws, losses), strict=True)
            )
            if probability < 1e-7:
                continue
            interval = score_interval(wins, draws, losses)
            covered += probability * (interval.low - 1e-9 <= truth <= interval.high + 1e-9)
    assert 0.935 <= covered <= 0.99


def test_the_mean_of_returns_is_covered_too() -> None:
    rng = np.random.default_rng(1)
    hits = 0
    for _ in range(1000):
        interval = mean_interval(list(rng.choice([-0.5, -0.5, 1.0], 60)))
        hits += interval.low <= 0 <= interval.high
    assert 0.92 <= hits / 1000 <= 0.98


@pytest.mark.parametrize(("wins", "games"), [(0, 5), (10, 10), (20, 40), (81, 263)])
def test_shares_have_wilsons_interval(wins: int, games: int) -> None:
    interval = share_interval(wins / games, games)
    assert (interval.low, interval.high) == pytest.approx(wilson(wins, games), abs=1e-9)
    assert share_interval(math.nan, 0) == Interval(0.0, 1.0)


def test_a_margin_is_what_a_normal_distribution_says() -> None:
    assert margin(10.0) == pytest.approx(10 * Z95)
    assert margin(10.0, 0.5) == pytest.approx(6.745, abs=1e-3)
