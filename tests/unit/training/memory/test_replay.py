"""What the replay remembers, draws and forgets."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.unit.training.trajectories import ACTIONS, record, spec

from myoshu.errors import ArgumentError, TrainingError
from myoshu.training import Trajectory
from myoshu.training.memory.replay import Replay
from myoshu.training.playing.reanalysis import Targets


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
