"""A player that never gives anything away, in games small enough to be solved."""

from __future__ import annotations

import numpy as np

from myoshu.arena.player import Choice
from myoshu.arena.solver import Solver
from myoshu.game import Game, State

__all__ = ["PerfectPlayer"]


class PerfectPlayer:
    """Plays any of the best moves, chosen at random with equal probability.

    Args:
        solver: a solver to share; if not given, one is created for the game.
        name: the player's name in results.
    """

    def __init__(self, solver: Solver | None = None, name: str = "perfect") -> None:
        self.name = name
        self._solver = solver
        self._solves: Game | None = None
        self._rng = np.random.default_rng(0)

    def new_game(self, game: Game, seat: int, seed: int) -> None:
        """Begin again from the seed.

        Raises:
            MatchError: the game cannot be solved.
        """
        if self._solver is None or (self._solves is not None and self._solves.spec != game.spec):
            self._solver = Solver(game)
        self._solves = game
        self._solver.value(game.new_state(np.random.default_rng(0)))  # solved before the clock runs
        self._rng = np.random.default_rng(seed)

    def choose(self, state: State) -> Choice:
        """Choose one of the best actions.

        Raises:
            MatchError: the game is too large to be solved.
        """
        if self._solver is None:
            raise RuntimeError("choose: expected new_game before it")
        good = self._solver.best_actions(state)
        return Choice(good[int(self._rng.integers(len(good)))], value=self._solver.value(state))

    def observe(self, state: State, action: int) -> None:
        """Do nothing: no moves are remembered."""
