"""The returns of random play in a game of one player, for comparison with an agent's. Knows no torch."""

from __future__ import annotations

import math
import time

import numpy as np

from myoshu.game import Game

__all__ = ["random_returns"]

MOVES = 100_000
"""Moves in all games together, after which no more are played."""


def random_returns(game: Game, games: int, rng: np.random.Generator, seconds: float = math.inf) -> tuple[float, ...]:
    """Play games by random legal moves, one at a time.

    Args:
        game: a game of one player.
        games: the number of games.
        rng: generator for the moves and the games' chance.
        seconds: about how long they may take together.

    Returns:
        The return of each game. Games that raised an error, or that would have taken too long, are left out.
    """
    begin, moves = time.perf_counter(), 0
    returns: list[float] = []
    for _ in range(games):
        paid, over = 0.0, False
        try:
            state = game.new_state(np.random.default_rng(int(rng.integers(1 << 62))))
            while not (over := state.is_terminal()) and moves < MOVES and time.perf_counter() - begin < seconds:
                legal = state.legal_actions()
                paid += float(state.apply(int(legal[int(rng.integers(len(legal)))]))[0])
                moves += 1
        except Exception:  # noqa: BLE001 -- user code may raise anything; self-play reports such games
            continue
        if not over:
            break
        if math.isfinite(paid):
            returns.append(paid)
    return tuple(returns)
