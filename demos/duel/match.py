"""A match in progress: whose hands are on the paddles, the rallies, the score; agents decide a few times a second."""

from __future__ import annotations

import dataclasses
import enum

import numpy as np
from rules import ACTIONS, HEIGHT, NUMBERS, REPEAT, Court, Script

from myoshu import Agent, Decision, Limit
from myoshu_engines.pygame.eyes import Numbers, Sight
from myoshu_engines.pygame.player import Player

BUDGET = 0.002
"""Seconds of a frame that agents may think."""
POINTS = 5
"""Points that win a match."""
PAUSE = 50
"""Frames between two rallies."""
STAY = ACTIONS.index("stay")


class Hands(enum.Enum):
    """Who controls a seat."""

    PERSON = "person"
    AGENT = "agent"
    SCRIPT = "built-in opponent"


@dataclasses.dataclass(frozen=True)
class Level:
    """How strongly an agent plays."""

    simulations: int
    """Simulations per decision; 1 is the policy alone."""
    temperature: float
    """How freely it chooses."""
    lapse: float
    """Share of the decisions that it skips, repeating the previous action."""


LEVELS = (
    Level(1, 1.0, 0.70),
    Level(1, 1.0, 0.60),
    Level(1, 1.0, 0.50),
    Level(1, 0.8, 0.40),
    Level(2, 0.7, 0.30),
    Level(4, 0.6, 0.20),
    Level(4, 0.5, 0.12),
    Level(8, 0.3, 0.06),
    Level(8, 0.1, 0.02),
    Level(16, 0.0, 0.0),
)
"""Levels 1 to 10, one trained agent for all."""


class Seat:
    """An agent at a paddle.

    Args:
        agent: the agent that thinks.
        level: how strongly it plays.
        number: 0 on the left, 1 on the right.
        seed: of its random choices.
    """

    def __init__(self, agent: Agent, level: Level, number: int, seed: int) -> None:
        self.number = number
        self.level = level
        self.last: Decision | None = None
        """The latest decision, or None before the first."""
        self.action = STAY
        self._player = Player(agent.new_session(seed=seed, temperature=level.temperature, keep_tree=False))
        self._eye = Numbers(self._see, NUMBERS)
        self._rng = np.random.default_rng(seed)
        self.spent = 0.0
        """Seconds of this frame that went into thinking."""

    def _see(self, court: Court) -> list[float]:
        return court.numbers(self.number)

    def frame(self, court: Court, frame: int) -> int:
        """The action for this frame; a new one every few frames, the two seats alternating."""
        self.spent = 0.0
        if frame % REPEAT == self.number * (REPEAT // 2) and self._rng.random() >= self.level.lapse:
            self._player.think(Sight(self._eye, court).observation(), limit=Limit(simulations=self.level.simulations))
            decision = self._player.step(BUDGET)
            self.spent = self._player.spent
            if decision is None:  # out of time: the best so far
                self._player.hurry()
                decision = self._player.poll()
            if decision is not None:
                self.last, self.action = decision, decision.action
        return self.action

    def close(self) -> None:
        """End all searches."""
        self._player.close()


class Match:
    """Rallies until one side has enough points.

    Args:
        hands: who plays the left seat and the right.
        agent: the agent that plays and gives hints; None if there is none.
        level: of the agents.
        seed: of all chance.
    """

    def __init__(self, hands: tuple[Hands, Hands], agent: Agent | None, level: Level, seed: int) -> None:
        self.hands = hands
        self.seed = seed
        self.score = [0, 0]
        self.frame = 0
        """Frames of this rally."""
        self.rallies = 0
        """Rallies begun so far."""
        self.waits = PAUSE
        """Frames until the ball is served."""
        self.held = [STAY, STAY]
        """The action that each person's keys hold, by seat."""
        self.pointed: list[float | None] = [None, None]
        """Where people point their paddle with a mouse, by seat: a height, or nowhere."""
        self.spent = 0.0
        """Seconds of this frame that went into thinking."""
        self.hinted = False
        """Whether a person is shown what an agent would do."""
        self.seats: dict[int, Seat] = {}
        self.advisers: dict[int, Seat] = {}
        if agent is not None:
            for number, hand in enumerate(hands):
                seats, how = (self.seats, level) if hand is Hands.AGENT else (self.advisers, LEVELS[-1])
                seats[number] = Seat(agent, how, number, 2 * seed + number)
        self._begin()

    @property
    def winner(self) -> int | None:
        """Who has won the match."""
        return next((seat for seat in (0, 1) if self.score[seat] >= POINTS), None)

    def update(self) -> None:
        """Advance by one frame."""
        self.spent = 0.0
        if self.winner is not None:
            return
        if self.waits:
            self.waits -= 1
            if not self.waits and self.court.winner is not None:
                self._begin()
            return
        actions = [self._act(seat) for seat in (0, 1)]
        self.frame += 1
        self.court.step(actions[0], actions[1])
        if self.court.winner is not None:
            self.score[self.court.winner] += 1
            self.waits = PAUSE

    def advice(self, seat: int) -> Decision | None:
        """What an agent would do in a person's place, if asked."""
        adviser = self.advisers.get(seat)
        return adviser.last if self.hinted and adviser is not None else None

    def close(self) -> None:
        """End all searches."""
        for seat in (*self.seats.values(), *self.advisers.values()):
            seat.close()

    def _act(self, number: int) -> int:
        court, hand = self.court, self.hands[number]
        if self.hinted and hand is Hands.PERSON and number in self.advisers:
            self.advisers[number].frame(court, self.frame)
            self.spent += self.advisers[number].spent
        if hand is Hands.AGENT:
            action = self.seats[number].frame(court, self.frame)
            self.spent += self.seats[number].spent
            return action
        if hand is Hands.SCRIPT:
            return self.scripts[number].act(court, number)
        target = self.pointed[number]
        if target is None:
            return self.held[number]
        ahead = target - court.paddles[number] - 2.0 * court.speeds[number]
        return STAY if abs(ahead) < 0.08 else STAY + (1 if ahead > 0.0 else -1)

    def _begin(self) -> None:
        rng = np.random.default_rng([self.seed, self.rallies])
        paddles = self.court.paddles if self.rallies else [HEIGHT / 2, HEIGHT / 2]
        self.court = Court(rng)
        self.court.paddles = list(paddles)
        self.scripts = [Script(1.0, rng), Script(1.0, rng)]
        self.rallies += 1
        self.frame = 0
        self.waits = PAUSE
