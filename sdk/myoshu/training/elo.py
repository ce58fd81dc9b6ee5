"""Ratings of players from games between some of them. Knows no torch."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Rating", "Result", "fit_elo"]

SCALE = 400.0 / math.log(10.0)
"""Elo points for a factor e in the odds."""
CONFIDENT = 1.959964
"""Standard deviations on either side that hold 95% of a normal distribution."""


@dataclass(frozen=True)
class Result:
    """Games between two players."""

    one: str
    """A player."""
    other: str
    """Another."""
    points: float
    """Points of the first: 1 for each game won, 1/2 for each drawn."""
    games: int
    """How many games."""


@dataclass(frozen=True)
class Rating:
    """A player's strength."""

    elo: float
    """Elo points above the anchor."""
    low: float
    """Lower end of the 95% interval of that."""
    high: float
    """Upper end."""

    def __str__(self) -> str:
        return f"{self.elo:.0f} ({self.low:.0f} to {self.high:.0f})"


def fit_elo(results: Sequence[Result], anchor: str) -> dict[str, Rating]:
    """The likeliest ratings, the anchor's being 0.

    The model is that of Bradley and Terry (1952, Biometrika 39, eq. 2.1) on Elo's scale: a player rated r scores
    1 / (1 + 10^((s − r) / 400)) a game against one rated s. A draw counts as half a game won and half a game lost.
    Each pair that met is given one more game, drawn, which keeps the ratings finite where one side won every game.
    The likelihood is concave, and maximised by Newton's method; the intervals come from its curvature there (the
    inverse of the observed information), given that the anchor is exactly 0.

    Args:
        results: who met whom; a pair may come more than once.
        anchor: whose rating is 0.

    Returns:
        The rating of every player who is connected with the anchor by games.
    """
    met: dict[tuple[str, str], tuple[float, float]] = {}
    for result in results:
        one, other, points = result.one, result.other, result.points
        if one > other:
            one, other, points = other, one, result.games - points
        before = met.get((one, other), (0.5, 1.0))
        met[one, other] = (before[0] + points, before[1] + result.games)
    players = _connected(met, anchor)
    index = {name: number for number, name in enumerate(players)}
    pairs = [(index[one], index[other], *counts) for (one, other), counts in met.items() if one in index]
    if not pairs:
        return {}
    first, second = np.array([pair[:2] for pair in pairs]).T
    points, games = np.array([pair[2:] for pair in pairs]).T
    strength = np.zeros(len(players))
    for _ in range(100):
        gradient, information = _slopes(strength, first, second, points, games)
        step = np.zeros_like(strength)
        step[1:] = np.linalg.solve(information[1:, 1:], gradient[1:])
        strength += step / max(1.0, float(np.abs(step).max()))
        if np.abs(step).max() < 1e-9:
            break
    _, information = _slopes(strength, first, second, points, games)
    deviation = np.zeros_like(strength)
    deviation[1:] = np.sqrt(np.diag(np.linalg.inv(information[1:, 1:])))
    reach = CONFIDENT * deviation
    return {
        name: Rating(*(float(SCALE * value) for value in (strength[i], strength[i] - reach[i], strength[i] + reach[i])))
        for name, i in index.items()
    }


def _slopes(
    strength: NDArray[np.float64],
    first: NDArray[np.int64],
    second: NDArray[np.int64],
    points: NDArray[np.float64],
    games: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The log-likelihood's gradient, and minus its second derivatives."""
    expected = 1.0 / (1.0 + np.exp(strength[second] - strength[first]))
    surplus, curvature = points - games * expected, games * expected * (1.0 - expected)
    gradient = np.zeros_like(strength)
    np.add.at(gradient, first, surplus)
    np.add.at(gradient, second, -surplus)
    information = np.zeros((len(strength), len(strength)))
    for rows, columns, sign in ((first, first, 1), (second, second, 1), (first, second, -1), (second, first, -1)):
        np.add.at(information, (rows, columns), sign * curvature)
    return gradient, information


def _connected(met: dict[tuple[str, str], tuple[float, float]], anchor: str) -> list[str]:
    """The anchor, then everybody whom games connect with it."""
    found = [anchor]
    for name in found:
        for pair in met:
            if name in pair:
                found += [player for player in pair if player not in found]
    return found
