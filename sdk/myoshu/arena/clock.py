"""A clock for each side: thinking time for a whole game, and what every move adds to it."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Protocol, Self, runtime_checkable

from myoshu.checks import positive
from myoshu.errors import MatchError

__all__ = ["Clock", "Timed"]


@dataclass(frozen=True)
class Clock:
    """Each side's thinking time.

    Raises:
        MatchError: there is no time at all, or it is not a number.
    """

    seconds: float
    """Seconds for the whole game; more than 0."""
    increment: float = 0.0
    """Seconds that each finished move adds."""

    def __post_init__(self) -> None:
        positive("clock", self.seconds, "seconds", error=MatchError)
        if not 0.0 <= self.increment < math.inf:
            raise MatchError(f"clock: expected an increment of 0 seconds or more, got {self.increment:g}")

    @classmethod
    def parse(cls, text: str) -> Self:
        """A clock as people write it: ``60`` or ``60+0.5``, in seconds.

        Raises:
            MatchError: it is not written like that.
        """
        found = re.fullmatch(r"(\d+(?:\.\d+)?)(?:\+(\d+(?:\.\d+)?))?", text.strip())
        if found is None:
            raise MatchError(f"clock: expected seconds as 60 or 60+0.5, got {text!r}")
        return cls(float(found[1]), float(found[2] or 0))

    def __str__(self) -> str:
        return f"{self.seconds:g}+{self.increment:g}"


@runtime_checkable
class Timed(Protocol):
    """A player that wants to know how much time it has left."""

    def tell_clock(self, remaining: float, increment: float) -> None:
        """Take note of the clock; called before each of the player's moves.

        Args:
            remaining: seconds left for the rest of the game.
            increment: seconds that a finished move adds.
        """
        ...
