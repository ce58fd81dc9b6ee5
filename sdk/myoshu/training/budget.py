"""How much of its time and steps a run has spent. Knows no torch."""

from __future__ import annotations

import time

from myoshu.training.config import TrainingConfig

__all__ = ["Budget"]


class Budget:
    """A run's clock, which stands still until it is started, and what the configuration allows.

    Args:
        config: the run's.
    """

    def __init__(self, config: TrainingConfig) -> None:
        self._config = config
        self._before = 0.0
        self._started: float | None = None

    @property
    def running(self) -> bool:
        """Whether the clock runs."""
        return self._started is not None

    @property
    def seconds(self) -> float:
        """Time learned so far, over all times that the run was gone on with."""
        return self._before if self._started is None else self._before + time.perf_counter() - self._started

    def share(self, steps: int) -> float:
        """Which share of the budget is spent; 1 or more at the end.

        Args:
            steps: steps learned so far.
        """
        config = self._config
        by_time = self.seconds / (60.0 * config.minutes) if config.minutes is not None else 0.0
        by_steps = steps / config.steps if config.steps is not None else 0.0
        return max(by_time, by_steps)

    def start(self) -> None:
        """Let the clock run."""
        self._started = time.perf_counter()

    def pause(self) -> None:
        """Stop the clock."""
        self._before = self.seconds
        self._started = None

    def restore(self, seconds: float) -> None:
        """Go on from so many seconds learned."""
        self._before = seconds
