"""How certain a figure measured in few games is.

The score of a player is its wins plus half its draws, as a share of the games. Its interval is found by inverting the
score test of a trinomial: a true score s is inside exactly when the observed score lies within z standard errors of s,
the standard error being the one that games with score s would have, their share of draws the likeliest given the
observed counts. Without draws this is Wilson's interval (Wilson 1927, JASA 22:209); with them it is the interval of
Tango (1998, Statistics in Medicine 17:891, eqs. 8–10) for a difference of paired proportions, wins minus losses. Unlike
the normal approximation it stays inside [0, 1], does not collapse at 100–0 or when every game is drawn, and its
coverage holds even for few games.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import NormalDist

__all__ = ["Interval", "margin", "mean_interval", "score_interval", "share_interval"]


@dataclass(frozen=True)
class Interval:
    """The bounds of a quantity, at the requested confidence."""

    low: float
    """The interval's lower end."""
    high: float
    """The interval's upper end."""


def score_interval(wins: int, draws: int, losses: int, confidence: float = 0.95) -> Interval:
    """An interval for the true score: both ends in [0, 1]; all of that without games.

    Args:
        wins: games won.
        draws: games drawn.
        losses: games lost.
        confidence: the share of matches whose interval should cover the truth, in (0, 1).
    """
    games = wins + draws + losses
    if games == 0:
        return Interval(0.0, 1.0)
    z = _quantile(confidence)
    observed = (wins - losses) / games

    def outside(difference: float) -> bool:
        gap = abs(observed - difference)
        return gap * gap > z * z * _variance(wins, losses, games, difference) / games

    low = _boundary(outside, -1.0, observed)
    high = _boundary(outside, 1.0, observed)
    return Interval((1 + low) / 2, (1 + high) / 2)


def share_interval(share: float, count: int, confidence: float = 0.95) -> Interval:
    """An interval for the true share behind an observed share (Wilson 1927); all of [0, 1] without observations.

    Also for fractional points, such as a third of a win that three players share: they vary less than
    wins and losses with the same mean, so the interval is wider than necessary.

    Args:
        share: the observed share, in [0, 1].
        count: the number of games.
        confidence: the share of measurements whose interval should cover the truth, in (0, 1).
    """
    if count == 0:
        return Interval(0.0, 1.0)
    reach = _quantile(confidence)
    square = reach * reach / count
    middle = (share + square / 2) / (1 + square)
    half = reach * math.sqrt(share * (1 - share) / count + square / (4 * count)) / (1 + square)
    return Interval(max(0.0, middle - half), min(1.0, middle + half))


def mean_interval(values: Sequence[float], confidence: float = 0.95) -> Interval:
    """An interval for the mean, by the normal approximation: for thirty values or more. Infinite for fewer than two."""
    if len(values) < 2:
        return Interval(-math.inf, math.inf)
    count = len(values)
    mean = math.fsum(values) / count
    variance = math.fsum((value - mean) ** 2 for value in values) / (count - 1)
    reach = _quantile(confidence) * math.sqrt(variance / count)
    return Interval(mean - reach, mean + reach)


def margin(error: float, confidence: float = 0.95) -> float:
    """Half the width of the interval of a figure with this standard error."""
    return _quantile(confidence) * error


def _quantile(confidence: float) -> float:
    return NormalDist().inv_cdf((1 + confidence) / 2)


def _variance(wins: int, losses: int, games: int, difference: float) -> float:
    """Variance of (win − loss) in one game, were its mean ``difference``: Tango's eq. 9, the likeliest share of losses.

    With p₊ the chance of a win and p₋ of a loss, p₊ − p₋ = difference; p₋ maximises the likelihood of the counts.
    """
    a = 2.0 * games
    b = -(wins + losses) + (2.0 * games - wins + losses) * difference
    c = -losses * difference * (1.0 - difference)
    lost = (math.sqrt(max(0.0, b * b - 4.0 * a * c)) - b) / (2.0 * a)
    lost = min(max(lost, 0.0, -difference), (1.0 - difference) / 2.0)
    return max(0.0, 2.0 * lost + difference - difference * difference)


def _boundary(outside: Callable[[float], bool], end: float, inside: float) -> float:
    """Where a condition that holds at ``end`` and not at ``inside`` begins, by bisection."""
    if not outside(end):
        return end
    for _ in range(60):
        middle = (end + inside) / 2
        if outside(middle):
            end = middle
        else:
            inside = middle
    return inside
