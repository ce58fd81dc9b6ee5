"""Opponents that keep what they see, or do something when it is their turn."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from myoshu.game import Game, State
from myoshu.training.strength.opponents import RandomOpponent


class Watcher(RandomOpponent):
    """Random play that keeps what it saw first of each game."""

    name = "watcher"

    def __init__(self, then: Callable[[int], object] = lambda moves: None) -> None:
        self.seen: list[str] = []
        self.then = then

    def choose(self, game: Game, states: Sequence[State], rng: np.random.Generator) -> Sequence[int]:
        self.seen += [str(state) for state in states]
        self.then(len(states))
        return super().choose(game, states, rng)


class Resigner(RandomOpponent):
    """Plays so as to lose at tic-tac-toe, more often than not: the last square that is free."""

    name = "resigner"

    def choose(self, game: Game, states: Sequence[State], rng: np.random.Generator) -> Sequence[int]:
        return [state.legal_actions()[-1] for state in states]


class Moody(RandomOpponent):
    """Random play that does something else first, from its Nth move on."""

    name = "moody"

    def __init__(self, what: Callable[[], object], after: int = 0) -> None:
        self.what, self.left, self.calls = what, after, 0

    def choose(self, game: Game, states: Sequence[State], rng: np.random.Generator) -> Sequence[int]:
        self.calls += 1
        self.left -= 1
        if self.left < 0:
            self.what()
        return super().choose(game, states, rng)
