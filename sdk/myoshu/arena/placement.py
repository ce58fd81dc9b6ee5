"""Games of more than two players: who came first, second, and so on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from myoshu.arena.match import GameResult
from myoshu.rating.intervals import Interval, mean_interval

__all__ = ["Placement", "place", "placements"]


@dataclass(frozen=True)
class Placement:
    """One player's places over a match."""

    counts: tuple[float, ...]
    """Games in which it came first, second, …; tied players share the places they take."""
    mean: float
    """Its mean place, from 1 for the best; NaN without games."""
    interval: Interval
    """The 95% interval of the mean."""

    @property
    def first(self) -> float:
        """The share of games in which it came first; by chance that is 1 / players."""
        games = sum(self.counts)
        return self.counts[0] / games if games else float("nan")


def place(returns: Sequence[float], seat: int) -> tuple[int, int]:
    """The places a seat takes by what it was paid: the best and the worst of those it ties for, from 1."""
    better = sum(paid > returns[seat] for paid in returns)
    level = sum(paid == returns[seat] for paid in returns)
    return better + 1, better + level


def placements(results: Sequence[GameResult], player: int) -> Placement:
    """The placement of one of a match's players."""
    seats = len(results[0].seats) if results else 0
    counts, means = np.zeros(seats), []
    for result in results:
        best, worst = place(result.returns, result.seat_of(player))
        counts[best - 1 : worst] += 1 / (worst - best + 1)
        means.append((best + worst) / 2)
    mean = float(np.mean(means)) if means else float("nan")
    return Placement(tuple(map(float, counts)), mean, mean_interval(means))
