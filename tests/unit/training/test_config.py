"""Configurations survive TOML, and say which field is wrong."""

from __future__ import annotations

import msgspec
import pytest

from myoshu.errors import ArgumentError, TrainingError
from myoshu.search.config import Algorithm, SearchConfig
from myoshu.spec import GameSpec, Movers
from myoshu.training import (
    LearnerConfig,
    NetworkConfig,
    NetworkKind,
    SelfPlayConfig,
    TrainingConfig,
    preset,
    preset_names,
)

SPEC = GameSpec(
    name="python:somewhere:Mine(a=1)",
    players=2,
    actions=5,
    observation=(2, 6, 6),
    returns=(-1.0, 1.0),
    zero_sum=True,
    movers=Movers.ALTERNATE,
    final_rewards_only=True,
)


@pytest.mark.parametrize("name", preset_names())
@pytest.mark.parametrize("rewards", [True, False])
def test_presets_survive_toml(name: str, rewards: bool) -> None:
    config = preset(msgspec.structs.replace(SPEC, final_rewards_only=not rewards), name)
    assert TrainingConfig.from_toml(config.to_toml()) == config


def test_every_field_survives_toml() -> None:
    config = TrainingConfig(
        game='a "strange"\n\\name é',
        minutes=None,
        steps=7,
        deterministic=True,
        checkpoint_steps=3,
        network=NetworkConfig(kind=NetworkKind.RESIDUAL, transform=True),
        selfplay=SelfPlayConfig(temperature=0.5),
        search=SearchConfig(algorithm=Algorithm.PUCT, value_range=(-2.5, 1e-3)),
        learner=LearnerConfig(learning_rate=1e-05, final_learning_rate=0.0, reanalyse=1.0),
        offline="games/",
    )
    assert TrainingConfig.from_toml(config.to_toml()) == config


def test_the_preset_is_chosen_by_the_games_name() -> None:
    named = msgspec.structs.replace(SPEC, name="openspiel:tic_tac_toe", observation=(3, 3, 3))
    assert preset(named).network.kind is NetworkKind.MLP
    assert preset(msgspec.structs.replace(SPEC, name="openspiel:connect_four(rows=5)")) == preset(
        msgspec.structs.replace(SPEC, name="openspiel:connect_four(rows=5)"), "connect_four"
    )
    dots = preset(msgspec.structs.replace(SPEC, name="openspiel:dots_and_boxes", observation=(5, 9, 3)))
    assert dots.network.kind is NetworkKind.MLP
    assert preset(SPEC).network.kind is NetworkKind.RESIDUAL
    assert preset(msgspec.structs.replace(SPEC, observation=(72,))).network.kind is NetworkKind.MLP
    halvings = {19: 0, 20: 1, 38: 1, 39: 2, 84: 3}
    for side, wanted in halvings.items():
        assert preset(msgspec.structs.replace(SPEC, observation=(3, side, 8))).network.halvings == wanted
    with pytest.raises(
        ArgumentError,
        match="preset: expected one of CartPole-v1, connect_four, default, dots_and_boxes, tic_tac_toe, got 'chess'",
    ):
        preset(SPEC, "chess")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("game = ", "^expected TOML"),
        ('seed = "one"\ngame = "x"', "^seed: expected int, got str"),
        ('game = "x"\n[learner]\nbatch = 0', "^learner.batch: expected an integer from 2"),
        ('game = "x"\n[learner]\nbatchsize = 4', "^learner.batchsize: expected no such setting"),
        ('game = "x"\nlr = 4', "^lr: expected no such setting"),
        (
            'game = "x"\n[network]\nkind = "transformer"',
            "^network.kind: expected one of its choices, got 'transformer'",
        ),
        ('game = "x"\ndeterministic = true', "^steps: expected a number of steps in a deterministic run"),
        ("minutes = 1.0", "^game: expected a value, got none"),
        ('game = "x"\n[search]\nsimulations = -1', r"^search\.simulations: expected"),
        ('game = "x"\nminutes = 0', "^minutes: expected a number above 0, got 0"),
    ],
)
def test_bad_toml(text: str, message: str) -> None:
    with pytest.raises(TrainingError, match=message):
        TrainingConfig.from_toml(text)


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("minutes, steps", {"minutes": None}),
        ("minutes", {"minutes": float("nan")}),
        ("minutes", {"minutes": 0.0}),
        ("steps", {"steps": 0}),
        ("seed", {"seed": -1}),
        ("minutes", {"deterministic": True, "steps": 5}),
        ("game", {"game": ""}),
        ("recorded_positions", {"recorded_positions": -1}),
        ("learner.reanalyse", {"learner": LearnerConfig(reanalyse=1.0)}),
    ],
)
def test_bad_values(field: str, values: dict[str, object]) -> None:
    with pytest.raises(ArgumentError, match=f"^{field}: expected"):
        TrainingConfig(**{"game": "x", **values})  # type: ignore[arg-type]  # wrong on purpose


def test_opponents_survive_a_configuration_file(config: TrainingConfig) -> None:
    changed = msgspec.structs.replace(config, opponents=("mcts:100", 'a"b.myoshu'), until=0.5)
    assert TrainingConfig.from_toml(changed.to_toml()) == changed
