"""Games of random numbers that keep the rules of a trajectory."""

from __future__ import annotations

import numpy as np

from myoshu.spec import GameSpec, Movers
from myoshu.training import Trajectory

ACTIONS = 4


def spec(players: int, *, final: bool, zero_sum: bool = False, movers: Movers = Movers.ALTERNATE) -> GameSpec:
    return GameSpec(
        name="x",
        players=players,
        actions=ACTIONS,
        observation=(2, 2),
        returns=(-9.0, 9.0),
        zero_sum=zero_sum,
        movers=movers,
        final_rewards_only=final,
    )


def record(rng: np.random.Generator, game: GameSpec, length: int, mark: int) -> Trajectory:
    rewards = rng.integers(-3, 4, (length, game.players)).astype(np.float32)
    if game.zero_sum:
        rewards[:, 1] = -rewards[:, 0]
    if game.final_rewards_only:
        rewards[:-1] = 0
    movers = (int(rng.integers(game.players)) + np.arange(length)) % game.players
    if game.movers is Movers.PREDICTED:
        movers = rng.integers(0, game.players, length)
    observations = np.zeros((length, 2, 2), np.float32)
    observations[:, 0, 0], observations[:, 1, 1] = mark, np.arange(length)
    return Trajectory(
        observations=observations,
        actions=rng.integers(0, ACTIONS, length).astype(np.int32),
        rewards=rewards,
        movers=movers.astype(np.int32),
        legal=rng.random((length, ACTIONS)) < 0.7,
        policies=rng.dirichlet(np.ones(ACTIONS), length).astype(np.float32),
        values=rng.normal(size=(length, game.players)).astype(np.float32),
        explored=rng.random(length) < 0.2,
        truncated=bool(rng.random() < 0.3),
        seed=int(rng.integers(1 << 62)),
        opening=tuple(rng.integers(0, ACTIONS, 2).tolist()),
    )
