"""Targets against a slow, obvious reference; what the replay remembers and forgets."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from myoshu.errors import ArgumentError, TrainingError
from myoshu.spec import GameSpec, ModelSpec, Movers
from myoshu.training import Trajectory
from myoshu.training.learning.targets import make_batch
from myoshu.training.memory.replay import Replay
from myoshu.training.memory.trajectory import pack_trajectories, unpack_trajectories
from myoshu.training.playing.reanalysis import Targets

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


def test_the_oldest_positions_are_forgotten_first() -> None:
    game = spec(2, final=True, zero_sum=True)
    rng = np.random.default_rng(0)
    replay = Replay(game, 10)
    for mark in range(3):
        replay.add([record(rng, game, 4, mark)])
    assert (len(replay), replay.added, replay.games) == (10, 12, 3)
    seen = {(int(observation[0, 0]), int(observation[1, 1])) for observation in replay.observations}
    assert seen == {(0, 2), (0, 3), *((mark, ply) for mark in (1, 2) for ply in range(4))}
    replay.add([record(rng, game, 25, 9)])
    assert {int(observation[1, 1]) for observation in replay.observations} == set(range(15, 25))
    assert sorted(replay.remaining) == list(range(1, 11))


def test_sampling_covers_all_positions_evenly() -> None:
    game = spec(2, final=True, zero_sum=True)
    rng = np.random.default_rng(0)
    replay = Replay(game, 50)
    with pytest.raises(TrainingError, match="expected at least 1 position"):
        replay.sample(3, rng)
    for mark in range(5):
        replay.add([record(rng, game, 4, mark)])
    drawn = replay.sample(20_000, rng)
    counts = np.bincount(drawn.rows, minlength=20)
    assert (drawn.weights == 1).all()
    assert counts.shape == (20,)
    assert counts.min() > 800


def test_what_is_saved_is_restored() -> None:
    game = spec(3, final=False)
    rng = np.random.default_rng(1)
    replay, other = Replay(game, 10, 0.9), Replay(game, 10, 0.9)
    for mark in range(3):
        replay.add([record(rng, game, 4, mark)])
    other.restore(replay.state())
    for name, array in replay.state().items():
        np.testing.assert_array_equal(array, other.state()[name])
    later = record(rng, game, 5, 7)
    replay.add([later])
    other.add([later])
    np.testing.assert_array_equal(replay.observations, other.observations)
    with pytest.raises(TrainingError, match=r"checkpoint.replay.observations: expected shape \[4, 2, 2\]"):
        Replay(game, 4).restore(replay.state())


def test_trajectories_that_do_not_fit_are_refused() -> None:
    game = spec(2, final=True, zero_sum=True)
    rng = np.random.default_rng(0)
    replay = Replay(game, 10)
    played = record(rng, game, 4, 0)
    with pytest.raises(TrainingError, match=r"expected observations \[T, 2, 2\]"):
        replay.add([Trajectory(**{**vars(played), "observations": np.zeros((4, 3), np.float32)})])
    with pytest.raises(TrainingError, match="expected no reward before the end"):
        replay.add([Trajectory(**{**vars(played), "rewards": np.ones((4, 2), np.float32)})])
    paid = np.zeros((4, 2), np.float32)
    paid[-1] = 10, -10
    moves = [*played.opening, *played.actions[:3].tolist()]
    message = re.escape(
        f"(spec.returns [-9.0, 9.0]), got -10 for player 1 (a game of seed {played.seed}, after the moves {moves})"
    )
    with pytest.raises(TrainingError, match=f"x: reward: expected numbers from -9 to 9 {message}"):
        replay.add(
            [
                record(rng, game, 3, 0),
                Trajectory(**{**vars(played), "rewards": paid, "truncated": False, "explored": np.zeros(4, bool)}),
            ]
        )
    several = spec(2, final=False)
    paid[1] = 19, -19
    with pytest.raises(
        TrainingError, match=r"x: reward: expected numbers from -18 to 18 .* got -19 for player 1 \(a game of"
    ):
        Replay(several, 10).add([record(rng, several, 3, 0), Trajectory(**{**vars(played), "rewards": paid})])
    with pytest.raises(ArgumentError, match="capacity"):
        Replay(game, 0)


def test_trajectories_survive_the_pipe() -> None:
    rng = np.random.default_rng(2)
    game = spec(3, final=False)
    games = [record(rng, game, length, length) for length in (3, 1, 8)]
    packed = pack_trajectories(games)
    for before, after in zip(games, unpack_trajectories(packed), strict=True):
        for name, value in vars(before).items():
            other = getattr(after, name)
            assert type(other) is type(value)
            assert getattr(other, "dtype", None) == getattr(value, "dtype", None)
            np.testing.assert_array_equal(other, value)
    for damaged in (b"", packed[:-3], packed[:40], b"\x80", packed.replace(b"actions", b"actionz")):
        with pytest.raises(TrainingError, match="damaged bytes"):
            unpack_trajectories(damaged)


def test_positions_whose_value_surprises_are_drawn_more_often() -> None:
    game = spec(2, final=True, zero_sum=True)
    rng = np.random.default_rng(3)
    replay = Replay(game, 10, priority_exponent=0.5, importance_exponent=0.7)
    for mark in range(3):
        replay.add([record(rng, game, 4, mark)])
    rows = np.arange(10)

    def expected() -> NDArray[np.float64]:
        errors = np.abs(replay.values - replay.returns(rows)).mean(-1).astype(float)
        return np.asarray((errors / 18 + 0.01) ** 0.5)

    def compare(wanted: NDArray[np.float64]) -> None:
        chances = wanted / wanted.sum()
        drawn = replay.sample(50_000, rng)
        np.testing.assert_allclose(np.bincount(drawn.rows, minlength=10) / 50_000, chances, atol=0.01)
        weights = (10 * chances) ** -0.7
        np.testing.assert_allclose(drawn.weights, (weights / weights.max())[drawn.rows], rtol=1e-5)

    compare(expected())
    replay.add([record(rng, game, 3, 9)])
    compare(expected())
    learned = expected()
    replay.learned(np.array([2, 7]), np.array([9.0, 0.0], np.float32))
    learned[[2, 7]] = (9 / 18 + 0.01) ** 0.5, 0.01**0.5
    compare(learned)
    replay.renew(
        Targets(
            replay.positions(np.array([7])).serials,
            np.full((1, ACTIONS), 0.25, np.float32),
            np.full((1, 2), 5, np.float32),
        )
    )
    learned[7] = expected()[7]
    compare(learned)
    other = Replay(game, 10, priority_exponent=0.5, importance_exponent=0.7)
    other.restore(replay.state())
    for one, two in zip(
        vars(replay.sample(99, np.random.default_rng(5))).values(),
        vars(other.sample(99, np.random.default_rng(5))).values(),
        strict=True,
    ):
        np.testing.assert_array_equal(one, two)


def test_fresh_targets_replace_old_ones_of_positions_that_are_still_there() -> None:
    game = spec(2, final=True, zero_sum=True)
    rng = np.random.default_rng(4)
    replay = Replay(game, 6)
    first = replace(record(rng, game, 6, 0), truncated=False, explored=np.array([0, 0, 0, 1, 0, 0], np.bool_))
    replay.add([first])
    positions = replay.positions(np.arange(6))
    np.testing.assert_array_equal(positions.legal, first.legal)
    np.testing.assert_array_equal(positions.movers, first.movers)
    np.testing.assert_array_equal(positions.observations, first.observations)
    outcome = replay.returns(np.array([5]))[0]
    replay.add([record(rng, game, 2, 1)])
    np.testing.assert_array_equal(replay.positions(np.arange(6)).serials, [6, 7, 2, 3, 4, 5])
    policies = rng.dirichlet(np.ones(ACTIONS), 6).astype(np.float32)
    values = np.arange(12, dtype=np.float32).reshape(6, 2) / 2
    before = replay.policies(np.arange(2))
    replay.renew(Targets(positions.serials, policies, values))
    np.testing.assert_array_equal(replay.policies(np.arange(2)), before)
    np.testing.assert_array_equal(replay.policies(np.arange(2, 6)), policies[2:])
    # the fresh value stands in for what came after the move that was drawn at random; elsewhere outcomes stay
    np.testing.assert_array_equal(replay.returns(np.array([2, 3, 4, 5])), [values[3], values[3], outcome, outcome])
    assert replay.renewed == 4


def test_what_rests_on_a_search_stays_within_what_a_value_can_be() -> None:
    game = spec(1, final=False)
    rng = np.random.default_rng(5)
    replay = Replay(game, 10)
    rewards = np.full((4, 1), 3.0, np.float32)
    replay.add(
        [
            replace(
                record(rng, game, 4, 0),
                rewards=rewards,
                values=np.full((4, 1), 17.0, np.float32),
                explored=np.zeros(4, np.bool_),
                truncated=True,
            )
        ]
    )
    assert replay.returns(np.arange(4)).tolist() == [[18.0], [18.0], [18.0], [17.0]]
    assert replay.returns(np.arange(4), 1).tolist() == [[18.0], [18.0], [18.0], [17.0]]
