"""When a run looks how strong it has become, and how much time it takes for that."""

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
"""Of the time learned, so much may go into checks."""
END_SECONDS = 10.0
"""At the end of a run a check may take so long, or what is left of the share if that is more."""


class Checks:
    """The times of a run's checks of strength.

    They are spread evenly over the budget, but wait until the games are played with what was learned, and where too
    much time went into them already. In a deterministic run they neither wait nor leave games out, so that its course
    does not depend on the clock.

    Args:
        config: the run's.
    """

    def __init__(self, config: TrainingConfig) -> None:
        self._timed = not config.deterministic
        self._first_step = config.learner.hand_over
        count = config.evaluations if config.evaluation_games else 0
        self._marks = deque(index / count for index in range(1, count))
        self.spent = 0.0
        """Seconds that went into checks while the run learned."""

    def skip(self, share: float) -> None:
        """Leave out those that are due before the share ``share`` of the budget is spent."""
        while self._marks and self._marks[0] <= share:
            self._marks.popleft()

    def due(self, strength: Strength, *, share: float, seconds: float, steps: int) -> bool:
        """Whether it is time for one; the answer yes counts as its being made.

        Args:
            strength: knows how long one takes, and whether the last one is to be confirmed.
            share: the share of the budget that is spent.
            seconds: time learned.
            steps: steps learned.
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
        """Everything needed to go on, as arrays."""
        return {"checking": np.array(self.spent)}

    def restore(self, state: dict[str, NDArray[np.generic]]) -> None:
        """Go on from what :meth:`state` returned."""
        self.spent = float(state["checking"])


def check_until(game: Game, until: float | None) -> None:
    """Refuse what no check of strength can reach.

    Args:
        game: the rules.
        until: the strength that ends a run; None for none.

    Raises:
        ArgumentError: it is no score, or no return that the game can pay.
    """
    low, high = (0.0, 1.0) if game.spec.players > 1 else game.spec.returns
    what = "a score from 0 to 1" if game.spec.players > 1 else f"a mean return from {low:g} to {high:g} (spec.returns)"
    if until is not None and not low <= until <= high:
        raise ArgumentError(f"until: expected {what}, got {until:g}")
