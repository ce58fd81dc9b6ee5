"""The flock: every sheep of a meadow asks one crowd of searches, which has one budget a frame for all of them."""

from __future__ import annotations

import math

import numpy as np
from rules import FRAMES, Meadow

from myoshu import Agent, Crowd

BUDGET = 0.002
"""Seconds of a frame that all sheep together may think."""
SIMULATIONS = 8
"""Simulations per decision."""
COLUMNS, ROWS = 32, 20
AVERAGED = 60
"""Frames over which decisions a second are counted."""


class Flock:
    """A meadow whose sheep decide for themselves.

    Args:
        agent: what every sheep thinks with.
        number: of sheep.
        seed: of their starting places.
        budget: seconds of a frame for thinking.
    """

    def __init__(self, agent: Agent, number: int, seed: int, budget: float = BUDGET) -> None:
        self.meadow = Meadow(COLUMNS, ROWS, number, np.random.default_rng(seed))
        self.crowd = Crowd(agent, size=min(number, 64), simulations=SIMULATIONS)
        self.budget = budget
        self.frames = 0
        self.bitten = 0
        """Sheep that the wolf has caught so far; each comes back at the fence."""
        self.eaten = 0.0
        """Grass eaten so far."""
        self.late = 0.0
        """Seconds that a sheep waited for its latest decision, on average over the flock."""
        self._asked = np.full(number, -1)
        self._next = np.random.default_rng(seed).integers(0, FRAMES, number)
        self._made = np.zeros(AVERAGED, np.int64)

    @property
    def decisions(self) -> float:
        """Recent decisions per second, at 60 frames a second."""
        return 60.0 * float(self._made.mean())

    def update(self, wolf: tuple[float, float] | None = None) -> None:
        """Advance by one frame.

        Args:
            wolf: where the wolf is led, in squares; it goes where it likes if not given.
        """
        meadow = self.meadow
        for number in np.flatnonzero(self._next <= self.frames).tolist():
            if self._asked[number] < 0:
                self.crowd.ask(number, meadow.numbers(number))
                self._asked[number] = self.frames
        decided = self.crowd.step(self.budget)
        for name, decision in decided.items():
            number = int(name)  # type: ignore[call-overload]  # the numbers asked with above
            meadow.ways[number] = decision.action
            waited = (self.frames - self._asked[number]) / 60.0
            self.late += (waited - self.late) / len(meadow.ways)
            self._asked[number] = -1
            self._next[number] = self.frames + FRAMES
        self._made[self.frames % AVERAGED] = len(decided)
        if wolf is None:
            meadow.prowl()
        else:
            meadow.goal = np.array(wolf)
        meadow.step()
        self.eaten += float(meadow.eaten.sum())
        for number in np.flatnonzero(meadow.bitten).tolist():
            self.bitten += 1
            far = meadow.wolf[0] < COLUMNS / 2
            meadow.sheep[number] = (COLUMNS - 0.5 if far else 0.5, meadow.rng.uniform(1, ROWS - 1))
            meadow.ways[number] = 0
        self.frames += 1

    def nearest(self, x: float, y: float) -> int | None:
        """The sheep at a place, if there is one."""
        away = np.hypot(self.meadow.sheep[:, 0] - x, self.meadow.sheep[:, 1] - y)
        number = int(away.argmin())
        return number if math.isfinite(away[number]) and away[number] < 0.8 else None
