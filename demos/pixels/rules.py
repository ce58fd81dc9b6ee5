"""Star harvest: a boat catches falling stars. The rules and the drawing; learned from its image alone.

    myoshu train python:demos/pixels/rules.py:harvest --minutes 20 --out demos/agents/harvest.myoshu

Every star can be caught by setting off in time: the best possible score is all of them.
"""

from __future__ import annotations

import numpy as np
import pygame

from myoshu_engines.pygame.arcade import Arcade
from myoshu_engines.pygame.eyes import Pixels

SIZE = 160
"""Width and height of the scene, in its own pixels; the window shows it larger."""
WATER = 138
"""Where the boat's deck is."""
HALF = 16.0
"""Half the boat's length."""
PACE = 2.5
"""The boat's greatest speed, pixels a frame."""
STARS = 8
"""Stars in a game."""
EVERY = 56
"""Frames between two stars."""
FALL = 1.6
"""How fast they fall, pixels a frame."""
REPEAT = 8
"""Frames between two decisions."""
ACTIONS = ("left", "stay", "right")
SEEN = (20, 20)
"""Width and height of what the agent sees."""
STACK = 2
"""Images, one a decision, that it sees at a time."""

NIGHT, DUSK = (16, 20, 42), (38, 42, 86)
SEA, FOAM = (20, 52, 84), (46, 92, 128)
STAR, GLOW = (255, 236, 150), (150, 130, 96)
HULL, SAIL = (226, 120, 84), (238, 234, 226)


class Harvest:
    """A boat on the water, stars that fall one at a time.

    Args:
        rng: draws where they fall.
    """

    def __init__(self, rng: np.random.Generator) -> None:
        reach = PACE * EVERY * 0.75
        places = [float(rng.uniform(HALF, SIZE - HALF))]
        while len(places) < STARS:
            low, high = max(HALF, places[-1] - reach), min(SIZE - HALF, places[-1] + reach)
            places.append(float(rng.uniform(low, high)))
        self.places = places
        self.boat = SIZE / 2
        self.speed = 0.0
        self.frames = 0
        self.next = 0
        """The number of the lowest star."""
        self.caught: list[bool] = []
        """Which of the stars that came down were caught."""

    @property
    def over(self) -> bool:
        return self.next == STARS

    def stars(self) -> list[tuple[float, float]]:
        """Where the stars are that are falling now, the lowest first."""
        there = []
        for number in range(self.next, min(STARS, self.frames // EVERY + 1)):
            there.append((self.places[number], (self.frames - number * EVERY) * FALL))
        return there

    def step(self, action: int) -> float:
        """Advance by one frame: 0 is left, 1 staying, 2 right.

        Returns:
            A star's share of the score as one is caught.
        """
        self.speed += 0.35 * (PACE * (action - 1) - self.speed)
        self.boat = min(max(self.boat + self.speed, HALF), SIZE - HALF)
        self.frames += 1
        falling = self.stars()
        if not falling or falling[0][1] < WATER - 6:
            return 0.0
        self.caught.append(abs(falling[0][0] - self.boat) <= HALF)
        self.next += 1
        return self.caught[-1] / STARS

    def draw(self, surface: pygame.Surface) -> None:
        """The scene, 160 × 160."""
        surface.fill(NIGHT)
        pygame.draw.rect(surface, DUSK, (0, WATER - 40, SIZE, 50))
        pygame.draw.rect(surface, SEA, (0, WATER + 6, SIZE, SIZE))
        for number in range(9):
            x = (number * 37 + self.frames // 6) % (SIZE + 12) - 12
            pygame.draw.line(surface, FOAM, (x, WATER + 10 + number * 5 % 13), (x + 10, WATER + 10 + number * 5 % 13))
        for x, y in self.stars():
            for tail in range(3, 0, -1):
                pygame.draw.circle(surface, tuple(part // tail for part in GLOW), (x, y - 5 * tail), 4 - tail // 2)
            pygame.draw.circle(surface, STAR, (x, y), 6)
            pygame.draw.line(surface, STAR, (x - 9, y), (x + 9, y), 2)
            pygame.draw.line(surface, STAR, (x, y - 9), (x, y + 9), 2)
        boat = self.boat
        pygame.draw.polygon(surface, SAIL, [(boat + 1, WATER - 2), (boat + 1, WATER - 24), (boat + 11, WATER - 4)])
        pygame.draw.polygon(surface, SAIL, [(boat - 2, WATER - 3), (boat - 2, WATER - 18), (boat - 9, WATER - 4)])
        hull = [(boat - HALF, WATER), (boat + HALF, WATER), (boat + HALF - 6, WATER + 9), (boat - HALF + 6, WATER + 9)]
        pygame.draw.polygon(surface, HULL, hull)


def harvest() -> Arcade[Harvest]:
    """The game to be learned from its image."""
    return Arcade(
        Harvest,
        Pixels(Harvest.draw, (SIZE, SIZE), small=SEEN, stack=STACK),
        name="harvest",
        actions=ACTIONS,
        returns=(0.0, 1.0),
        length=(STARS * EVERY + 120) // REPEAT,
        repeat=REPEAT,
    )
