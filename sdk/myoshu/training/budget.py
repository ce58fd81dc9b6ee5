"""How much of its time and steps a run has spent. Knows no torch."""

from __future__ import annotations

import time

from myoshu.training.config import TrainingConfig

__all__ = ["Budget"]


class Budget:
    """A run's clock, which is stopped at first, and the budget of its configuration.

    Args:
        config: the run's configuration.
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
        """Seconds learned so far, over all the times that the run was resumed."""
        return self._before if self._started is None else self._before + time.perf_counter() - self._started

    def share(self, steps: int) -> float:
        """The share of the budget that is spent; 1 or more at the end.

        Args:
            steps: learning steps so far.
        """
        config = self._config
        by_time = self.seconds / (60.0 * config.minutes) if config.minutes is not None else 0.0
        by_steps = steps / config.steps if config.steps is not None else 0.0
        return max(by_time, by_steps)

    def start(self) -> None:
        """Start the clock."""
        self._started = time.perf_counter()

    def pause(self) -> None:
        """Stop the clock."""
        self._before = self.seconds
        self._started = None

    def restore(self, seconds: float) -> None:
        """Resume after this many seconds of learning."""
        self._before = seconds
