"""What games paid one player, in figures that can be compared."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from myoshu.rating.intervals import Interval, mean_interval

__all__ = ["Returns"]


@dataclass(frozen=True)
class Returns:
    """The mean of some games' returns, and how far it can be trusted."""

    games: int
    """How many games."""
    mean: float
    """What one paid, on average; NaN without games."""
    interval: Interval
    """Where the true mean lies, at 95%; infinite for fewer than two games."""
    least: float
    """The worst game's; NaN without games."""
    greatest: float
    """The best game's; NaN without games."""

    @classmethod
    def of(cls, returns: Sequence[float]) -> Returns:
        """Sum games up."""
        if not returns:
            return cls(0, math.nan, mean_interval(()), math.nan, math.nan)
        mean = sum(returns) / len(returns)
        return cls(len(returns), mean, mean_interval(returns), min(returns), max(returns))

    def ahead_of(self, other: Returns) -> Interval:
        """By how much the true mean is greater than another's, at 95%: from independent games of both."""
        gap = self.mean - other.mean
        reach = math.hypot(self.interval.high - self.mean, other.interval.high - other.mean)
        return Interval(gap - reach, gap + reach)

    def __str__(self) -> str:
        if math.isinf(self.interval.low):
            return f"{self.mean:.4g}"
        return f"{self.mean:.4g} ({self.interval.low:.4g} to {self.interval.high:.4g})"
