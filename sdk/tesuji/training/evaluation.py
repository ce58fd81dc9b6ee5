"""A small check of strength while a run goes on: greedy play against random play. Knows no torch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tesuji.game import Game, State
from tesuji.runtime.planner import Planner

__all__ = ["Evaluation", "play_random"]


@dataclass(frozen=True)
class Evaluation:
    """What came of some games."""

    games: int
    """How many games."""
    wins: int
    """Games in which the agent was paid more than each other player; with one player, 0."""
    losses: int
    """Games in which another player was paid more than the agent."""
    opponents: int
    """Other players in a game."""
    mean_return: float
    """What the agent was paid in a game, on average."""

    @property
    def draws(self) -> int:
        """Games in which nobody was paid more than the agent, and somebody as much."""
        return self.games - self.wins - self.losses

    @property
    def score(self) -> float:
        """Wins plus half the draws, as a share of the games."""
        return (self.wins + 0.5 * self.draws) / self.games

    def __str__(self) -> str:
        if not self.opponents:
            return f"return {self.mean_return:+.2f} on average"
        return f"{self.wins}/{self.draws}/{self.losses} against random (won/drawn/lost), return {self.mean_return:+.2f}"


def play_random(game: Game, planner: Planner, games: int, *, seed: int) -> Evaluation:
    """Play games side by side against players who choose evenly among their legal actions.

    The agent takes each seat in turn. It searches without noise, with the planner's own settings and simulations.

    Args:
        game: the rules.
        planner: the agent, with at least ``games`` slots.
        games: how many.
        seed: of the games and of the other players.
    """
    rng = np.random.default_rng(seed)
    spec = game.spec
    states = [game.new_state(np.random.default_rng(int(rng.integers(1 << 62)))) for _ in range(games)]
    seats = [index % spec.players for index in range(games)]
    returns = np.zeros((games, spec.players))
    going = [index for index in range(games) if not states[index].is_terminal()]
    while going:
        thinking = [index for index in going if states[index].to_play() == seats[index]]
        chosen = dict(zip(thinking, _search(game, planner, [states[index] for index in thinking]), strict=True))
        for index in going:
            state = states[index]
            if index not in chosen:
                legal = state.legal_actions()
                chosen[index] = int(legal[int(rng.integers(len(legal)))])
            returns[index] += state.apply(chosen[index])
        going = [index for index in going if not states[index].is_terminal()]
    own = returns[np.arange(games), seats]
    others = returns.copy()
    others[np.arange(games), seats] = -np.inf
    best = others.max(-1) if spec.players > 1 else own
    return Evaluation(games, int((own > best).sum()), int((own < best).sum()), spec.players - 1, float(own.mean()))


def _search(game: Game, planner: Planner, states: list[State]) -> list[int]:
    if not states:
        return []
    legal = np.zeros((len(states), game.spec.actions), np.bool_)
    for row, state in zip(legal, states, strict=True):
        row[list(state.legal_actions())] = True
    slots = np.arange(len(states))
    planner.open(
        slots,
        np.stack([state.observation() for state in states]),
        legal=legal,
        to_play=np.array([state.to_play() for state in states], np.int32),
    )
    planner.run()
    return [int(action) for action in planner.results(slots).action]
