"""Games counted by their outcome."""

from __future__ import annotations

import math
from dataclasses import dataclass

from myoshu.rating.intervals import Interval, score_interval

__all__ = ["Tally"]


@dataclass(frozen=True)
class Tally:
    """Games counted by their outcome for one player."""

    wins: int = 0
    """Number of games won."""
    draws: int = 0
    """Number of games drawn."""
    losses: int = 0
    """Number of games lost."""

    @property
    def games(self) -> int:
        """Number of all games."""
        return self.wins + self.draws + self.losses

    @property
    def score(self) -> float:
        """Wins plus half the draws, as a share of the games; NaN without games."""
        return (self.wins + self.draws / 2) / self.games if self.games else math.nan

    def interval(self, confidence: float = 0.95) -> Interval:
        """See :func:`score_interval`."""
        return score_interval(self.wins, self.draws, self.losses, confidence)

    def __str__(self) -> str:
        return f"{self.wins}/{self.draws}/{self.losses}"
