"""The meadow: sheep graze, and run from the wolf. The rules, for one sheep that learns and for a whole flock.

    myoshu train python:demos/crowd/rules.py:grazing --minutes 10 --out demos/agents/grazing.myoshu

A sheep sees the grass around it and the wolf, and decides three times a second whether to graze or where to go. The
agent learns as a sheep alone; in the demo it is every sheep of the flock.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from myoshu_engines.pygame.arcade import Arcade
from myoshu_engines.pygame.eyes import Numbers

FRAMES = 20
"""Frames between two decisions of a sheep."""
STRIDE = 5
"""Frames played in one step while a sheep learns."""
LENGTH = 40
"""Decisions of a game to learn from."""
AROUND = 2
"""Squares of grass that a sheep sees in each direction."""
NAMES = (
    *(
        f"grass {row:+d} down, {column:+d} right"
        for row in range(-AROUND, AROUND + 1)
        for column in range(-AROUND, AROUND + 1)
    ),
    "right on its square",
    "down on its square",
    "wolf: how near",
    "wolf: right, less the farther away",
    "wolf: down, less the farther away",
)
"""What a sheep sees."""
NUMBERS = len(NAMES)
WALK = 0.055
"""A sheep's speed, squares a frame."""
WOLF = 0.036
"""The wolf's speed, squares a frame."""
SIGHT = 5.0
"""How far a sheep sees the wolf, in squares."""
BITE = 0.7
"""The distance at which the wolf bites, in squares."""
GRAZE = 0.012
"""Grass eaten in a frame, where there is any."""
GROWTH = 0.0006
"""Grass grown in a frame."""
WAYS = ("graze", "east", "southeast", "south", "southwest", "west", "northwest", "north", "northeast")
STEPS: NDArray[np.float64] = np.array(
    [(0.0, 0.0)] + [(math.cos(turn * math.pi / 4), math.sin(turn * math.pi / 4)) for turn in range(8)]
)
"""float64 [9, 2]: where each way leads, x and y."""


class Meadow:
    """Grass on squares, sheep, and a wolf.

    Args:
        columns: of the meadow.
        rows: of it.
        sheep: how many.
        rng: draws where they are, and where the wolf goes.
    """

    def __init__(self, columns: int, rows: int, sheep: int, rng: np.random.Generator) -> None:
        self.columns, self.rows = columns, rows
        self.rng = rng
        edge = ((AROUND, AROUND), (AROUND, AROUND))
        self._fenced = np.pad(rng.random((rows, columns)) ** 2, edge, constant_values=-1.0)
        self.grass = self._fenced[AROUND:-AROUND, AROUND:-AROUND]
        """float64 [rows, columns] in [0, 1]: how high it stands."""
        self.sheep = rng.uniform((1, 1), (columns - 1, rows - 1), (sheep, 2))
        """float64 [sheep, 2]: where they are, x and y in squares."""
        self.ways = np.zeros(sheep, np.int64)
        """int64 [sheep]: where each goes, or 0 for grazing."""
        self.wolf = rng.uniform((0, 0), (columns, rows))
        """float64 [2]: where the wolf is."""
        self.goal = self.wolf.copy()
        """float64 [2]: where it runs to."""
        self.eaten = np.zeros(sheep)
        """float64 [sheep]: grass eaten in the latest step."""
        self.bitten = np.zeros(sheep, np.bool_)
        """bool [sheep]: whom the wolf caught in the latest step."""

    def step(self, frames: int = 1) -> None:
        """Let a few frames pass."""
        sheep = self.sheep
        sheep += (WALK * frames) * STEPS[self.ways]
        np.maximum(sheep, 0.3, out=sheep)
        np.minimum(sheep, (self.columns - 0.3, self.rows - 0.3), out=sheep)
        column, row = sheep.astype(np.int64).T
        self.eaten = np.where(self.ways == 0, np.minimum(GRAZE * frames, self.grass[row, column]), 0.0)
        np.subtract.at(self.grass, (row, column), self.eaten)
        np.maximum(self.grass, 0.0, out=self.grass)
        self.grass += (GROWTH * frames) * (1.0 - self.grass)
        ahead = self.goal - self.wolf
        length = math.hypot(float(ahead[0]), float(ahead[1]))
        if length > 0.1:
            self.wolf += ahead * (min(WOLF * frames, length) / length)
        away = sheep - self.wolf
        self.bitten = (away * away).sum(1) < BITE * BITE

    def prowl(self) -> None:
        """Let the wolf choose where to run once it has arrived: after a sheep, or anywhere."""
        if math.dist(self.wolf.tolist(), self.goal.tolist()) > 0.3:
            return
        if self.rng.random() < 0.4:
            self.goal = self.sheep[int(self.rng.integers(len(self.sheep)))].copy()
        else:
            self.goal = self.rng.uniform((0, 0), (self.columns, self.rows))

    def numbers(self, number: int) -> NDArray[np.float64]:
        """What a sheep sees: the grass around it (the fence as -1), where on its square it stands, and the wolf."""
        x, y = self.sheep[number].tolist()
        column, row = int(x), int(y)
        grass = self._fenced[row : row + 2 * AROUND + 1, column : column + 2 * AROUND + 1].ravel()
        dx, dy = float(self.wolf[0]) - x, float(self.wolf[1]) - y
        distance = math.hypot(dx, dy)
        near = max(0.0, 1.0 - distance / SIGHT)
        scale = near / max(distance, 1e-6)
        return np.concatenate([grass, (x - column - 0.5, y - row - 0.5, near, dx * scale, dy * scale)])

    def __deepcopy__(self, memo: dict[int, object]) -> Meadow:
        other = object.__new__(type(self))
        copies = {name: part.copy() for name, part in self.__dict__.items() if isinstance(part, np.ndarray)}
        other.__dict__.update(self.__dict__ | copies)
        other.grass = other._fenced[AROUND:-AROUND, AROUND:-AROUND]
        other.rng = np.random.default_rng()
        other.rng.bit_generator.state = self.rng.bit_generator.state
        return other


class Grazing:
    """One sheep that learns.

    Args:
        rng: draws the meadow and where the wolf goes.
    """

    def __init__(self, rng: np.random.Generator) -> None:
        self.meadow = Meadow(10, 8, 1, rng)
        while math.dist(self.meadow.sheep[0], self.meadow.wolf) < 2.0:
            self.meadow.wolf = rng.uniform((0, 0), (10, 8))
        self.over = False

    def step(self, action: int) -> float:
        """Advance by a few frames.

        Returns:
            Grass eaten, and -1 when the wolf bites.
        """
        meadow = self.meadow
        meadow.ways[0] = action
        meadow.prowl()
        meadow.step(STRIDE)
        self.over = bool(meadow.bitten[0])
        return float(meadow.eaten[0]) / 2.0 - self.over

    def numbers(self) -> NDArray[np.float64]:
        """What the sheep sees."""
        return self.meadow.numbers(0)


def grazing() -> Arcade[Grazing]:
    """The game to be learned."""
    return Arcade(
        Grazing,
        Numbers(Grazing.numbers, NUMBERS, names=NAMES),
        name="grazing",
        actions=WAYS,
        returns=(-1.0, LENGTH * FRAMES * GRAZE / 2.0),
        length=LENGTH,
        repeat=FRAMES // STRIDE,
    )
