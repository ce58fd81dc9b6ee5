"""Specs refuse what no game or model can be, by name, and hash by value."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from myoshu.errors import ArgumentError
from myoshu.spec import GameSpec, ModelSpec, Movers, reward_bounds, same_game, spec_hash, value_bounds

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
        ({"name": 5}, "name: expected a text"),
        ({"players": 2.0}, "players: expected an integer from 1"),
        ({"actions": np.True_}, "actions: expected an integer from 1"),
        ({"observation": "48"}, "observation: expected one or more positive integers, got '48'"),
        ({"observation": 4.0}, "observation: expected one or more positive integers, got 4.0"),
        ({"observation": (3, "x")}, "observation: expected one or more positive integers"),
        ({"observation": None}, "observation: expected one or more positive integers, got None"),
        ({"observation": [[3], [3, 4]]}, "observation: expected one or more positive integers"),
        ({"returns": 1.0}, "returns: expected two finite numbers in order, got 1.0"),
        ({"returns": (-1.0,)}, "returns: expected two finite numbers in order"),
        ({"returns": (-1.0, 0.0, 1.0)}, "returns: expected two finite numbers in order"),
        ({"returns": ("-1", "1")}, "returns: expected two finite numbers in order"),
        ({"returns": (False, True)}, "returns: expected two finite numbers in order"),
        ({"returns": (-1, 10**400)}, "returns: expected two finite numbers in order"),
        ({"movers": "alternating"}, "movers: expected 'alternate' or 'predicted', got 'alternating'"),
        ({"zero_sum": 1}, "zero_sum: expected True or False, got 1"),
        ({"final_rewards_only": "yes"}, "final_rewards_only: expected True or False, got 'yes'"),
        ({"stochastic": None}, "stochastic: expected True or False, got None"),
        ({"hidden_information": 1}, "hidden_information: expected True or False, got 1"),
        ({"action": (0, 0, 2)}, r"^action: expected \(\), got \(0, 0, 2\), which is not supported by this version$"),
        ({"action": None}, r"action: expected \(\), got None"),
        ({"features": 3}, "features: expected 0, got 3, which is not supported by this version"),
        ({"features": False}, "features: expected 0, got False"),
        ({"chance_outcomes": np.int64(6)}, "chance_outcomes: expected 0, got .*6.*not supported by this version"),
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
        ({"value_columns": True}, "value_columns: expected 1 or 2, got True"),
        ({"movers": "turns"}, "movers: expected 'alternate' or 'predicted', got 'turns'"),
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


ODD: list[dict[str, Any]] = [
    {"returns": (-1, 1)},
    {"returns": [np.float32(-1), np.int8(1)]},
    {"returns": np.array([-1.0, 1.0])},
    {"players": np.int64(2), "actions": np.uint8(3)},
    {"observation": 4},
    {"observation": np.int64(4)},
    {"observation": [np.int32(4)]},
    {"observation": np.array([4])},
    {"movers": "alternate"},
    {"zero_sum": np.False_, "stochastic": np.False_},
    {"name": np.str_("python:nim:Nim")},
    {"action": [], "features": np.int64(0), "chance_outcomes": 0, "hidden_information": np.False_},
]


@pytest.mark.parametrize("fields", ODD, ids=str)
def test_a_spec_that_means_the_same_is_the_same(fields: dict[str, Any]) -> None:
    spec = msgspec.structs.replace(GAME, **fields)
    assert spec == GAME
    assert hash(spec) == hash(GAME)
    assert spec_hash(spec) == spec_hash(GAME)
    assert msgspec.json.decode(msgspec.json.encode(spec), type=GameSpec) == GAME
    assert all(type(getattr(spec, name)) is type(getattr(GAME, name)) for name in GAME.__struct_fields__)


def test_zero_has_one_sign_and_lengths_are_integers() -> None:
    one, other = (msgspec.structs.replace(GAME, returns=(low, 1), max_length=np.int64(9)) for low in (-0.0, 0))
    assert spec_hash(one) == spec_hash(other)
    assert type(one.max_length) is int


def test_a_models_numbers_are_converted_too() -> None:
    odd = ModelSpec(
        observation=[np.int64(4)],  # type: ignore[arg-type]  # as a person may write it
        actions=np.int64(3),  # type: ignore[arg-type]
        players=np.int64(2),  # type: ignore[arg-type]
        latent=np.int64(8),  # type: ignore[arg-type]
        value_columns=np.int64(1),  # type: ignore[arg-type]
        reward_columns=np.int64(0),  # type: ignore[arg-type]
        movers="alternate",  # type: ignore[arg-type]
    )
    assert odd == MODEL
    assert spec_hash(odd) == spec_hash(MODEL)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"action": (0,)}, r"action: expected \(\), got \(0,\)"),
        ({"outcomes": 32}, "outcomes: expected 0, got 32"),
        ({"dynamics": False}, "dynamics: expected True, got False"),
        ({"features": 1}, "features: expected 0, got 1"),
        ({"history": 4}, "history: expected 1, got 4"),
    ],
)
def test_what_later_models_may_have_is_refused_by_name(change: dict[str, object], message: str) -> None:
    with pytest.raises(ArgumentError, match=f"^{message}, which is not supported by this version$"):
        msgspec.structs.replace(MODEL, **change)
    fields = {**json.loads(msgspec.json.encode(MODEL)), **change}
    with pytest.raises(msgspec.ValidationError, match=message):
        msgspec.json.decode(msgspec.json.encode(fields), type=ModelSpec)


def test_json_shows_later_fields_only_where_they_say_something() -> None:
    """So that specs from before they existed have the hashes that they had."""
    game, model = (json.loads(msgspec.json.encode(spec)) for spec in (GAME, MODEL))
    assert game.keys() == {
        "name", "players", "actions", "observation", "returns", "zero_sum", "movers", "final_rewards_only",
        "stochastic", "max_length",
    }  # fmt: skip
    assert model.keys() == {
        "observation", "actions", "players", "latent", "value_columns", "reward_columns", "movers",
    }  # fmt: skip
    hidden = msgspec.structs.replace(GAME, hidden_information=True)
    assert json.loads(msgspec.json.encode(hidden)) == {**game, "hidden_information": True}
    assert msgspec.json.decode(msgspec.json.encode(hidden), type=GameSpec) == hidden
    assert spec_hash(hidden) != spec_hash(GAME)


def test_hashes_are_those_of_the_bundles_that_exist() -> None:
    assert spec_hash(GAME, MODEL) == "ecb71175de6f85f1953c10cc200fdb1257416823bd2905f6abae17ae7879270f"


@pytest.mark.parametrize(
    ("final", "returns", "value", "reward"),
    [
        (True, (0.5, 1.0), (0.0, 1.0), (0.0, 1.0)),
        (False, (-1.0, 1.0), (-2.0, 2.0), (-2.0, 2.0)),
        (False, (1.0, 500.0), (-499.0, 500.0), (-499.0, 500.0)),
        (False, (5.0, 5.0), (0.0, 5.0), (0.0, 5.0)),
    ],
)
def test_what_a_position_and_a_move_can_be_worth(
    final: bool, returns: tuple[float, float], value: tuple[float, float], reward: tuple[float, float]
) -> None:
    spec = msgspec.structs.replace(GAME, final_rewards_only=final, returns=returns)
    assert value_bounds(spec) == value
    assert reward_bounds(spec) == reward
