"""One player's returns, in figures that can be compared."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from myoshu.rating.intervals import Interval, mean_interval

__all__ = ["Returns"]


@dataclass(frozen=True)
class Returns:
    """The mean of some games' returns, with its interval."""

    games: int
    """Number of games."""
    mean: float
    """The mean return; NaN without games."""
    interval: Interval
    """The 95% interval of the mean; infinite for fewer than two games."""
    least: float
    """The worst game's return; NaN without games."""
    greatest: float
    """The best game's return; NaN without games."""

    @classmethod
    def of(cls, returns: Sequence[float]) -> Returns:
        """Summarise the games' returns."""
        if not returns:
            return cls(0, math.nan, mean_interval(()), math.nan, math.nan)
        mean = sum(returns) / len(returns)
        return cls(len(returns), mean, mean_interval(returns), min(returns), max(returns))

    def ahead_of(self, other: Returns) -> Interval:
        """The 95% interval of how much greater the mean is than another's, from independent games of both."""
        gap = self.mean - other.mean
        reach = math.hypot(self.interval.high - self.mean, other.interval.high - other.mean)
        return Interval(gap - reach, gap + reach)

    def __str__(self) -> str:
        if math.isinf(self.interval.low):
            return f"{self.mean:.4g}"
        return f"{self.mean:.4g} ({self.interval.low:.4g} to {self.interval.high:.4g})"
