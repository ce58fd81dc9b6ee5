"""The duel: two paddles, one ball that gets faster, walls above and below. The rules alone, a frame at a time.

    myoshu train python:demos/duel/rules.py:duel --minutes 8 --out demos/agents/duel.myoshu

Hitting the ball with the edge of the paddle sends it off steeply, so it pays to aim. The agent learns to win single
rallies against the built-in opponent, whose skill varies; a match is a series of rallies.
"""

from __future__ import annotations

import numpy as np

from myoshu_engines.pygame.arcade import Arcade
from myoshu_engines.pygame.eyes import Numbers

WIDTH, HEIGHT = 16.0, 9.0
"""The court's width and height, in its own units."""
GAP = 0.8
"""Distance from the ends of the court to the paddles."""
HALF = 0.85
"""Half a paddle's length."""
RADIUS = 0.22
"""The ball's radius."""
PACE = 0.105
"""A paddle's greatest speed, a frame."""
GRIP = 0.3
"""Share of the difference to its target speed that a paddle makes up in a frame."""
SERVE = 0.14
"""The ball's speed at first, a frame."""
FASTER = 1.1
"""Factor by which each hit speeds it up."""
FASTEST = 0.28
STEEPEST = 1.05
"""The angle to the level, in radians, of a ball hit with the edge."""
REPEAT = 5
"""Frames between two decisions: twelve decisions a second."""
LENGTH = 240
"""Decisions after which a rally is drawn: twenty seconds."""
ACTIONS = ("up", "stay", "down")


class Court:
    """Two paddles and a ball; a rally ends when the ball gets past one.

    Args:
        rng: draws the serve.
    """

    def __init__(self, rng: np.random.Generator) -> None:
        towards = 1.0 if rng.random() < 0.5 else -1.0
        angle = float(rng.uniform(-0.7, 0.7))
        self.speed = SERVE
        self.x, self.y = WIDTH / 2, float(rng.uniform(0.25, 0.75)) * HEIGHT
        self.dx, self.dy = towards * SERVE * float(np.cos(angle)), SERVE * float(np.sin(angle))
        self.paddles = [HEIGHT / 2, HEIGHT / 2]
        """The heights of the paddles' middles, left and right."""
        self.speeds = [0.0, 0.0]
        self.hits = 0
        """How often the ball was hit."""
        self.bounced = False
        """Whether it hit something in this frame."""
        self.winner: int | None = None
        """Who has won the rally."""

    def step(self, left: int, right: int) -> None:
        """Advance by one frame; an action is 0 for up, 1 for staying, 2 for down."""
        paddles, speeds = self.paddles, self.speeds
        for seat, action in ((0, left), (1, right)):
            speed = speeds[seat] + GRIP * (PACE * (action - 1) - speeds[seat])
            place = paddles[seat] + speed
            if place < HALF:
                place, speed = HALF, 0.0
            elif place > HEIGHT - HALF:
                place, speed = HEIGHT - HALF, 0.0
            paddles[seat], speeds[seat] = place, speed
        self.bounced = False
        x, y = self.x + self.dx, self.y + self.dy
        if y < RADIUS or y > HEIGHT - RADIUS:
            y = 2 * RADIUS - y if y < RADIUS else 2 * (HEIGHT - RADIUS) - y
            self.dy = -self.dy
            self.bounced = True
        face = GAP + RADIUS
        if self.dx < 0.0 and self.x >= face > x:
            self._meet(0, y)
        elif self.dx > 0.0 and self.x <= WIDTH - face < x:
            self._meet(1, y)
        else:
            self.x = x
        self.y = y
        if self.x < 0.0:
            self.winner = 1
        elif self.x > WIDTH:
            self.winner = 0

    def _meet(self, seat: int, y: float) -> None:
        """The ball is at a paddle's line: it bounces off if the paddle is there, at an angle that depends on where."""
        face = GAP + RADIUS if seat == 0 else WIDTH - GAP - RADIUS
        off = (y - self.paddles[seat]) / (HALF + RADIUS)
        if not -1.0 <= off <= 1.0:
            self.x += self.dx
            return
        self.speed = min(self.speed * FASTER, FASTEST)
        self.hits += 1
        self.bounced = True
        angle = STEEPEST * off
        level = self.speed * float(np.cos(angle))
        self.dx = level if seat == 0 else -level
        self.dy = self.speed * float(np.sin(angle))
        self.x = face

    def numbers(self, seat: int) -> list[float]:
        """What a seat sees, each as if it sat on the left: the ball, its velocity, both paddles and their speeds."""
        sign = 1.0 if seat == 0 else -1.0
        own, other = self.paddles[seat], self.paddles[1 - seat]
        return [
            sign * (self.x - WIDTH / 2) / (WIDTH / 2),
            (self.y - HEIGHT / 2) / (HEIGHT / 2),
            sign * self.dx / FASTEST,
            self.dy / FASTEST,
            (own - HEIGHT / 2) / (HEIGHT / 2),
            (other - HEIGHT / 2) / (HEIGHT / 2),
            self.speeds[seat] / PACE,
            self.speeds[1 - seat] / PACE,
            (self.y - own) / 2.0,
            (self.y - other) / 2.0,
        ]


NAMES = (
    "ball: across, from the middle",
    "ball: up or down, from the middle",
    "ball: its speed across",
    "ball: its speed up or down",
    "own paddle, from the middle",
    "the other paddle, from the middle",
    "own paddle: its speed",
    "the other paddle: its speed",
    "ball: up or down from the own paddle",
    "ball: up or down from the other paddle",
)
"""What a seat sees."""
NUMBERS = len(NAMES)


class Script:
    """The built-in opponent: follows the ball when it comes, and goes back to the middle when it leaves.

    Args:
        skill: from 0 to 1: how early and how exactly it looks. 1 never looks away.
        rng: draws where it aims after each hit.
    """

    def __init__(self, skill: float, rng: np.random.Generator) -> None:
        self.skill = skill
        self.rng = rng
        self._aim = 0.0
        self._hits = -1

    def act(self, court: Court, seat: int) -> int:
        """The action for this frame."""
        if court.hits != self._hits:
            self._hits = court.hits
            reach = HALF * (0.7 + 1.1 * (1.0 - self.skill))
            self._aim = float(self.rng.uniform(-reach, reach))
        away = court.x if seat == 0 else WIDTH - court.x
        comes = court.dx < 0.0 if seat == 0 else court.dx > 0.0
        looks = comes and away < WIDTH * (0.45 + 0.55 * self.skill)
        target = court.y + self._aim if looks else HEIGHT / 2
        off = target - court.paddles[seat]
        return 1 if abs(off) < 0.15 else 2 if off > 0 else 0


class Rally:
    """One rally of the learner, on the left, against the built-in opponent.

    Args:
        rng: draws the serve, the opponent's skill and its aim.
        skill: the opponent's; drawn from 0.4 to 1 if not given.
    """

    def __init__(self, rng: np.random.Generator, skill: float | None = None) -> None:
        self.court = Court(rng)
        self.script = Script(float(rng.uniform(0.4, 1.0)) if skill is None else skill, rng)

    @property
    def over(self) -> bool:
        return self.court.winner is not None

    def step(self, action: int) -> float:
        """Advance by one frame.

        Returns:
            1 when the learner wins the rally, -1 when it loses it.
        """
        court = self.court
        court.step(action, self.script.act(court, 1))
        return 0.0 if court.winner is None else 1.0 - 2.0 * court.winner

    def numbers(self) -> list[float]:
        """What the learner sees."""
        return self.court.numbers(0)

    def __str__(self) -> str:
        """The court in letters."""
        court = self.court
        rows = [[" "] * 32 for _ in range(9)]
        for column, paddle in ((1, court.paddles[0]), (30, court.paddles[1])):
            for row in range(9):
                if abs(row + 0.5 - paddle) < HALF:
                    rows[row][column] = "|"
        rows[min(max(int(court.y), 0), 8)][min(max(int(2 * court.x), 0), 31)] = "o"
        return "\n".join("".join(row) for row in rows)


def duel() -> Arcade[Rally]:
    """The game to be learned."""
    return Arcade(
        Rally,
        Numbers(Rally.numbers, NUMBERS, names=NAMES),
        name="duel",
        actions=ACTIONS,
        returns=(-1.0, 1.0),
        length=LENGTH,
        repeat=REPEAT,
        final_rewards_only=True,
    )
