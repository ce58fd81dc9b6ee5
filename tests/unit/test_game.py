"""Playing in many states at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from demos.three_in_a_row import ThreeInARow

from myoshu.errors import IllegalActionError
from myoshu.game import apply_all, new_states


class AtOnce(ThreeInARow):
    calls = 0

    def apply_all(self, states: Sequence[Any], actions: Sequence[int]) -> list[Any]:
        self.calls += 1
        return [state.apply(action) for state, action in zip(states, actions, strict=True)]


def test_each_state_gets_its_action_and_an_error_stays_its_own() -> None:
    game = ThreeInARow()
    states = [game.new_state(np.random.default_rng(0)) for _ in range(3)]
    outcomes = apply_all(game, states, [4, 99, 5])
    assert isinstance(outcomes[1], IllegalActionError)
    assert [state.to_play() for state in states] == [1, 0, 1]


def test_a_game_that_can_do_it_at_once_is_asked_to() -> None:
    game = AtOnce()
    states = [game.new_state(np.random.default_rng(0)) for _ in range(3)]
    assert len(apply_all(game, states, [0, 1, 2])) == 3
    assert game.calls == 1


class BegunAtOnce(ThreeInARow):
    def new_states(self, rngs: Sequence[np.random.Generator]) -> list[Any]:
        return [self.new_state(rng) for rng in rngs[1:]] + [ValueError("no dice")]


class Unlucky(ThreeInARow):
    def new_state(self, rng: np.random.Generator) -> Any:
        if rng.integers(1000) == np.random.default_rng(1).integers(1000):
            raise ValueError("no dice")
        return super().new_state(rng)


@pytest.mark.parametrize(("game", "fails"), [(BegunAtOnce(), 2), (Unlucky(), 1)])
def test_games_begin_together_and_an_error_stays_its_own(game: ThreeInARow, fails: int) -> None:
    begun = new_states(game, [np.random.default_rng(seed) for seed in range(3)])
    assert [isinstance(state, ValueError) for state in begun] == [row == fails for row in range(3)]
