"""Ratings: closed forms, known strengths found again, and what their intervals cover."""

from __future__ import annotations

import math

import numpy as np
import pytest

from myoshu.errors import ArgumentError
from myoshu.rating.ratings import Pairing, fit_ratings, rate_by_name
from myoshu.rating.tally import Tally


def outcome_shares(gap: float, draws: float) -> list[float]:
    """Davidson's shares of losses, draws and wins of a player who is ``gap`` points stronger."""
    win, loss = 10 ** (gap / 800), 10 ** (-gap / 800)
    total = win + loss + draws
    return [loss / total, draws / total, win / total]


def played(rng: np.random.Generator, strengths: list[float], games: int, draws: float) -> list[Pairing]:
    pairings = []
    for one in range(len(strengths)):
        for other in range(one + 1, len(strengths)):
            lost, drawn, won = rng.multinomial(games, outcome_shares(strengths[one] - strengths[other], draws))
            pairings.append(Pairing(one, other, Tally(int(won), int(drawn), int(lost))))
    return pairings


def test_of_two_players_it_is_the_odds_of_winning() -> None:
    ratings = fit_ratings(2, [Pairing(0, 1, Tally(10_000, 0, 30_000))])
    assert ratings.players[0].elo == 0
    assert ratings.players[1].elo == pytest.approx(400 * math.log10(3), abs=0.5)
    # variance of the log odds of n games without draws: 1 / (n p q)
    expected = 400 / math.log(10) / math.sqrt(40_000 * 0.25 * 0.75)
    assert ratings.players[1].error == pytest.approx(expected, rel=0.01)
    assert ratings.players[0].error == 0


def test_davidsons_maximum_has_expected_wins_equal_to_those_seen() -> None:
    """The likelihood's equations (Davidson 1970, eqs. 3.2 and 3.3), with the prior's drawn game."""
    pairings = [Pairing(0, 1, Tally(500, 300, 200)), Pairing(1, 2, Tally(100, 50, 850)), Pairing(2, 0, Tally(3, 4, 5))]
    ratings = fit_ratings(3, pairings)
    points = np.zeros(3)
    expected = np.zeros(3)
    for pairing in pairings:
        tally = pairing.tally
        points[pairing.one] += tally.wins + tally.draws / 2 + 0.5
        points[pairing.other] += tally.losses + tally.draws / 2 + 0.5
        share = ratings.expected(pairing.one, pairing.other)
        expected[pairing.one] += share * (tally.games + 1)
        expected[pairing.other] += (1 - share) * (tally.games + 1)
    assert expected == pytest.approx(points, abs=1e-5)


def test_nobody_who_won_or_lost_everything_is_infinite() -> None:
    ratings = fit_ratings(3, [Pairing(0, 1, Tally(0, 0, 50)), Pairing(1, 2, Tally(0, 0, 50))])
    assert 300 < ratings.players[1].elo < ratings.players[2].elo < 3000
    assert ratings.players[2].error > ratings.players[1].error > 50


def test_the_order_and_the_anchor_make_no_difference() -> None:
    pairings = played(np.random.default_rng(2), [0, 100, 250, 70], 100, 0.5)
    ratings = fit_ratings(4, pairings)
    swapped = [Pairing(p.other, p.one, Tally(p.tally.losses, p.tally.draws, p.tally.wins)) for p in pairings[::-1]]
    moved = fit_ratings(4, swapped, anchor=2)
    for one in range(4):
        for other in range(4):
            here, there = ratings.difference(one, other), moved.difference(one, other)
            assert here == pytest.approx(there, abs=1e-4)
    assert moved.players[2].elo == 0


def test_intervals_cover_what_they_claim() -> None:
    """200 pools of four: of 600 intervals 95% cover the truth. Those of one pool depend on each other, so the tolerance
    is five deviations of a binomial of 200."""
    rng, truth, pools = np.random.default_rng(5), [0.0, 80.0, 200.0, 330.0], 200
    covered = 0
    for _ in range(pools):
        ratings = fit_ratings(4, played(rng, truth, 60, 0.6))
        for player in (1, 2, 3):
            there = ratings.players[player].interval()
            covered += there.low <= truth[player] <= there.high
    share = covered / (3 * pools)
    assert abs(share - 0.95) < 5 * math.sqrt(0.95 * 0.05 / pools)
    assert ratings.draw_weight == pytest.approx(0.6, abs=0.35)


def test_what_cannot_be_rated_is_refused() -> None:
    with pytest.raises(ArgumentError, match="expected games that join player 2 to player 0"):
        fit_ratings(3, [Pairing(0, 1, Tally(1, 0, 0))])
    with pytest.raises(ArgumentError, match="expected two players of 2, got 0 and 0"):
        fit_ratings(2, [Pairing(0, 0, Tally(1, 0, 0))])
    with pytest.raises(ArgumentError, match="anchor: expected a player from 0 to 1, got 2"):
        fit_ratings(2, [], anchor=2)
    assert fit_ratings(1, []).players[0].elo == 0


def test_a_run_and_a_match_rate_the_same_games_alike() -> None:
    games = [("a", "random", Tally(20, 8, 12)), ("b", "a", Tally(9, 25, 6)), ("random", "b", Tally(3, 11, 26))]
    pool = fit_ratings(3, [Pairing(1, 0, games[0][2]), Pairing(2, 1, games[1][2]), Pairing(0, 2, games[2][2])])
    ratings = rate_by_name(games, "random")
    assert set(ratings) == {"random", "a", "b"}
    for name, expected in zip(("random", "a", "b"), pool.players, strict=True):
        assert ratings[name].elo == pytest.approx(expected.elo, abs=1e-6)
        assert ratings[name].error == pytest.approx(expected.error, abs=1e-6)
    low, high = ratings["a"].interval().low, ratings["a"].interval().high
    assert str(ratings["a"]) == f"{ratings['a'].elo:.0f} ({low:.0f} to {high:.0f})"
    backwards = rate_by_name(games[::-1], "random")
    assert backwards["b"].elo == pytest.approx(ratings["b"].elo, abs=1e-6)


def test_who_met_nobody_known_has_no_rating() -> None:
    some = Tally(1, 0, 1)
    assert rate_by_name([], "random") == {}
    assert set(rate_by_name([("a", "random", some), ("x", "y", some)], "random")) == {"random", "a"}
    assert rate_by_name([("x", "y", some), ("a", "random", Tally())], "random") == {}
