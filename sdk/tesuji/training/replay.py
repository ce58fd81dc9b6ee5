"""What is remembered of the games: a ring of the latest positions."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tesuji.errors import ArgumentError, TrainingError
from tesuji.spec import GameSpec
from tesuji.training.trajectory import Trajectory

__all__ = ["Replay"]


class Replay:
    """The latest ``capacity`` positions, game after game, each with how far its game's end is.

    All that is ever asked of a position lies ahead of it in its game, so old positions are simply written over: what is
    left of a game that is half gone is as good as before. Arrays (row = position)::

        observations float32 [capacity, *observation]     actions int32 [capacity]      movers int32 [capacity]
        policies     float32 [capacity, actions]          rewards float32 [capacity, players]
        values       float32 [capacity, players]          outcomes float32 [capacity, players]
        remaining    int32 [capacity]: moves until the game's end, at least 1

    ``outcomes`` is what each player was paid from here to the end, discounted; where rewards come only at the end, the
    position after the last move has the outcome as its value, and each move before it discounts it once more. Where the
    next move was drawn at random, what came of it says little about the position: there, and before, the search's value
    of the position stands in for it. Rows follow each other around the end of the arrays.
    """

    def __init__(self, game: GameSpec, capacity: int, discount: float = 1.0) -> None:
        if capacity < 1:
            raise ArgumentError(f"capacity: expected at least 1 position, got {capacity}")
        self.game = game
        self.capacity = capacity
        self.discount = discount
        self.added = 0
        """Positions ever added; the next is written to row ``added % capacity``."""
        self.games = 0
        """Games ever added."""
        self.observations = np.zeros((capacity, *game.observation), np.float32)
        self.actions = np.zeros(capacity, np.int32)
        self.movers = np.zeros(capacity, np.int32)
        self.policies = np.zeros((capacity, game.actions), np.float32)
        self.rewards = np.zeros((capacity, game.players), np.float32)
        self.values = np.zeros((capacity, game.players), np.float32)
        self.outcomes = np.zeros((capacity, game.players), np.float32)
        self.remaining = np.zeros(capacity, np.int32)

    def __len__(self) -> int:
        return min(self.added, self.capacity)

    def add(self, record: Trajectory) -> None:
        """Remember a game.

        Raises:
            TrainingError: the game paid a player more or less than its spec allows, or is of another shape.
        """
        length = len(record)
        if record.observations.shape != (length, *self.game.observation) or not length:
            raise TrainingError(
                f"trajectory: expected observations [T, {', '.join(map(str, self.game.observation))}], "
                f"got {list(record.observations.shape)}"
            )
        if self.game.final_rewards_only and record.rewards[:-1].any():
            raise TrainingError("trajectory: expected no reward before the end (spec.final_rewards_only), got one")
        outcomes = np.empty((length, self.game.players), np.float32)
        rest = np.zeros(self.game.players)
        late = self.discount if self.game.final_rewards_only else 1.0
        for ply in range(length - 1, -1, -1):
            rest = record.values[ply] if record.explored[ply] else late * record.rewards[ply] + self.discount * rest
            outcomes[ply] = rest
        skip = max(0, length - self.capacity)
        rows = (self.added + np.arange(skip, length)) % self.capacity
        self.observations[rows] = record.observations[skip:]
        self.actions[rows] = record.actions[skip:]
        self.movers[rows] = record.movers[skip:]
        self.policies[rows] = record.policies[skip:]
        self.rewards[rows] = record.rewards[skip:]
        self.values[rows] = record.values[skip:]
        self.outcomes[rows] = outcomes[skip:]
        self.remaining[rows] = np.arange(length, 0, -1)[skip:]
        self.added += length
        self.games += 1

    def sample(self, batch: int, rng: np.random.Generator) -> NDArray[np.int64]:
        """Rows drawn evenly, with replacement: int64 [batch].

        Raises:
            TrainingError: nothing was added yet.
        """
        if not len(self):
            raise TrainingError("replay: expected at least 1 position to sample from, got none")
        return rng.integers(0, len(self), batch)

    def state(self) -> dict[str, NDArray[Any]]:
        """Everything remembered, to be saved: copies of the rows in use."""
        used = len(self)
        arrays = {name: getattr(self, name)[:used].copy() for name in _ARRAYS}
        return {**arrays, "counts": np.array([self.added, self.games], np.int64)}

    def restore(self, state: dict[str, NDArray[Any]]) -> None:
        """Go on from what :meth:`state` returned.

        Raises:
            TrainingError: it does not fit this replay.
        """
        added, games = (int(count) for count in state["counts"])
        used = min(added, self.capacity)
        for name in _ARRAYS:
            array, saved = getattr(self, name), state[name]
            if saved.shape != (used, *array.shape[1:]):
                raise TrainingError(
                    f"checkpoint.replay.{name}: expected shape {[used, *array.shape[1:]]}, got {list(saved.shape)}"
                )
            array[:used] = saved
        self.added, self.games = added, games


_ARRAYS = ("observations", "actions", "movers", "policies", "rewards", "values", "outcomes", "remaining")
