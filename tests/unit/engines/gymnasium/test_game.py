"""Gymnasium's environments keep the game protocol, and what the adapter decides about them is right."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from tests.unit.engines.gymnasium.environments import Talkative, gym

from myoshu.errors import ArgumentError, GameError
from myoshu.planes import Planes, planes_of
from myoshu.spec import Movers
from myoshu.testing.games import check_game
from myoshu_engines import load_game


@pytest.mark.parametrize(
    "name",
    [
        "Acrobot-v1(max_length=30)",
        "CartPole-v1",
        "CartPole-v1(sutton_barto_reward=True)",
        "CliffWalking-v1(max_length=40)",
        "FrozenLake-v1",
        "FrozenLake-v1(is_slippery=False)",
        "FrozenLake8x8-v1(max_length=50)",
        "MountainCar-v0(max_length=40)",
        "Taxi-v4(max_length=40)",
        "Taxi-v4(max_length=30,is_rainy=True,fickle_passenger=True)",
        "Attached-v0",
        "Blackjack-v1",
        "Entangled-v0",
        "Parts-v0",
        "Branches-v0",
        "Own-v0",
        "Pays-v0",
        "Picture-v0",
        "Rebuilt-v0",
        "Walk-v0",
    ],
)
def test_whole_games_keep_the_protocol(name: str) -> None:
    report = check_game(gym(name), games=4, seed=1)
    assert report.finished == 4


def test_what_is_fixed_about_cart_pole() -> None:
    spec = gym("CartPole-v1").spec
    assert (spec.name, spec.players, spec.actions, spec.observation) == ("gymnasium:CartPole-v1", 1, 2, (4,))
    assert (spec.returns, spec.zero_sum, spec.final_rewards_only) == ((1.0, 500.0), False, False)
    assert (spec.movers, spec.stochastic, spec.max_length) == (Movers.ALTERNATE, True, 500)


def test_names_of_actions() -> None:
    pays = gym("Pays-v0")
    assert pays.action_name(pays.new_state(np.random.default_rng(0)), 1) == "RIGHT"
    walk = gym("Walk-v0")
    state = walk.new_state(np.random.default_rng(0))
    assert walk.action_name(state, 5) == "(1, 2)"
    with pytest.raises(ArgumentError, match="expected one of 0 to 8, got 9"):
        walk.action_name(state, 9)
    with pytest.raises(ArgumentError, match="expected a GymnasiumState"):
        walk.action_name(object(), 0)  # type: ignore[arg-type]  # what a wrong program does


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("raises", "Picture-v0.*: step raised RuntimeError: out of paint$"),
        ("nan", "reward: expected a finite number, got nan"),
        ("no action", "expected a legal action before the game's end"),
        ("wide mask", r"action_mask: expected shape \(3,\), got \(4,\)"),
    ],
)
def test_a_fault_of_the_environment_is_one_clear_error(fault: str, message: str) -> None:
    with pytest.raises(GameError, match=message):
        gym(f"Picture-v0(fault={fault!r})")


@pytest.mark.parametrize(
    ("string", "message"),
    [
        ("Pendulum-v1", "Pendulum-v1: its actions are a Box; myoshu plays Discrete"),
        ("Pays-v0(flawed='text')", "Pays-v0.*: mission: its observations hold a Text; myoshu sees Box, .*FilterObserv"),
        ("Pays-v0(flawed='sequence')", "Pays-v0.*: 1: its observations hold a Sequence; myoshu sees Box, Discrete"),
        ("Pays-v0(flawed='mask alone')", "its observations hold nothing to see"),
        ("Pays-v0(flawed='torque')", "its actions are a Box"),
        ("Pays-v0(flawed='many')", "its actions have 10000 combinations; myoshu plays at most 4096"),
        ("Pays-v0(flawed='shape')", r"observation: expected one of Box\(.*, got 3"),
        ("Picture-v0(seeded=False)", "the same seed and the same actions brought two different games"),
    ],
)
def test_an_environment_of_another_kind_is_refused_with_the_reason(string: str, message: str) -> None:
    with pytest.raises(GameError, match=message):
        gym(string)


def test_a_game_travels_to_another_process_as_its_string() -> None:
    game = gym("FrozenLake-v1(is_slippery=False)")
    assert pickle.loads(pickle.dumps(game)).spec == game.spec


def test_an_environment_may_say_what_its_planes_are() -> None:
    assert planes_of(load_game("gymnasium:Talkative-v0")) == Planes(words=Talkative.planes)
