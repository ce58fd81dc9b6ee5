"""A player that chooses among the legal actions with equal probability."""

from __future__ import annotations

import numpy as np

from myoshu.arena.player import Choice
from myoshu.game import Game, State

__all__ = ["RandomPlayer"]


class RandomPlayer:
    """Plays uniformly at random, in any game."""

    def __init__(self, name: str = "random") -> None:
        self.name = name
        self._rng = np.random.default_rng(0)

    def new_game(self, game: Game, seat: int, seed: int) -> None:
        """Begin again from the seed."""
        self._rng = np.random.default_rng(seed)

    def choose(self, state: State) -> Choice:
        """Choose any legal action."""
        legal = state.legal_actions()
        return Choice(legal[int(self._rng.integers(len(legal)))])

    def observe(self, state: State, action: int) -> None:
        """Do nothing: no moves are remembered."""
