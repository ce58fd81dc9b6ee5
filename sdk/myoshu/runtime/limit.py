"""How long a search may last."""

from __future__ import annotations

import dataclasses

from myoshu.checks import integer, positive
from myoshu.errors import LimitError

__all__ = ["Limit"]


@dataclasses.dataclass(frozen=True, slots=True)
class Limit:
    """A limit in time, in simulations, or in both: the one reached first ends the search.

    Raises:
        LimitError: neither is given, or one allows no search.
    """

    time: float | None = None
    """Seconds, more than 0."""
    simulations: int | None = None
    """Simulations, 1 or more."""

    def __post_init__(self) -> None:
        if self.time is None and self.simulations is None:
            raise LimitError("limit: expected a time, a number of simulations or both, got neither")
        if self.time is not None:
            object.__setattr__(self, "time", seconds("limit.time", self.time))
        if self.simulations is not None:
            object.__setattr__(self, "simulations", integer("limit.simulations", self.simulations, 1, error=LimitError))


def seconds(field: str, value: object) -> float:
    """Check a duration.

    Raises:
        LimitError: it is not a finite number above 0.
    """
    return positive(field, value, "seconds", error=LimitError)
