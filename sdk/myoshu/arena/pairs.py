"""Paired games: the two games of an opening, one from each side, counted together.

The games of a pair share their opening, so they are not independent: what is good for one seat is bad for the other.
The pairs are. Counting pairs by their points (0, ½, 1, 1½ or 2: the pentanomial model) gives intervals that are right,
and narrower where openings are unbalanced (M. Van den Bergh, *Normalized Elo*, 2021; used by Fishtest since 2019).
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

from myoshu.arena.match import GameResult, Outcome
from myoshu.rating.intervals import Interval

__all__ = ["PAIR_SCORES", "Pentanomial", "count_pairs"]

PAIR_SCORES = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Mean score of the pair's games: the pentanomial's five categories."""
_POINTS = {Outcome.WIN: 2, Outcome.DRAW: 1, Outcome.LOSS: 0}
"""Half points for each outcome of a game."""


@dataclass(frozen=True)
class Pentanomial:
    """Pairs of games counted by one player's points."""

    counts: tuple[int, int, int, int, int] = (0, 0, 0, 0, 0)
    """Pairs with 0, ½, 1, 1½ and 2 points."""

    @property
    def pairs(self) -> int:
        """Number of all pairs."""
        return sum(self.counts)

    @property
    def score(self) -> float:
        """Points a game, in [0, 1]; NaN without pairs."""
        if not self.pairs:
            return math.nan
        return sum(value * count for value, count in zip(PAIR_SCORES, self.counts, strict=True)) / self.pairs

    @property
    def variance(self) -> float:
        """Variance of a pair's score, as observed (divided by the number of pairs); NaN without pairs."""
        if not self.pairs:
            return math.nan
        mean = self.score
        return sum(c * (value - mean) ** 2 for value, c in zip(PAIR_SCORES, self.counts, strict=True)) / self.pairs

    def interval(self, confidence: float = 0.95) -> Interval:
        """An interval for the true score: both ends in [0, 1]; all of that without pairs.

        As Agresti and Coull (1998, The American Statistician 52:119) improve the normal approximation, for scores in
        [0, 1] instead of successes: z² pairs are added, half of them lost and half of them won, z being the normal
        quantile. So it does not collapse where all pairs ended alike, and its coverage holds even for few pairs.
        """
        if not self.pairs:
            return Interval(0.0, 1.0)
        z = NormalDist().inv_cdf((1 + confidence) / 2)
        total = self.pairs + z * z
        counts = [self.counts[0] + z * z / 2, *self.counts[1:4], self.counts[4] + z * z / 2]
        mean = sum(value * count for value, count in zip(PAIR_SCORES, counts, strict=True)) / total
        spread = sum(count * (value - mean) ** 2 for value, count in zip(PAIR_SCORES, counts, strict=True)) / total
        reach = z * math.sqrt(spread / total)
        return Interval(max(0.0, mean - reach), min(1.0, mean + reach))

    def __str__(self) -> str:
        return "/".join(map(str, self.counts))


def count_pairs(results: Sequence[GameResult], player: int) -> Pentanomial:
    """Count the pairs of a match of two for one of its players. A game whose partner is missing is left out."""
    halves: dict[int, list[int]] = defaultdict(list)
    for result in results:
        halves[result.round].append(_POINTS[result.outcome(player)])
    counts = [0, 0, 0, 0, 0]
    for points in halves.values():
        if len(points) == 2:
            counts[sum(points)] += 1
    a, b, c, d, e = counts
    return Pentanomial((a, b, c, d, e))
