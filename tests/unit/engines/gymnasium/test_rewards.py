"""Bounds on what a game can pay."""

from __future__ import annotations

from myoshu_engines.gymnasium.rewards import Rewards


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
