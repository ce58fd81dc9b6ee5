"""Targets against a slow, obvious reference."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from tests.unit.training.trajectories import ACTIONS, record, spec

from myoshu.spec import GameSpec, ModelSpec, Movers
from myoshu.training import Trajectory
from myoshu.training.learning.targets import make_batch
from myoshu.training.memory.replay import Replay


def model(game: GameSpec, columns: int, rewards: int) -> ModelSpec:
    return ModelSpec(
        observation=game.observation,
        actions=ACTIONS,
        players=game.players,
        latent=(3,),
        value_columns=columns,
        reward_columns=rewards,
        movers=game.movers,
    )


def reference_mover(game: Trajectory, ply: int, spec: GameSpec) -> int:
    """Who moves; after the end players go on in turn or, where movers are predicted, the last one stays."""
    if ply < len(game):
        return int(game.movers[ply])
    if spec.movers is Movers.PREDICTED:
        return int(game.movers[-1])
    return (int(game.movers[-1]) + 1 + ply - len(game)) % spec.players


def reference_value(
    game: Trajectory, ply: int, spec: GameSpec, columns: int, *, carried: bool, steps: int, discount: float
) -> list[float]:
    """The value's target, written as one would say it."""
    length, players = len(game), spec.players
    mover = reference_mover(game, ply, spec)
    if ply >= length:
        absolute = game.rewards[-1].astype(float) if carried else np.zeros(players)
    else:
        absolute = np.zeros(players)
        for ahead in range(ply, length):
            cut_off = game.truncated and ahead == length - 1
            if game.explored[ahead] or cut_off or (steps and ahead == ply + steps):
                absolute += discount ** (ahead - ply) * game.values[ahead]
                break
            # where the value carries the outcome, it is what the position after the last move is worth
            absolute += discount ** (ahead - ply + int(carried)) * game.rewards[ahead]
    return [float(absolute[(mover + column) % players]) for column in range(columns)]


@settings(deadline=None, max_examples=60)
@given(
    seed=st.integers(0, 10**6),
    players=st.integers(1, 4),
    final=st.booleans(),
    zero_sum=st.booleans(),
    movers=st.sampled_from(Movers),
    steps=st.integers(0, 5),
    unroll=st.integers(1, 5),
    discount=st.sampled_from([1.0, 0.9]),
    capacity=st.sampled_from([7, 23, 200]),
)
def test_targets_equal_the_reference(
    seed: int,
    players: int,
    final: bool,
    zero_sum: bool,
    movers: Movers,
    steps: int,
    unroll: int,
    discount: float,
    capacity: int,
) -> None:
    rng = np.random.default_rng(seed)
    game = spec(players, final=final, zero_sum=zero_sum and players == 2, movers=movers)
    columns = 1 if game.zero_sum else players
    rewards = 0 if final else columns
    games = [record(rng, game, int(rng.integers(1, 9)), mark) for mark in range(8)]
    replay = Replay(game, capacity, discount)
    share = int(rng.integers(len(games) + 1))
    replay.add(games[:share])
    for played in games[share:]:
        replay.add([played])
    rows = rng.permutation(len(replay))
    batch = make_batch(replay, rows, model=model(game, columns, rewards), unroll=unroll, bootstrap_steps=steps, rng=rng)
    for index in range(len(rows)):
        played = games[int(batch.observations[index, 0, 0, 0])]
        start = int(batch.observations[index, 0, 1, 1])
        for k in range(unroll + 1):
            ply = start + k
            assert batch.known[index, k] == (ply < len(played) or not played.truncated)
            if batch.known[index, k]:
                wanted = reference_value(played, ply, game, columns, carried=final, steps=steps, discount=discount)
                np.testing.assert_allclose(batch.values[index, k], wanted, atol=1e-5)
            assert batch.alive[index, k] == (ply < len(played))
            if ply < len(played):
                np.testing.assert_array_equal(batch.observations[index, k], played.observations[ply])
            policy = played.policies[ply] if ply < len(played) else np.zeros(ACTIONS)
            np.testing.assert_array_equal(batch.policies[index, k], policy)
            if k == unroll:
                continue
            assert 0 <= batch.actions[index, k] < ACTIONS
            seats = reference_mover(played, ply + 1, game) - reference_mover(played, ply, game)
            assert batch.turns[index, k] == seats % players
            if ply < len(played):
                assert batch.actions[index, k] == played.actions[ply]
                mover = int(played.movers[ply])
                paid = [played.rewards[ply, (mover + column) % players] for column in range(rewards)]
                np.testing.assert_array_equal(batch.rewards[index, k], paid)
            else:
                assert not batch.rewards[index, k].any()
    assert 1 <= batch.later_step <= unroll


def test_a_share_of_the_value_is_what_the_search_found() -> None:
    game = spec(2, final=True, zero_sum=True)
    rng = np.random.default_rng(0)
    played = record(rng, game, 5, 0)
    replay = Replay(game, 10)
    replay.add([played])

    def values(share: float) -> NDArray[np.float32]:
        return make_batch(
            replay,
            np.arange(5),
            model=model(game, 1, 1),
            unroll=1,
            bootstrap_steps=0,
            search_share=share,
            rng=np.random.default_rng(1),
        ).values

    outcome, searched, mixed = values(0.0), values(1.0), values(0.25)
    movers = played.movers.astype(np.int64)
    np.testing.assert_allclose(searched[:, 0, 0], played.values[np.arange(5), movers], atol=1e-6)
    np.testing.assert_allclose(mixed, 0.75 * outcome + 0.25 * searched, atol=1e-6)
    assert not np.allclose(outcome[:, 0], searched[:, 0])
    np.testing.assert_array_equal(searched[4, 1], outcome[4, 1])
