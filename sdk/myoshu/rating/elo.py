"""Differences of strength on Elo's scale, to and from scores.

Elo's logistic scale: a player who is d points stronger scores 1 / (1 + 10^(−d / 400)) a game (Elo 1978, *The Rating of
Chessplayers*, 8.43). A score of 0 or 1 is an infinite difference: a few games can say no more.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

from myoshu.rating.intervals import Interval

__all__ = ["EloDifference", "elo_difference", "elo_of_score", "score_of_elo", "superiority"]


@dataclass(frozen=True)
class EloDifference:
    """How much stronger one player is than its opponent, in Elo points."""

    elo: float
    """The most likely difference; infinite if one side won every game, NaN without games."""
    low: float
    """Lower end of its interval."""
    high: float
    """Upper end of its interval."""

    def __str__(self) -> str:
        return f"{_points(self.elo)} ({_points(self.low)} to {_points(self.high)})"


def score_of_elo(elo: float) -> float:
    """The score per game of a player who is ``elo`` points stronger, in [0, 1]."""
    if math.isinf(elo):
        return 1.0 if elo > 0 else 0.0
    return 1.0 / (1.0 + math.pow(10.0, -elo / 400.0))


def elo_of_score(score: float) -> float:
    """The difference that leads to this score; infinite for 0 and 1."""
    if math.isnan(score):
        return math.nan
    if score <= 0.0 or score >= 1.0:
        return -math.inf if score <= 0.0 else math.inf
    return 400.0 * math.log10(score / (1.0 - score))


def elo_difference(score: float, interval: Interval) -> EloDifference:
    """The difference that corresponds to a score, with the score's interval converted: the scale is monotone."""
    return EloDifference(elo_of_score(score), elo_of_score(interval.low), elo_of_score(interval.high))


def superiority(values: Sequence[float], counts: Sequence[float]) -> float:
    """The probability that a player is the stronger one: that its true mean score is above ½.

    The normal approximation of a flat prior's posterior, Φ((mean − ½) / standard error), as chess engines' tests use it
    with wins and losses alone: Φ((W − L) / √(W + L)). For outcomes of single games, draws included, that is the same
    up to the variance's estimate, taken here under a mean of ½.

    Args:
        values: the possible scores, in [0, 1].
        counts: how often each occurred.

    Returns:
        In [0, 1]; ½ without evidence for either side.
    """
    total = float(sum(counts))
    spread = sum(count * (value - 0.5) ** 2 for value, count in zip(values, counts, strict=True))
    surplus = sum(count * (value - 0.5) for value, count in zip(values, counts, strict=True))
    if total == 0.0 or spread == 0.0:
        return 0.5
    return NormalDist().cdf(surplus / math.sqrt(spread))


def _points(value: float) -> str:
    if math.isnan(value):
        return "–"
    return f"{'+' if value > 0 else '−'}∞" if math.isinf(value) else f"{value:+.0f}"
