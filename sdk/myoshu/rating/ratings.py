"""Ratings of a pool of players from the games between them, on Elo's scale, with one of them at zero."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from myoshu.errors import ArgumentError
from myoshu.rating.intervals import Interval, margin
from myoshu.rating.tally import Tally

__all__ = ["Pairing", "Rating", "Ratings", "fit_ratings", "rate_by_name"]

T = TypeVar("T", int, str)

_SCALE = 400.0 / math.log(10.0)
"""Elo points for a factor e in the odds."""
_PRIOR_DRAWS = 1.0
"""Draws given to each pair that met: strength stays finite where one side won everything."""
_PRIOR_SPREAD = math.log(2.0)
"""Standard deviation, in e-foldings, of the share of draws about its prior of one draw per two decided games."""


@dataclass(frozen=True)
class Pairing:
    """Games between two players of a pool."""

    one: int
    """The first player's index."""
    other: int
    """The second player's index."""
    tally: Tally
    """The results from the first player's view."""


@dataclass(frozen=True)
class Rating:
    """A player's fitted strength."""

    elo: float
    """Elo points above the anchor."""
    error: float
    """Standard error of that; 0 for the anchor."""
    games: int
    """Games that it played."""

    def interval(self, confidence: float = 0.95) -> Interval:
        """An interval for the true difference to the anchor."""
        reach = margin(self.error, confidence)
        return Interval(self.elo - reach, self.elo + reach)

    def __str__(self) -> str:
        there = self.interval()
        return f"{self.elo:.0f} ({there.low:.0f} to {there.high:.0f})"


@dataclass(frozen=True)
class Ratings:
    """A pool's strengths, fitted together."""

    players: tuple[Rating, ...]
    """Each player's rating, by index."""
    draw_weight: float
    """Davidson's ν: between equals, there are ν draws for every two decided games."""
    covariance: NDArray[np.float64]
    """float64 [players, players]: of the ratings, in squared points; the anchor's row is zero."""

    def difference(self, one: int, other: int) -> tuple[float, float]:
        """How much stronger one player is than another, and the standard error of that: both in Elo points."""
        variance = self.covariance[one, one] + self.covariance[other, other] - 2 * self.covariance[one, other]
        return self.players[one].elo - self.players[other].elo, math.sqrt(max(0.0, float(variance)))

    def expected(self, one: int, other: int) -> float:
        """The score per game that the model expects of one player against another."""
        gap = (self.players[one].elo - self.players[other].elo) / _SCALE
        win, loss = math.exp(gap / 2), math.exp(-gap / 2)
        return (win + self.draw_weight / 2) / (win + loss + self.draw_weight)


def fit_ratings(players: int, pairings: Sequence[Pairing], anchor: int = 0) -> Ratings:
    """The most probable ratings, with the anchor at zero and errors from the curvature there.

    The model is Bradley and Terry's (1952, Biometrika 39:324) with Davidson's draws (1970, JASA 65:317, eq. 2.4):
    player i wins against j, draws, loses in proportion to πᵢ, ν √(πᵢ πⱼ), πⱼ. With log π in units of 400 / ln 10
    points that is Elo's scale wherever nobody draws, and between players of a pool that draw, a difference of d points
    is still odds of 10^(d / 400) of winning against losing. ν is fitted too. The prior is weak: one drawn game for each
    pair that met, and log ν about log 1. The posterior is log-concave and maximised by Newton's method; errors come
    from the inverse of its Hessian at the maximum (Laplace's approximation).

    Args:
        players: the number of players.
        pairings: who met whom; a pair may occur more than once.
        anchor: the player whose rating is zero.

    Raises:
        ArgumentError: a player is not one of them, or no chain of games joins it to the anchor.
    """
    if not 0 <= anchor < players:
        raise ArgumentError(f"anchor: expected a player from 0 to {players - 1}, got {anchor}")
    met = _counts(players, pairings)
    alone = sorted(set(range(players)) - _connected(met, anchor))
    if alone:
        raise ArgumentError(f"pairings: expected games that join player {alone[0]} to player {anchor}, got none")
    if not met:
        return Ratings((Rating(0.0, 0.0, 0),), 1.0, np.zeros((1, 1)))
    first, second = np.array(list(met)).T
    wins, draws, losses = np.array(list(met.values()), np.float64).T
    free = np.array([player for player in range(players) if player != anchor] + [players])
    point = np.zeros(players + 1)  # log π of each, then log ν
    for _ in range(200):
        gradient, curvature = _slopes(point, first, second, wins, draws + _PRIOR_DRAWS, losses)
        step = np.linalg.solve(curvature[np.ix_(free, free)], gradient[free])
        point[free] += step / max(1.0, float(np.abs(step).max()))
        if np.abs(step).max() < 1e-10:
            break
    _, curvature = _slopes(point, first, second, wins, draws + _PRIOR_DRAWS, losses)
    inverse = np.zeros_like(curvature)
    inverse[np.ix_(free, free)] = np.linalg.inv(curvature[np.ix_(free, free)])
    covariance = _SCALE**2 * inverse[:players, :players]
    games = np.zeros(players, np.int64)
    for side in (first, second):
        np.add.at(games, side, (wins + draws + losses).astype(np.int64))
    rated = tuple(
        Rating(float(_SCALE * point[i]), math.sqrt(max(0.0, float(covariance[i, i]))), int(games[i]))
        for i in range(players)
    )
    return Ratings(rated, math.exp(float(point[players])), covariance)


def rate_by_name(results: Sequence[tuple[str, str, Tally]], anchor: str) -> dict[str, Rating]:
    """The ratings of :func:`fit_ratings`, for named players.

    Args:
        results: who met whom, and the first player's results; a pair may occur more than once.
        anchor: the player whose rating is zero.

    Returns:
        The rating of every player that is connected with the anchor by games; of the anchor too, if it played any.
    """
    played = [(one, other, tally) for one, other, tally in results if tally.games]
    found = _connected([(one, other) for one, other, _ in played], anchor)
    if len(found) < 2:
        return {}
    names = [anchor, *sorted(found - {anchor})]
    index = {name: number for number, name in enumerate(names)}
    pairings = [Pairing(index[one], index[other], tally) for one, other, tally in played if one in index]
    return dict(zip(names, fit_ratings(len(names), pairings).players, strict=True))


def _counts(players: int, pairings: Sequence[Pairing]) -> dict[tuple[int, int], tuple[int, int, int]]:
    met: dict[tuple[int, int], tuple[int, int, int]] = {}
    for pairing in pairings:
        one, other, tally = pairing.one, pairing.other, pairing.tally
        if not (0 <= one < players and 0 <= other < players and one != other):
            raise ArgumentError(f"pairings: expected two players of {players}, got {one} and {other}")
        counts = (tally.wins, tally.draws, tally.losses)
        if one > other:
            one, other, counts = other, one, counts[::-1]
        if not tally.games:
            continue
        before = met.get((one, other), (0, 0, 0))
        met[one, other] = (before[0] + counts[0], before[1] + counts[1], before[2] + counts[2])
    return met


def _connected(met: Iterable[tuple[T, T]], anchor: T) -> set[T]:
    """All players that games connect with the anchor, and the anchor."""
    pairs, found, grown = list(met), {anchor}, True
    while grown:
        more = {player for pair in pairs if found & set(pair) for player in pair} - found
        grown = bool(more)
        found |= more
    return found


def _slopes(
    point: NDArray[np.float64],
    first: NDArray[np.int64],
    second: NDArray[np.int64],
    wins: NDArray[np.float64],
    draws: NDArray[np.float64],
    losses: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The log-posterior's gradient, and minus its second derivatives.

    A game's outcomes are a softmax of (g/2, log ν, −g/2), g being the difference of the two: the second derivatives are
    minus the covariance of (½, −½; one for a draw) over the outcomes.
    """
    gap, draw = point[first] - point[second], point[-1]
    logits = np.stack([gap / 2, np.full_like(gap, draw), -gap / 2])
    logits -= logits.max(0)
    share = np.exp(logits)
    share /= share.sum(0)
    win, drawn, loss = share
    games = wins + draws + losses
    by_gap = (wins - losses) / 2 - games * (win - loss) / 2
    by_draw = draws - games * drawn
    gap_gap = games * ((win + loss) / 4 - (win - loss) ** 2 / 4)
    gap_draw = -games * drawn * (win - loss) / 2
    draw_draw = games * drawn * (1 - drawn)
    size = len(point)
    gradient, curvature = np.zeros(size), np.zeros((size, size))
    np.add.at(gradient, first, by_gap)
    np.add.at(gradient, second, -by_gap)
    gradient[-1] = by_draw.sum() - draw / _PRIOR_SPREAD**2
    for rows, columns, sign in ((first, first, 1), (second, second, 1), (first, second, -1), (second, first, -1)):
        np.add.at(curvature, (rows, columns), sign * gap_gap)
    for side, sign in ((first, 1), (second, -1)):
        np.add.at(curvature[:, -1], side, sign * gap_draw)
    curvature[-1, :] = curvature[:, -1]
    curvature[-1, -1] = draw_draw.sum() + 1 / _PRIOR_SPREAD**2
    return gradient, curvature
