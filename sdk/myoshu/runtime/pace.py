"""How long an evaluation takes, as measured while thinking."""

from __future__ import annotations

import math
from collections.abc import Callable
from time import perf_counter

__all__ = ["Pace"]

MOST = 2.0
"""A measurement counts for at most this many times the estimate: the process may have been suspended, or the
machine asleep."""
DECAY = 0.75
"""Factor applied to the estimate after a search that it kept from any evaluation."""


class Pace:
    """How long an evaluation takes, as measured while thinking.

    One delayed measurement cannot raise the estimate by more than a half, and an estimate that prevents evaluations,
    and so measurements, falls until there is one. It does not fall below the fastest
    measurement, so that a limit too short for any evaluation stays so.
    """

    def __init__(self) -> None:
        self.seconds = math.nan
        """Seconds per simulation; NaN before the first measurement."""
        self._fastest = 0.0

    @property
    def fastest(self) -> float:
        """The fewest seconds that a simulation took; the estimate where none was measured after the first."""
        return self._fastest or self.seconds

    def note(self, simulations: int, elapsed: float) -> None:
        """Add a measurement; later ones count more."""
        if not (simulations > 0 and elapsed > 0.0):
            return
        now = elapsed / simulations
        if math.isnan(self.seconds):
            self.seconds = now  # not the fastest yet: it may have been delayed, and nothing bounds the first
            return
        if now < self._fastest or not self._fastest:
            self._fastest = now
        most = MOST * self.seconds
        self.seconds = 0.5 * (self.seconds + (now if now < most else most))

    def starve(self) -> None:
        """Take note that the estimate left a search no time for any evaluation."""
        self.seconds = max(DECAY * self.seconds, self._fastest)

    def measure(self, wave: Callable[[], None], leaves: int) -> float:
        """Seconds per simulation, measured now if never before.

        Args:
            wave: makes one evaluation as the search does; see :meth:`myoshu.runtime.tree.Tree.wave`.
            leaves: how many simulations that stands for.
        """
        if math.isnan(self.seconds):
            times = []
            for _ in range(5):
                begin = perf_counter()
                wave()
                times.append(perf_counter() - begin)
            self._fastest = self.seconds = min(times) / leaves
        return self.seconds
