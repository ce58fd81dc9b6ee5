"""What came of a training run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from myoshu.training.strength.check import Check

__all__ = ["Summary"]


@dataclass(frozen=True)
class Summary:
    """What came of a run."""

    bundle: Path
    """The exported agent."""
    seconds: float
    """Time learned."""
    steps: int
    """Steps learned."""
    games: int
    """Games played."""
    positions: int
    """Positions played and recorded."""
    check: Check | None
    """The last check of strength."""
    verdict: str | None
    """A sentence about an agent that was not shown to be better than random play; None about one that was."""
    interrupted: bool
    """Whether a person ended it early."""
