"""Ratings: exact where they can be worked out by hand, and right about players whose strength is known."""

from __future__ import annotations

import math

import numpy as np
import pytest

from myoshu.training.elo import Result, fit_elo


def test_two_players_worked_out_by_hand() -> None:
    # 29 of 39 points and one drawn game more: 29.5 of 40
    rating = fit_elo([Result("a", "random", 20, 29), Result("random", "a", 1, 10)], "random")["a"]
    odds = 29.5 / 10.5
    assert rating.elo == pytest.approx(400 * math.log10(odds))
    chance = 29.5 / 40
    deviation = 400 / math.log(10) / math.sqrt(40 * chance * (1 - chance))
    assert rating.high - rating.elo == pytest.approx(1.959964 * deviation, rel=1e-4)
    assert rating.elo - rating.low == pytest.approx(1.959964 * deviation, rel=1e-4)


def test_one_side_that_wins_everything_stays_finite() -> None:
    ratings = fit_elo([Result("a", "random", 40, 40), Result("b", "a", 40, 40), Result("c", "b", 1e-9, 1)], "random")
    assert ratings["random"].elo == ratings["random"].low == 0.0
    assert ratings["a"].elo == pytest.approx(400 * math.log10(40.5 / 0.5))
    assert ratings["b"].elo == pytest.approx(2 * ratings["a"].elo)
    assert ratings["c"].elo < ratings["b"].elo


def test_who_met_nobody_known_has_no_rating() -> None:
    assert fit_elo([], "random") == {}
    assert set(fit_elo([Result("a", "random", 1, 2), Result("x", "y", 1, 2)], "random")) == {"random", "a"}
    assert fit_elo([Result("x", "y", 1, 2)], "random") == {}


def test_known_strengths_are_found_within_their_intervals() -> None:
    rng = np.random.default_rng(5)
    truth = {"random": 0.0, "a": 150.0, "b": 420.0, "c": 500.0, "d": -80.0}
    missed = 0
    for _ in range(40):
        results = []
        for one, other in (("a", "random"), ("b", "a"), ("c", "b"), ("c", "random"), ("d", "a"), ("b", "random")):
            chance = 1 / (1 + 10 ** ((truth[other] - truth[one]) / 400))
            results.append(Result(one, other, float(rng.binomial(200, chance)), 200))
        ratings = fit_elo(results, "random")
        missed += sum(not ratings[name].low <= elo <= ratings[name].high for name, elo in truth.items())
    assert missed <= 0.1 * 40 * 4


def test_the_order_of_results_does_not_matter() -> None:
    results = [Result("a", "random", 7, 10), Result("b", "a", 6, 9), Result("b", "random", 8, 10)]
    one, other = fit_elo(results, "random"), fit_elo(results[::-1], "random")
    for name in one:
        assert one[name].elo == pytest.approx(other[name].elo, abs=1e-6)
        assert one[name].low == pytest.approx(other[name].low, abs=1e-6)
