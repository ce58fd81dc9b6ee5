"""The network's targets: positions from the replay, unrolled K steps, as arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from myoshu.spec import ModelSpec, Movers
from myoshu.training.memory.replay import Replay

__all__ = ["Batch", "make_batch"]


@dataclass(frozen=True)
class Batch:
    """B positions, each with the K moves that follow. Column k of the targets is k moves later."""

    observations: NDArray[np.float32]
    """float32 [B, K+1, *observation]: what the mover saw. Valid only where ``alive``."""
    actions: NDArray[np.int64]
    """int64 [B, K]: the actions played; after the end of the game, any action."""
    policies: NDArray[np.float32]
    """float32 [B, K+1, actions]: the improved policy."""
    alive: NDArray[np.float32]
    """float32 [B, K+1]: 1 for a position of the game, 0 after its end."""
    values: NDArray[np.float32]
    """float32 [B, K+1, value_columns], relative to the mover."""
    rewards: NDArray[np.float32]
    """float32 [B, K, reward_columns], relative to the player who acted."""
    turns: NDArray[np.int64]
    """int64 [B, K]: how many seats the turn moved on by each move, in [0, players)."""
    later_step: int
    """The step of the unroll that the consistency loss uses, in [1, K]."""
    known: NDArray[np.float32]
    """float32 [B, K+1]: 1 where what came is known (the game was in progress, or over), 0 after it was cut off."""
    weights: NDArray[np.float32]
    """float32 [B]: the weight of each position in the loss, in (0, 1]."""


def make_batch(
    replay: Replay,
    rows: NDArray[np.int64],
    *,
    model: ModelSpec,
    unroll: int,
    bootstrap_steps: int,
    search_share: float = 0.0,
    rng: np.random.Generator,
    weights: NDArray[np.float32] | None = None,
) -> Batch:
    """The targets of some positions (MuZero, Appendix G).

    The value is the discounted sum of the rewards to the end of the game or, with ``bootstrap_steps`` n > 0, of the
    next n rewards and the search's value of the position after them (the n-step return), see :meth:`Replay.returns`.
    With ``search_share`` s it is 1 − s of that plus s times the value found by the position's own search: outcomes are
    true but noisy, searches agree but may be wrong. If rewards are not predicted (``reward_columns`` 0), the value
    alone carries the outcome.

    The movers are those of the game's record. After the end of a game there are absorbing positions: any action leads
    to the next of them, nothing more is paid. Their value is 0, or the outcome where the value alone carries it.
    Players continue in turn there or, where the next mover is predicted, the turn stays with who moved last: a value
    means nothing without its mover, so the network must have something to predict for these as well. What follows a
    game that was cut off is unknown, and nothing is learned from it.

    Args:
        replay: the games.
        rows: int64 [B] of the replay.
        model: which columns values and rewards have.
        unroll: K.
        bootstrap_steps: n, or 0 for the outcome.
        search_share: s, in [0, 1].
        rng: draws the actions after the end, and ``later_step``.
        weights: float32 [B]: the weight of each position; all 1 if not given.
    """
    players = replay.game.players
    steps = np.arange(unroll + 1)
    remaining = replay.remaining[rows][:, None]
    alive = steps < remaining
    ahead = (rows[:, None] + steps) % replay.capacity
    last = (rows[:, None] + np.minimum(steps, remaining - 1)) % replay.capacity
    movers = replay.movers[last].astype(np.int64)
    if model.movers is Movers.ALTERNATE:
        movers = (movers + steps - np.minimum(steps, remaining - 1)) % players

    values = replay.returns(last, bootstrap_steps)
    if search_share:
        values = (1.0 - search_share) * values + search_share * replay.searched(last)
    after = np.zeros_like(values) if model.reward_columns else replay.rewards[last]
    known = alive | ~replay.truncated[rows][:, None]
    values = np.where(alive[..., None], values, np.where(known[..., None], after, values[:, :1]))
    actions = np.where(
        alive[:, :-1], replay.actions[last[:, :-1]], rng.integers(0, replay.game.actions, (len(rows), unroll))
    )
    rewards = np.where(alive[:, :-1, None], replay.rewards[last[:, :-1]], np.float32(0.0))
    return Batch(
        observations=replay.observations[ahead],
        actions=actions.astype(np.int64),
        policies=np.where(alive[..., None], replay.policies(last), np.float32(0.0)),
        alive=alive.astype(np.float32),
        values=_relative(values, movers, model.value_columns),
        rewards=_relative(rewards, movers[:, :-1], model.reward_columns),
        turns=(movers[:, 1:] - movers[:, :-1]) % players,
        later_step=int(rng.integers(1, unroll + 1)),
        known=known.astype(np.float32),
        weights=np.ones(len(rows), np.float32) if weights is None else weights,
    )


def _relative(numbers: NDArray[np.float32], movers: NDArray[np.int64], columns: int) -> NDArray[np.float32]:
    """From players' columns to those seen from the mover: column i belongs to player (mover + i) mod players."""
    players = numbers.shape[-1]
    order = (movers[..., None] + np.arange(columns)) % players
    return np.take_along_axis(numbers, order, -1)
