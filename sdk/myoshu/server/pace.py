"""How long waves take, by the number of trees in them."""

from __future__ import annotations

import math

__all__ = ["WavePace"]

SHRINK = 0.8
"""Factor for an estimate that kept a search from its first wave: a wrong one must not do so for ever."""


class WavePace:
    """Seconds of a wave, as measured.

    A machine that was suspended for a moment says nothing about waves: the least of the first two measurements counts,
    and a later one counts for no more than twice the estimate. Numbers of trees are grouped by powers of two.
    """

    def __init__(self) -> None:
        self._seconds: dict[int, float] = {}
        self._measured: set[int] = set()

    def note(self, trees: int, waves: int, elapsed: float) -> None:
        """Add a measurement: some waves of ``trees`` trees, and their total seconds."""
        if waves < 1 or elapsed <= 0.0:
            return
        size, now = trees.bit_length(), elapsed / waves
        held = self._seconds.get(size)
        if held is None:
            self._seconds[size] = now
        elif size not in self._measured:
            self._measured.add(size)
            self._seconds[size] = min(held, now)
        else:
            self._seconds[size] = 0.5 * (held + min(now, 2.0 * held))

    def of(self, trees: int) -> float:
        """Seconds of a wave of this many trees, or of the nearest smaller number measured; 0 if none was."""
        for size in range(trees.bit_length(), 0, -1):
            if size in self._measured:
                return self._seconds[size]
        return 0.0

    def estimate(self, trees: int) -> float:
        """The same, or NaN if nothing was measured."""
        return self.of(trees) or math.nan

    def shrink(self) -> None:
        """Take note that a search was answered before its first wave, since that would have taken too long."""
        for size in self._measured:
            self._seconds[size] *= SHRINK
