"""Which actions an environment says are legal."""

from __future__ import annotations

import gymnasium
import numpy as np
import pytest
from tests.unit.engines.gymnasium.environments import gym

from myoshu.errors import GameError, IllegalActionError


def test_a_mask_of_actions_is_kept() -> None:
    state = gym("Taxi-v4").new_state(np.random.default_rng(0))
    environment = gymnasium.make("Taxi-v4")
    _, info = environment.reset(seed=int(np.random.default_rng(0).integers(1 << 31)))
    choice = np.random.default_rng(1)
    fewer = 0
    while not state.is_terminal():
        assert list(state.legal_actions()) == info["action_mask"].nonzero()[0].tolist()
        illegal = sorted(set(range(6)) - set(state.legal_actions()))
        fewer += bool(illegal)
        if illegal:
            with pytest.raises(IllegalActionError, match=f"got {illegal[0]}"):
                state.apply(illegal[0])
        action = int(choice.choice(state.legal_actions()))
        reward = state.apply(action)
        _, expected, _, _, info = environment.step(action)
        assert reward.tolist() == [expected]
    environment.close()
    assert fewer > 50


def test_masks_of_choices_allow_their_combinations() -> None:
    game = gym("Unequal-v0")
    state = game.new_state(np.random.default_rng(0))
    names = [game.action_name(state, action) for action in state.legal_actions()]
    assert names == ["(1, 1)", "(2, 1)"]
    with pytest.raises(
        GameError, match=r"action_mask: expected shape \(6,\), or a mask for each of its choices \(3, 2\), got"
    ):
        gym("Unequal-v0(lengths=(3, 4))")


@pytest.mark.parametrize("told", ["branches", "list", "row", "all"])
def test_choices_may_have_a_mask_each(told: str) -> None:
    """Numbered with the last choice changing fastest: (0, 1) and (2, 1) of three by two."""
    assert list(gym(f"Branches-v0(told='{told}')").new_state(np.random.default_rng(0)).legal_actions()) == [1, 5]


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ("odd", r"action_mask: expected shape \(6,\), or a mask for each of its choices \(3, 2\), got 2 parts of diff"),
        ("other branches", r"action_mask: expected shape \(6,\), or a mask for each of its choices \(3, 2\), got 2 p"),
        ("none left", "action_mask: expected a legal action before the game's end, got none"),
    ],
)
def test_masks_of_choices_that_do_not_fit_are_one_clear_error(told: str, message: str) -> None:
    with pytest.raises(GameError, match=message):
        gym(f"Branches-v0(told='{told}')")
