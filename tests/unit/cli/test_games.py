"""Games that bundles, runs and records name, found where their rules lie now."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from myoshu.cli import app
from myoshu.cli._games import game_named, game_of_run, remember_place, rules_near
from myoshu.errors import GameStringError
from myoshu.runtime.bundle import Bundle
from myoshu.testing.networks import mlp, write_bundle

DEMO = Path(__file__).parents[3] / "demos" / "three_in_a_row.py"
NAME = "python:games/three_in_a_row.py:ThreeInARow"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with its rules in games/; the working folder is another."""
    (tmp_path / "project" / "games").mkdir(parents=True)
    shutil.copy(DEMO, tmp_path / "project" / "games")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    return tmp_path / "project"


@pytest.mark.parametrize("near", ["", "agents/mine.myoshu", "runs/one", "games"])
def test_rules_are_found_from_what_names_them(project: Path, near: str) -> None:
    (project / "agents").mkdir()
    (project / "runs" / "one").mkdir(parents=True)
    (project / "agents" / "mine.myoshu").touch()
    game, found = game_named(NAME, project / near)
    assert game.spec.name == NAME
    assert found == f"python:{project / 'games' / 'three_in_a_row.py'}:ThreeInARow"


def test_rules_beside_the_file_are_found(project: Path) -> None:
    shutil.copy(DEMO, project)
    shutil.rmtree(project / "games")
    assert rules_near(NAME, project / "mine.myoshu") == f"python:{project / 'three_in_a_row.py'}:ThreeInARow"


def test_the_working_folder_comes_first(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project)
    assert rules_near(NAME, project / "games") == NAME


@pytest.mark.parametrize("name", [NAME, "python:no_such_module:Game"])
def test_what_is_not_found_is_told_with_the_option_that_names_it(project: Path, name: str) -> None:
    shutil.rmtree(project / "games")
    with pytest.raises(GameStringError, match="--game says where the game is now"):
        game_named(name, project)


def test_a_run_remembers_where_its_rules_were(project: Path) -> None:
    run = project.parent / "elsewhere" / "run"
    run.mkdir()
    with pytest.raises(GameStringError):
        game_of_run(NAME, run)
    remember_place(run, "python:../project/games/three_in_a_row.py:ThreeInARow")
    assert game_of_run(NAME, run).spec.name == NAME
    shutil.move(project, project.parent / "moved")
    with pytest.raises(GameStringError):
        game_of_run(NAME, run)


def test_an_agents_game_may_be_named_or_found(project: Path) -> None:
    """An agent of a class in a file is played from any folder: found beside it, or named."""
    spec = game_named(NAME, project)[0].spec
    bundle = write_bundle(project / "mine.myoshu", mlp(spec.observation, spec.actions, 8, players=3), game=spec)
    match = ["match", str(bundle), "random", "random", "--games", "3", "--simulations", "2", "--workers", "2"]
    result = CliRunner().invoke(app, match)
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith(f"{NAME}: 3 games")
    away = shutil.move(bundle, project.parent / "elsewhere" / "mine.myoshu")
    match[1] = str(away)
    lost = CliRunner().invoke(app, match)
    assert lost.exit_code == 2
    assert "--game says where the game is now" in lost.stderr
    named = f"python:{project / 'games' / 'three_in_a_row.py'}:ThreeInARow"
    result = CliRunner().invoke(app, [*match, "--game", named])
    assert result.exit_code == 0, result.output
    assert Bundle.read(Path(away)).manifest.game.name == NAME
