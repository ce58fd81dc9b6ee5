"""The generalised sequential probability ratio test: a match that ends as soon as the evidence suffices."""

from __future__ import annotations

import enum
import math
from collections.abc import Sequence
from dataclasses import dataclass

from myoshu.errors import ArgumentError
from myoshu.rating.elo import score_of_elo

__all__ = ["Sprt", "SprtState", "Verdict", "log_likelihood_ratio"]

_REGULAR = 1e-3
"""Added to counts of 0, which would otherwise rule out what was merely not observed yet; as Fishtest does."""


class Verdict(enum.StrEnum):
    """A sequential test's verdict so far."""

    OPEN = "open"
    """Neither yet: continue."""
    ACCEPTED = "accepted"
    """The player is stronger by about ``elo1`` (H1)."""
    REJECTED = "rejected"
    """The player is stronger by no more than about ``elo0`` (H0)."""


@dataclass(frozen=True)
class SprtState:
    """A sequential test in the course of a match."""

    llr: float
    """Log-likelihood ratio of H1 to H0, so far."""
    lower: float
    """At or below this, H0 is accepted."""
    upper: float
    """At or above this, H1 is accepted."""

    @property
    def verdict(self) -> Verdict:
        """The verdict that follows."""
        if self.llr >= self.upper:
            return Verdict.ACCEPTED
        return Verdict.REJECTED if self.llr <= self.lower else Verdict.OPEN

    def __str__(self) -> str:
        return f"LLR {self.llr:+.2f} ({self.lower:+.2f}, {self.upper:+.2f}) {self.verdict}"


@dataclass(frozen=True)
class Sprt:
    """A test of "stronger by elo1" against "stronger by elo0", both logistic Elo.

    Raises:
        ArgumentError: elo0 is not less than elo1, or an error rate is not in (0, ½).
    """

    elo0: float
    """The difference under H0, in Elo points."""
    elo1: float
    """The difference under H1, greater than ``elo0``."""
    alpha: float = 0.05
    """How often H1 may be accepted though H0 is true."""
    beta: float = 0.05
    """How often H0 may be accepted though H1 is true."""

    def __post_init__(self) -> None:
        if not (math.isfinite(self.elo0) and math.isfinite(self.elo1) and self.elo0 < self.elo1):
            raise ArgumentError(f"sprt: expected elo0 below elo1, got {self.elo0:g} and {self.elo1:g}")
        for field in ("alpha", "beta"):
            rate = getattr(self, field)
            if not 0.0 < rate < 0.5:
                raise ArgumentError(f"sprt.{field}: expected a rate above 0 and below 0.5, got {rate:g}")

    @property
    def lower(self) -> float:
        """Wald's bound log(β / (1 − α)) (Wald 1945, Annals of Mathematical Statistics 16:117, eq. 3.28)."""
        return math.log(self.beta / (1 - self.alpha))

    @property
    def upper(self) -> float:
        """Wald's bound log((1 − β) / α)."""
        return math.log((1 - self.beta) / self.alpha)

    def state(self, values: Sequence[float], counts: Sequence[float]) -> SprtState:
        """The test's state after the outcomes so far.

        Args:
            values: the possible scores of a game (or of a pair of games, on average): (0, ½, 1), or the five of pairs.
            counts: how often each occurred.
        """
        llr = log_likelihood_ratio(values, counts, score_of_elo(self.elo0), score_of_elo(self.elo1))
        return SprtState(llr, self.lower, self.upper)


def log_likelihood_ratio(values: Sequence[float], counts: Sequence[float], score0: float, score1: float) -> float:
    """Log of (greatest likelihood with mean ``score1``) / (greatest likelihood with mean ``score0``).

    The generalised ratio: the distribution over the values is a nuisance parameter, estimated again under either mean
    (M. Van den Bergh, *A Practical Introduction to the GSPRT*, 2020, propositions 0.1 and 0.2).

    Args:
        values: the possible scores, in [0, 1].
        counts: how often each occurred; zeros count as 0.001.
        score0: the mean under H0, in (0, 1).
        score1: the mean under H1, in (0, 1).
    """
    total = float(sum(counts))
    if total == 0.0:
        return 0.0
    regular = [max(float(count), _REGULAR) for count in counts]
    either, other = (_tilt([value - mean for value in values], regular) for mean in (score0, score1))
    return math.fsum(
        count * (math.log1p(either * (value - score0)) - math.log1p(other * (value - score1)))
        for value, count in zip(values, regular, strict=True)
    )


def _tilt(away: Sequence[float], counts: Sequence[float]) -> float:
    """The θ of the likeliest distribution p̂ᵢ = pᵢ / (1 + θ (aᵢ − s)) with mean s: Σ pᵢ (aᵢ − s) / (1 + θ (aᵢ − s)) = 0.

    The sum falls with θ between the poles, where every 1 + θ (aᵢ − s) is positive, so bisection finds its root.

    Args:
        away: each aᵢ − s.
        counts: each pᵢ, up to a factor.
    """
    low, high = -1.0 / max(away), -1.0 / min(away)
    for _ in range(64):
        theta = 0.5 * (low + high)
        if sum(count * gap / (1.0 + theta * gap) for gap, count in zip(away, counts, strict=True)) > 0.0:
            low = theta
        else:
            high = theta
    return 0.5 * (low + high)
