"""The worked example of one's own game: it keeps the contract and its rules; every block of its page is run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from tests.pages import blocks

from myoshu.errors import IllegalActionError
from myoshu.testing.games import check_game
from myoshu_engines import load_game

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "your-own-game.md"
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


def test_the_pages_file_is_the_demos() -> None:
    *file, _, _, _ = blocks(PAGE, "python")
    code = (ROOT / "demos" / "three_in_a_row.py").read_text(encoding="utf-8").partition('"""\n\n')[2]
    assert "\n\n\n".join(file) + "\n" == code


@pytest.mark.slow
def test_the_page_from_an_empty_file_to_an_opponent(tmp_path: Path) -> None:
    *file, check, embed, dice = blocks(PAGE, "python")
    (tmp_path / "three_in_a_row.py").write_text("\n\n\n".join(file) + "\n", encoding="utf-8")
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}

    def run(*words: str, say: str = "") -> str:
        done = subprocess.run(
            words, input=say, capture_output=True, text=True, check=False, cwd=tmp_path, env=environment
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    run(sys.executable, "-c", check)
    run(sys.executable, "-c", dice)
    train, inspect, match, play = blocks(PAGE, "sh")[0].splitlines()
    assert "learned python:three_in_a_row.py:ThreeInARow" in run(*_less(train, "--minutes 5", "--minutes 0.2").split())
    assert (tmp_path / "runs" / "three" / "curves.png").exists()
    assert "players      3" in run(*inspect.split())
    assert "12 games" in run(*_less(match, "--games 300", "--games 12").split())
    assert "your move> " in run(*play.split(), say="a1\nquit\n")
    moves = run(sys.executable, "-c", embed).strip().split("\n\n")
    assert 7 <= len(moves) <= 16  # the first player needs three stones
    assert [sum(board.count(sign) for sign in "xo#") for board in moves] == list(range(1, len(moves) + 1))


def _less(command: str, long: str, short: str) -> str:
    """The command with less to do."""
    assert long in command
    return command.replace(long, short)
