"""``myoshu calibrate``: what it measures, writes and refuses."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

import myoshu
from myoshu.cli import calibrate
from myoshu.errors import ArgumentError, BundleError, MatchError
from myoshu.runtime.bundle import Bundle
from myoshu.runtime.example_games import find_positions
from myoshu.testing.networks import mlp, write_bundle
from myoshu_engines import load_game


def run(*arguments: str) -> str:
    app = typer.Typer()
    app.command(epilog=calibrate.EPILOG)(calibrate.calibrate)
    result = CliRunner().invoke(app, list(arguments))
    if isinstance(result.exception, myoshu.MyoshuError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    game = load_game("openspiel:tic_tac_toe")
    return write_bundle(
        tmp_path / "untrained.myoshu", mlp((3, 3, 3), 9, 16), game=game.spec, positions=find_positions(game)
    )


@pytest.mark.slow
def test_levels_are_written_into_the_bundle(bundle: Path, tmp_path: Path) -> None:
    before, out = bundle.read_bytes(), tmp_path / "leveled.myoshu"
    said = run(str(bundle), "--levels", "3", "--games", "2", "--simulations", "4", "--wins", "20", "--workers", "1",
               "--out", str(out))  # fmt: skip
    assert bundle.read_bytes() == before
    manifest = Bundle.read(out).manifest
    assert [each.level for each in manifest.strength] == [1.0, 2.0, 3.0]
    conditions = manifest.provenance["calibration"]
    assert conditions["random_plies"] >= 2
    assert conditions["games_a_pairing"] == 2
    assert len(conditions["wins_missed"]) == 3
    assert "3 levels, written into" in said
    for each in manifest.strength:
        assert f"level {each.level:g} " in said
        assert f"{each.elo:+.0f}" in said
    agent = myoshu.load(out)
    assert agent.new_session(seed=1, level=2).temperature == manifest.strength[1].temperature
    assert Bundle.read(bundle).manifest.graphs == manifest.graphs
    assert Bundle.read(bundle).manifest.positions == manifest.positions is not None


def test_which_level_is_steady() -> None:
    assert calibrate._steady([90, 3, 2, 0], 200) == 3
    assert calibrate._steady([0, 0], 200) == 1
    assert calibrate._steady([0, 50], 200) is None
    assert calibrate._steady([0, 0], 0) is None


def test_what_cannot_be_calibrated_is_one_clear_error(bundle: Path, tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match="--out: expected a folder"):
        run(str(bundle), "--out", "no/where.myoshu")
    with pytest.raises(BundleError, match="expected a bundle file"):
        run(str(tmp_path / "nothing.myoshu"))
    alone = load_game("openspiel:catch").spec
    other = write_bundle(tmp_path / "alone.myoshu", mlp(alone.observation, alone.actions, 16, players=1), game=alone)
    with pytest.raises(MatchError, match="expected a game of two players, got 1"):
        run(str(other))
