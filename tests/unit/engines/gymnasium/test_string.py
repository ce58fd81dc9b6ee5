"""Game strings that name an environment and its parameters."""

from __future__ import annotations

import pytest
from tests.unit.engines.gymnasium.environments import gym

from myoshu.errors import GameStringError
from myoshu_engines import load_game


@pytest.mark.parametrize(
    ("string", "message"),
    [
        ("CartPole-v1(", "expected an environment and parameters such as"),
        ("CartPole-v1)", "expected an environment and parameters such as"),
        ("CartPole v1", "expected an environment and parameters such as"),
        ("CartPole-v1(3)", "expected an environment and parameters such as"),
        ("CartPole-v1(**{})", "expected an environment and parameters such as"),
        ("CartPole-v1(a=1)(b=2)", "expected an environment and parameters such as"),
        ("CartPole-v1(a=1) + _(b=2)", "expected an environment and parameters such as"),
        ("CartPole-v1(a=1,a=2)", "expected an environment and parameters such as"),
        ("CartPole-v1(a=)", "expected an environment and parameters such as"),
        ("CartPole-v1(a=open('x'))", r"a: expected a literal such as 3, True or 'text', got \"open\('x'\)\""),
        ("CartPole-v1(a=b)", "a: expected a literal"),
        ("CartPole-v1(a=2**9)", "a: expected a literal"),
        ("CartPole-v1(mass=2)", "unexpected keyword argument 'mass'"),
        ("CartPole-v1(render_mode='human')", "render_mode= is not to be given .* draws as text"),
        ("CartPole-v1(max_episode_steps=5)", "say max_length="),
        ("CartPole-v1(max_length=0)", "max_length: expected a number of steps, 1 or more, got 0"),
        ("CartPole-v1(max_length=True)", "max_length: expected a number of steps"),
        ("CartPole-v1(returns=5)", r"returns: expected two finite numbers in order, as \(0, 500\), got 5"),
        ("CartPole-v1(returns=(1, 0))", "returns: expected two finite numbers in order"),
        ("CartPole-v1(returns=(0, 1e999))", "returns: expected two finite numbers in order"),
        ("CartPole-v1(returns=('a', 'b'))", "returns: expected two finite numbers in order"),
        ("CartPole", "does not know 'CartPole'; expected an environment such as CartPole-v"),
        ("CartPole-v9", "does not know 'CartPole-v9'"),
        ("cart_pole", "expected an environment such as .*CartPole-v"),
        ("Zzz", "expected an environment such as CartPole-v1, FrozenLake-v1, LunarLander-v3"),
        ("ALE/Pong-v5", r"expected gymnasium:ale_py:ALE/Pong-v5, .*\(pip install ale-py\)"),
        ("nowhere:CartPole-v1", "there is no module 'nowhere'"),
        ("no-where:CartPole-v1", "expected a module's name"),
    ],
)
def test_a_string_that_names_nothing_is_one_clear_error(string: str, message: str) -> None:
    with pytest.raises(GameStringError, match=message):
        gym(string)


def test_a_string_is_written_in_one_way_and_found_again() -> None:
    game = gym(" FrozenLake-v1( map_name = '4x4',desc=None , returns=( 0,1.0) ) ")
    assert game.spec.name == "gymnasium:FrozenLake-v1(map_name='4x4',desc=None,returns=(0, 1.0))"
    assert load_game(game.spec.name).spec == game.spec
    assert gym("CartPole-v1()").spec.name == "gymnasium:CartPole-v1"
    assert repr(gym("CartPole-v1")) == "<GymnasiumGame gymnasium:CartPole-v1>"
