"""Specs refuse what no game or model can be, by name, and hash by value."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from myoshu.errors import ArgumentError
from myoshu.spec import GameSpec, ModelSpec, Movers, same_game, spec_hash

GAME = GameSpec(
    name="python:nim:Nim", players=2, actions=3, observation=(4,), returns=(-1.0, 1.0), movers=Movers.ALTERNATE
)
MODEL = ModelSpec(observation=(4,), actions=3, players=2, latent=(8,), value_columns=1, reward_columns=0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": ""}, "name: expected a text"),
        ({"players": 0}, "players: expected an integer from 1"),
        ({"actions": 0}, "actions: expected an integer from 1"),
        ({"actions": True}, "actions: expected an integer from 1"),
        ({"observation": ()}, "observation: expected one or more positive integers"),
        ({"observation": (3, 0)}, "observation: expected one or more positive integers"),
        ({"observation": (1 << 20, 1 << 20)}, "observation: expected at most"),
        ({"returns": (1.0, -1.0)}, "returns: expected two finite numbers in order"),
        ({"returns": (float("nan"), 1.0)}, "returns: expected two finite numbers in order"),
        ({"max_length": 0}, "max_length: expected an integer from 1"),
    ],
)
def test_a_game_that_cannot_be_is_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        msgspec.structs.replace(GAME, **change)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"value_columns": 3}, "value_columns: expected 1 or 2, got 3"),
        ({"players": 3}, "value_columns: expected 3, got 1"),
        ({"reward_columns": 4}, "reward_columns: expected 0 or 1 or 2, got 4"),
        ({"latent": ()}, "latent: expected one or more positive integers"),
    ],
)
def test_a_model_that_cannot_be_is_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        msgspec.structs.replace(MODEL, **change)


@given(
    players=st.integers(1, 64), actions=st.integers(1, 1000), shape=st.lists(st.integers(1, 20), min_size=1, max_size=4)
)
def test_specs_survive_json_and_keep_their_hash(players: int, actions: int, shape: list[int]) -> None:
    spec = msgspec.structs.replace(GAME, players=players, actions=actions, observation=tuple(shape))
    again = msgspec.json.decode(msgspec.json.encode(spec), type=GameSpec)
    assert again == spec
    assert spec_hash(again, MODEL) == spec_hash(spec, MODEL)
    assert hash(again) == hash(spec)


def test_different_specs_have_different_hashes() -> None:
    assert spec_hash(GAME) != spec_hash(msgspec.structs.replace(GAME, actions=4))
    assert spec_hash(GAME, MODEL) != spec_hash(MODEL, GAME)


def test_a_models_latent_size_is_the_product_of_its_shape() -> None:
    assert msgspec.structs.replace(MODEL, latent=(3, 6, 7)).latent_size == 126


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("python:rules.py:Walk", "python:rules.py:Walk", True),
        ("python:rules.py:Walk", "python:game/rules.py:Walk", True),
        ("python:/home/me/rules.py:Walk", "python:..\\rules.py:Walk", True),
        ("python:C:\\games\\rules.py:Walk", "python:rules.py:Walk", True),
        ("python:rules.py:Walk", "python:rules:Walk", True),
        ("python:package.rules:Walk", "python:package/rules.py:Walk", True),
        ("python:rules.py:Walk", "python:rules.py:Run", False),
        ("python:rules.py:Walk", "python:other.py:Walk", False),
        ("openspiel:go(board_size=5)", "openspiel:go(board_size=5)", True),
        ("openspiel:go(board_size=5)", "openspiel:go(board_size=9)", False),
        ("tcp://127.0.0.1:1", "tcp://127.0.0.1:2", False),
    ],
)
def test_a_class_is_known_by_module_and_name_wherever_it_lies(one: str, other: str, same: bool) -> None:
    assert same_game(one, other) == same
    assert same_game(other, one) == same
