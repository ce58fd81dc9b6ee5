"""When a run checks its strength, and how much time that may take."""

from __future__ import annotations

import math
from collections import deque

import numpy as np
from numpy.typing import NDArray

from myoshu.errors import ArgumentError
from myoshu.game import Game
from myoshu.training.config import TrainingConfig
from myoshu.training.strength.check import Strength

__all__ = ["Checks", "check_until"]

SHARE = 0.03
"""Share of the learning time that checks may take."""
END_SECONDS = 10.0
"""Seconds that a check may take at the end of a run, or what is left of the share if that is more."""


class Checks:
    """The times of a run's checks of strength.

    They are spread evenly over the budget, but wait until games are played with learned networks, and if checks have
    taken too much time already. In a deterministic run they neither wait nor leave games out, so its course
    does not depend on the clock.

    Args:
        config: the run's configuration.
    """

    def __init__(self, config: TrainingConfig) -> None:
        self._timed = not config.deterministic
        self._first_step = config.learner.hand_over
        count = config.evaluations if config.evaluation_games else 0
        self._marks = deque(index / count for index in range(1, count))
        self.spent = 0.0
        """Seconds that went into checks while the run learned."""

    def skip(self, share: float) -> None:
        """Skip the checks that are due before the share ``share`` of the budget is spent."""
        while self._marks and self._marks[0] <= share:
            self._marks.popleft()

    def due(self, strength: Strength, *, share: float, seconds: float, steps: int) -> bool:
        """Whether a check is due; if so, it counts as made.

        Args:
            strength: knows how long a check takes, and whether the last one is to be confirmed.
            share: the share of the budget that is spent.
            seconds: time learned.
            steps: learning steps done.
        """
        late = self.spent + strength.least_seconds > SHARE * seconds
        if self._timed and (late or steps < self._first_step):
            return False
        if not strength.passed and not (self._marks and share >= self._marks[0]):
            return False
        self.skip(share)
        return True

    def budget(self, seconds: float, *, last: bool) -> float:
        """How many seconds a check may take.

        Args:
            seconds: time learned.
            last: whether the run is over and nothing waits for it.
        """
        if not self._timed:
            return math.inf
        return max(END_SECONDS if last else 0.0, SHARE * seconds - self.spent)

    def state(self) -> dict[str, NDArray[np.generic]]:
        """Everything needed to resume, as arrays."""
        return {"checking": np.array(self.spent)}

    def restore(self, state: dict[str, NDArray[np.generic]]) -> None:
        """Resume from what :meth:`state` returned."""
        self.spent = float(state["checking"])


def check_until(game: Game, until: float | None) -> None:
    """Refuse a strength that no check can reach.

    Args:
        game: the rules.
        until: the strength that ends a run; None for none.

    Raises:
        ArgumentError: it is not a score, or not a return that the game can pay.
    """
    low, high = (0.0, 1.0) if game.spec.players > 1 else game.spec.returns
    what = "a score from 0 to 1" if game.spec.players > 1 else f"a mean return from {low:g} to {high:g} (spec.returns)"
    if until is not None and not low <= until <= high:
        raise ArgumentError(f"until: expected {what}, got {until:g}")
