"""A position of an environment: moves, ends, chance, and how it is shown."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
import pytest
from tests.unit.engines.gymnasium.environments import gym, play_left

from myoshu.errors import IllegalActionError
from myoshu_engines.gymnasium.state import GymnasiumState


def test_a_cut_is_told_from_an_end() -> None:
    short = gym("CartPole-v1(max_length=3)").new_state(np.random.default_rng(0))
    for action in (0, 1):
        short.apply(action)
        assert (short.is_terminal(), short.truncated) == (False, False)
    short.apply(0)
    assert (short.is_terminal(), short.truncated) == (True, True)
    assert short.clone().truncated
    assert list(short.legal_actions()) == []
    fallen = gym("CartPole-v1").new_state(np.random.default_rng(0))
    play_left(fallen)
    assert not fallen.truncated


@pytest.mark.parametrize("action", [2, -1, 10**30, 1.5, "1", None])
def test_an_illegal_action_changes_nothing(action: object) -> None:
    state = gym("CartPole-v1").new_state(np.random.default_rng(0))
    state.apply(1)
    before = str(state), state.key(), list(state.legal_actions())
    with pytest.raises(IllegalActionError, match="expected"):
        state.apply(action)  # type: ignore[arg-type]  # what a wrong program does
    assert (str(state), state.key(), list(state.legal_actions())) == before


def test_an_action_may_be_a_numpy_integer_and_a_finished_game_takes_none() -> None:
    state = gym("CartPole-v1(max_length=1)").new_state(np.random.default_rng(0))
    state.apply(np.int64(1))  # type: ignore[arg-type]  # works as an int does
    with pytest.raises(IllegalActionError, match="the game is over"):
        state.apply(0)


def test_chance_comes_from_the_generator_alone() -> None:
    game = gym("FrozenLake-v1")

    def play(generator: np.random.Generator) -> tuple[list[str], object]:
        state = game.new_state(generator)
        drawn = [str(state)]
        while not state.is_terminal():
            state.apply(2)
            drawn.append(str(state))
        return drawn, state.key()

    assert play(np.random.default_rng(5)) == play(np.random.default_rng(5))
    assert len({tuple(play(np.random.default_rng(seed))[0]) for seed in range(20)}) > 5
    one = np.random.default_rng(5)
    assert play(one) != play(one)


def test_keys_are_of_seed_and_actions() -> None:
    game = gym("FrozenLake-v1(is_slippery=False)")
    left_and_back, waited = game.new_state(np.random.default_rng(0)), game.new_state(np.random.default_rng(0))
    assert left_and_back.key() == waited.key()
    left_and_back.apply(0)
    assert left_and_back.key() != waited.key()
    waited.apply(3)  # against the wall too: the same place, another history
    assert (left_and_back.observation() == waited.observation()).all()
    assert left_and_back.key() != waited.key()
    assert game.new_state(np.random.default_rng(1)).key() != game.new_state(np.random.default_rng(2)).key()


@pytest.mark.parametrize("name", ["FrozenLake-v1", "Taxi-v4", "CliffWalking-v1"])
def test_an_environment_that_can_is_asked_to_draw_itself(name: str) -> None:
    environment = gymnasium.make(name, render_mode="ansi")
    environment.reset(seed=int(np.random.default_rng(2).integers(1 << 31)))
    expected: Any = environment.render()
    assert str(gym(name).new_state(np.random.default_rng(2))) == expected.rstrip()
    environment.close()


def test_others_are_shown_as_their_observation() -> None:
    state = gym("MountainCar-v0").new_state(np.random.default_rng(0))
    state.apply(0)
    first, second = str(state).splitlines()
    assert first == "step 1, collected -1"
    assert second.startswith("[-0.")


def test_a_good_player_of_cart_pole_reaches_the_end() -> None:
    """Push where the pole leans and turns: enough to balance, and to see signs that were mixed up."""
    state: GymnasiumState = gym("CartPole-v1").new_state(np.random.default_rng(4))
    total = 0.0
    while not state.is_terminal():
        _, _, lean, turn = state.observation()
        total += float(state.apply(int(0.42 * lean + 0.3 * turn > 0))[0])
    assert total == 500
    assert state.truncated
