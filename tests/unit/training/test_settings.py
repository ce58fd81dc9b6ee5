"""Every setting can be named, explained and changed; a wrong name or value is told by name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from myoshu.errors import ArgumentError, TrainingError
from myoshu.search.config import Normalization
from myoshu.training import NetworkKind, TrainingConfig
from myoshu.training.settings import all_settings, changed, in_file, parsed

CONFIG = TrainingConfig(game="openspiel:tic_tac_toe")


def with_settings(config: TrainingConfig, assignments: list[str]) -> TrainingConfig:
    return changed(config, parsed(assignments))


def from_file(config: TrainingConfig, path: Path) -> TrainingConfig:
    return changed(config, in_file(path), path)


def leaves(values: dict[str, Any], prefix: str = "") -> list[str]:
    return [
        name
        for key, value in values.items()
        for name in (leaves(value, f"{prefix}{key}.") if isinstance(value, dict) else [f"{prefix}{key}"])
    ]


def test_all_fields_are_settings_and_each_says_what_it_is_for() -> None:
    settings = all_settings()
    assert [setting.name for setting in settings] == [
        name for name in leaves(msgspec.to_builtins(CONFIG)) if name != "game"
    ]
    for setting in settings:
        assert len(setting.description) > 5, setting.name
        assert not any(mark in setting.description for mark in ("``", ":class:", ":attr:")), setting.name


@pytest.mark.parametrize(
    ("assignment", "read", "wanted"),
    [
        ("learner.batch=512", lambda config: config.learner.batch, 512),
        ("learner.learning_rate = 1e-3", lambda config: config.learner.learning_rate, 1e-3),
        ("learner.learning_rate=1", lambda config: config.learner.learning_rate, 1.0),
        ("network.kind=residual", lambda config: config.network.kind, NetworkKind.RESIDUAL),
        ("network.rewards=false", lambda config: config.network.rewards, False),
        ("search.value_range=[-2, 2.5]", lambda config: config.search.value_range, (-2.0, 2.5)),
        ("search.normalization=none", lambda config: config.search.normalization, Normalization.NONE),
        ("offline=none", lambda config: config.offline, None),
        ('offline="some where"', lambda config: config.offline, "some where"),
        ('opponents=["mcts:100"]', lambda config: config.opponents, ("mcts:100",)),
    ],
)
def test_a_setting_is_set(assignment: str, read: Any, wanted: object) -> None:
    config = with_settings(CONFIG, [assignment])
    assert read(config) == wanted
    assert type(read(config)) is type(wanted)


@pytest.mark.parametrize(
    ("assignment", "message"),
    [
        ("learner.batc=2", "learner.batc: expected a setting such as learner.batch"),
        ("batch=2", "batch: expected a setting such as learner.batch"),
        ("nonsense=1", "nonsense: expected a setting as `myoshu train --help-config` lists them"),
        ("learner.batch=many", "learner.batch: expected int, got 'many'"),
        ("learner.batch=none", "learner.batch: expected int, got 'none'"),
        ("learner.batch=0", "learner.batch: expected an integer from 2 to 1048576, got 0"),
        ("search.simulations=0", "search.simulations: expected an integer from 1 to 1073741824, got 0"),
        ("network.kind=transformer", "network.kind: expected mlp or residual, got 'transformer'"),
        ("search.value_range=[1]", "search.value_range: expected [float, float], got [1]"),
        ('search.value_range=["a", 1]', "search.value_range: expected [float, float], got ['a', 1]"),
        ("minutes=none", "minutes, steps: expected at least one of them, got neither"),
        ("learner", "--set: expected NAME=VALUE"),
        ("game=other", "game: expected a setting"),
    ],
)
def test_a_wrong_setting_is_told_by_name(assignment: str, message: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        with_settings(CONFIG, [assignment])
    assert str(caught.value).startswith(message)


def test_a_file_changes_what_it_names_and_leaves_the_rest(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('game = "another"\nsteps = 7\n[learner]\nbatch = 64\n')
    config = from_file(CONFIG, path)
    expected = msgspec.structs.replace(
        CONFIG, steps=7, minutes=None, learner=msgspec.structs.replace(CONFIG.learner, batch=64)
    )
    assert config == expected


def test_a_whole_configuration_is_a_file(tmp_path: Path) -> None:
    other = with_settings(CONFIG, ["network.width=64", "search.algorithm=puct", "steps=3"])
    (tmp_path / "config.toml").write_text(other.to_toml())
    assert from_file(CONFIG, tmp_path / "config.toml") == other


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[learner]\nlr = 1", "learner.lr: expected a setting"),
        ("[learner]\nbatch = '3'", "learner.batch: expected int, got '3'"),
        ("learner = ", "expected TOML"),
    ],
)
def test_a_wrong_file_is_named(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text(text)
    with pytest.raises((TrainingError, ArgumentError)) as caught:
        from_file(CONFIG, path)
    assert str(caught.value).startswith(f"{path}: {message}")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="expected a configuration file"):
        from_file(CONFIG, tmp_path / "none.toml")
