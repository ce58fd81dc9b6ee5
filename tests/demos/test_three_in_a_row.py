"""The worked example of one's own game: it keeps the contract, has the rules it says, and is learned and played."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tesuji.errors import IllegalActionError
from tesuji.testing.games import check_game
from tesuji_engines import load_game

ROOT = Path(__file__).resolve().parents[2]
GAME = f"python:{ROOT / 'demos' / 'three_in_a_row.py'}:ThreeInARow"


def test_it_keeps_the_games_contract() -> None:
    check_game(load_game(GAME), games=30)


def test_three_in_a_row_wins_and_the_others_lose() -> None:
    state = load_game(GAME).new_state(np.random.default_rng(0))
    for action in (0, 4, 8, 1, 5, 9):
        assert not state.apply(action).any()
    assert state.apply(2).tolist() == [1.0, -0.5, -0.5]
    assert state.is_terminal()
    assert not state.legal_actions()
    with pytest.raises(IllegalActionError):
        state.apply(3)


def test_the_mover_sees_its_own_stones_first() -> None:
    state = load_game(GAME).new_state(np.random.default_rng(0))
    state.apply(0)
    assert state.observation()[2, 0, 0] == 1.0  # player 1 looks: player 0 moves last from here
    state.apply(5)
    assert state.observation()[1, 0, 0] == 1.0
    assert state.observation()[2, 1, 1] == 1.0


@pytest.mark.slow
def test_the_pages_commands_learn_it_and_play_it(tmp_path: Path) -> None:
    bundle = tmp_path / "three_in_a_row.tesuji"

    def tesuji(*words: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "tesuji.cli", *words], capture_output=True, text=True, check=False, cwd=ROOT
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    game = "python:demos/three_in_a_row.py:ThreeInARow"
    tesuji("train", game, "--minutes", "0.25", "--run", str(tmp_path / "run"), "--out", str(bundle))
    assert "players      3" in tesuji("inspect", str(bundle))
    played = tesuji("match", str(bundle), "random", "random", "--games", "12", "--simulations", "8")
    assert "12 games" in played
