"""How an environment's name is found: modules that register it, and packages that it needs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from tests.unit.engines.gymnasium.environments import gym

from myoshu.errors import DependencyError, GameError


def test_a_package_that_an_environment_needs_is_named() -> None:
    with pytest.raises(DependencyError, match=r"Finicky-v0.*a package it needs is not installed: Box3D is not"):
        gym("Finicky-v0")


def test_an_environment_of_ones_own_is_found_by_its_module(tmp_path: Path) -> None:
    (tmp_path / "my_module.py").write_text(
        "import gymnasium\n"
        "gymnasium.register('MyPole-v0', 'gymnasium.envs.classic_control:CartPoleEnv', max_episode_steps=30)\n"
    )
    program = (
        "import pickle, sys; from myoshu_engines import load_game; sys.path.remove('');"
        "game = load_game('gymnasium:my_module:MyPole-v0');"
        "print(pickle.loads(pickle.dumps(game)).spec.name, game.spec.max_length)"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert done.stderr == ""
    assert done.stdout.split() == ["gymnasium:my_module:MyPole-v0", "30"]


def test_a_module_that_fails_is_told_from_one_that_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "needs_more.py").write_text("import nothing_like_it\n")
    (tmp_path / "fails.py").write_text("1 / 0\n")
    with pytest.raises(DependencyError, match="needs_more: importing it raised ModuleNotFoundError"):
        gym("needs_more:MyEnv-v0")
    with pytest.raises(GameError, match="fails: importing it raised ZeroDivisionError"):
        gym("fails:MyEnv-v0")
