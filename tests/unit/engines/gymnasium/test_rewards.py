"""Bounds on what a game can pay."""

from __future__ import annotations

import numpy as np
import pytest
from tests.unit.engines.gymnasium.environments import gym, play_left

from myoshu.errors import GameError
from myoshu_engines.gymnasium.game import DEFAULT_LENGTH
from myoshu_engines.gymnasium.rewards import Rewards


@pytest.mark.parametrize(
    ("name", "returns", "max_length", "final"),
    [
        ("FrozenLake-v1", (0.0, 1.0), 100, True),
        ("FrozenLake8x8-v1", (0.0, 1.0), 200, True),  # random play hardly ever gets there
        ("FrozenLake-v1(reward_schedule=(5, -1, 0))", (-1.0, 5.0), 100, True),
        ("FrozenLake-v1(reward_schedule=(5, -1, -2))", (-200.0, 5.0), 100, False),
        ("Taxi-v4", (-2000.0, 20.0), 200, False),
        ("CliffWalking-v1", (-100.0 * DEFAULT_LENGTH, -1.0), DEFAULT_LENGTH, False),
        ("MountainCar-v0", (-200.0, -1.0), 200, False),
        ("CartPole-v1(max_length=10)", (1.0, 10.0), 10, False),  # its threshold is meant for the whole length
        ("CartPole-v1(max_length=2000)", (1.0, 2000.0), 2000, False),
        ("CartPole-v1(returns=(-1, 600.5))", (-1.0, 600.5), 500, False),
        ("Pays-v0", (-1.0, 1.0), DEFAULT_LENGTH, False),  # nothing was ever paid
    ],
)
def test_bounds_of_the_returns_and_of_the_length(
    name: str, returns: tuple[float, float], max_length: int, final: bool
) -> None:
    spec = gym(name).spec
    assert (spec.returns, spec.max_length, spec.final_rewards_only) == (returns, max_length, final)


def test_continuous_rewards_leave_room_for_what_was_not_seen() -> None:
    low, high = gym("Walk-v0").spec.returns
    assert low < 0
    assert high > 40


def test_a_return_outside_the_estimate_says_what_to_give() -> None:
    state = gym("Pays-v0").new_state(np.random.default_rng(0))
    for _ in range(19):
        state.apply(1)
    with pytest.raises(GameError, match=r"rewards of 5, outside .* estimated .* as returns=\(-1, 5\)"):
        state.apply(1)
    wide = gym("Pays-v0(returns=(0, 5))")
    state = wide.new_state(np.random.default_rng(0))
    assert [state.apply(1).tolist() for _ in range(20)] == [[0.0]] * 19 + [[5.0]]
    narrow = gym("CartPole-v1(returns=(0, 3))").new_state(np.random.default_rng(0))
    with pytest.raises(GameError, match=r"outside the bounds \[0, 3\] given in the game string"):
        play_left(narrow)


def test_rewards_by_hand() -> None:
    rewards = Rewards()
    rewards.add(-1.0, ends=False)
    assert rewards.bounds(10) == (-10.0, -1.0)
    rewards.add(7.0, ends=True)
    assert rewards.bounds(10) == (-10.0, 7.0)
    assert rewards.bounds(10, threshold=9) == (-10.0, 9.0)
    assert not rewards.only_at_the_end
    rewards.add_table({0: "no table"})
    rewards.add_table([1, 2])
    assert not rewards.complete
    silent = Rewards()
    silent.add_table({0: {0: [(1.0, 0, 0.0, False), (0.5, 1, 3, True)]}})
    assert silent.only_at_the_end
    assert silent.bounds(100) == (0.0, 3.0)
