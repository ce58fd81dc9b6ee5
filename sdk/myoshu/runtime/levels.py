"""Settings between measured levels of strength."""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec

from myoshu.errors import ArgumentError
from myoshu.runtime.manifest import Level
from myoshu.search import _core

__all__ = ["between"]


def between(levels: Sequence[Level], elo: float) -> Level:
    """Settings for a strength, by interpolation: simulations on a logarithmic scale, everything else on a linear one.

    Args:
        levels: a bundle's levels; those without a measured strength are ignored.
        elo: points, from the weakest level's to the strongest's.

    Raises:
        ArgumentError: there are no measured levels, or none on both sides of these points.
    """
    rated = sorted((level for level in levels if level.elo is not None), key=_points)
    if not rated:
        raise ArgumentError(f"elo: expected None, since the bundle has no measured strength table, got {elo!r}")
    weakest, strongest = _points(rated[0]), _points(rated[-1])
    if isinstance(elo, bool | str) or not weakest <= elo <= strongest:
        raise ArgumentError(f"elo: expected points from {weakest:.0f} to {strongest:.0f}, got {elo!r}")
    upper = next(level for level in rated if _points(level) >= elo)
    lower = next(level for level in reversed(rated) if _points(level) <= elo)
    gap = _points(upper) - _points(lower)
    part = (elo - _points(lower)) / gap if gap else 0.0

    def blend(field: str) -> float:
        return float((1 - part) * getattr(lower, field) + part * getattr(upper, field))

    simulations = _core.exp((1 - part) * _core.log(lower.simulations) + part * _core.log(upper.simulations))
    return msgspec.structs.replace(
        lower,
        level=blend("level"),
        simulations=max(1, round(simulations)),
        temperature=blend("temperature"),
        mix=blend("mix"),
        margin=blend("margin"),
        elo=float(elo),
        error=max(lower.error or 0.0, upper.error or 0.0),
    )


def _points(level: Level) -> float:
    return math.nan if level.elo is None else level.elo
