"""The outcome of a training run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from myoshu.training.strength.check import Check

__all__ = ["Summary"]


@dataclass(frozen=True)
class Summary:
    """The outcome of a run."""

    bundle: Path
    """The path of the exported agent."""
    seconds: float
    """Time learned, in seconds."""
    steps: int
    """Learning steps done."""
    games: int
    """Number of games played."""
    positions: int
    """Number of positions played and recorded."""
    check: Check | None
    """The last check of strength."""
    verdict: str | None
    """A sentence about an agent that was not shown to be better than random play; None about one that was."""
    interrupted: bool
    """Whether a person ended it early."""
