"""The sequential test: published figures, closed forms, and how often it errs."""

from __future__ import annotations

import math

import numpy as np
import pytest

from myoshu.arena.pairs import PAIR_SCORES
from myoshu.arena.sprt import Sprt, Verdict, log_likelihood_ratio
from myoshu.errors import ArgumentError
from myoshu.rating.elo import score_of_elo

GAME_SCORES = (0.0, 0.5, 1.0)

PUBLISHED = [  # pairs and LLR as the pull requests of Stockfish quote them from Fishtest (number: elo0, elo1)
    (3209, -0.25, 1.25, (253, 4282, 17604, 4431, 286), 2.94),
    (3209, 0.25, 1.25, (58, 3302, 33130, 3518, 84), 2.97),
    (3098, -0.25, 1.25, (491, 7345, 29693, 7670, 465), 2.96),
    (3098, 0.25, 1.25, (53, 2220, 21459, 2445, 47), 2.97),
    (2971, -0.50, 1.50, (17, 253, 1042, 337, 39), 2.96),
    (2971, 0.25, 1.75, (11, 407, 3238, 513, 11), 2.93),
    (2950, -0.50, 1.50, (133, 1751, 5094, 1849, 165), 2.94),
    (2950, 0.25, 1.75, (149, 4748, 32785, 5063, 159), 2.95),
    (2951, -0.50, 1.50, (59, 754, 2467, 865, 75), 2.95),
    (2951, 0.25, 1.75, (33, 1185, 8378, 1302, 50), 2.95),
    (2493, -1.00, 3.00, (424, 2948, 5832, 3045, 460), 2.94),
    (2493, 0.00, 2.00, (1284, 17437, 55536, 18085, 1292), 2.94),
]


@pytest.mark.parametrize(("number", "elo0", "elo1", "pairs", "llr"), PUBLISHED)
def test_published_tests_come_out_the_same(
    number: int, elo0: float, elo1: float, pairs: tuple[int, ...], llr: float
) -> None:
    state = Sprt(elo0, elo1).state(PAIR_SCORES, pairs)
    assert state.llr == pytest.approx(llr, abs=0.0051)
    assert (round(state.lower, 2), round(state.upper, 2)) == (-2.94, 2.94)


@pytest.mark.parametrize(("wins", "losses"), [(10, 5), (300, 320), (7, 1)])
def test_without_draws_it_is_walds_ratio_of_binomials(wins: int, losses: int) -> None:
    p0, p1 = score_of_elo(-10), score_of_elo(30)
    expected = wins * math.log(p1 / p0) + losses * math.log((1 - p1) / (1 - p0))
    assert log_likelihood_ratio((0.0, 1.0), (losses, wins), p0, p1) == pytest.approx(expected, rel=1e-9)


def test_sides_swapped_turn_the_ratio_round() -> None:
    one = log_likelihood_ratio(GAME_SCORES, (20, 30, 50), 0.45, 0.6)
    other = log_likelihood_ratio(GAME_SCORES, (50, 30, 20), 0.4, 0.55)
    assert one == pytest.approx(-other)


def test_no_games_say_nothing_and_one_sided_ones_decide() -> None:
    test = Sprt(0, 100)
    assert test.state(GAME_SCORES, (0, 0, 0)).verdict is Verdict.OPEN
    assert test.state(GAME_SCORES, (0, 0, 60)).verdict is Verdict.ACCEPTED
    assert test.state(GAME_SCORES, (60, 0, 0)).verdict is Verdict.REJECTED


@pytest.mark.parametrize(("truth", "wrong"), [(0.0, Verdict.ACCEPTED), (100.0, Verdict.REJECTED)])
def test_it_errs_no_more_often_than_it_was_told_to(truth: float, wrong: Verdict) -> None:
    """400 matches with the truth at either end: errors are binomial with at most α; five deviations are allowed."""
    test, rng, matches = Sprt(0, 100), np.random.default_rng(11), 400
    mean, drawn = score_of_elo(truth), 0.3
    shares = [1 - mean - drawn / 2, drawn, mean - drawn / 2]
    errors = 0
    for _ in range(matches):
        counts = np.zeros(3)
        for _ in range(80):
            counts += rng.multinomial(10, shares)
            verdict = test.state(GAME_SCORES, counts.tolist()).verdict
            if verdict is not Verdict.OPEN:
                break
        else:
            pytest.fail("expected an end within 800 games")
        errors += verdict is wrong
    assert errors <= matches * 0.05 + 5 * math.sqrt(matches * 0.05 * 0.95)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((5.0, 5.0), "expected elo0 below elo1, got 5 and 5"),
        ((math.nan, 5.0), "expected elo0 below elo1"),
        ((0.0, 5.0, 0.0), r"sprt\.alpha: expected a rate above 0"),
        ((0.0, 5.0, 0.05, 0.5), r"sprt\.beta: expected a rate above 0 and below 0\.5"),
    ],
)
def test_what_makes_no_test_is_refused(arguments: tuple[float, ...], message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        Sprt(*arguments)
