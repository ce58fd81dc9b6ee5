"""Boards drawn from a line of text."""

from __future__ import annotations

import numpy as np
import pytest

from myoshu_engines import load_game
from myoshu_engines.openspiel.drawing import drawn

START = "rnbqkbnr/pppppppp/8/8/8/8/PPPPPPPP/RNBQKBNR w KQkq - 0 1"


def test_chess_is_drawn_with_its_squares_named() -> None:
    lines = drawn(START).splitlines()
    assert lines[0] == " 8  r n b q k b n r"
    assert lines[7] == " 1  R N B Q K B N R"
    assert lines[8:] == ["    a b c d e f g h", "white moves", START]


def test_shogi_counts_files_from_the_right_and_keeps_promoted_pieces() -> None:
    lines = drawn("lnsgkgsnl/1r5b1/ppppppppp/9/9/9/PPPPPPPPP/1B5R+P/LNSGKGSNL b - 1").splitlines()
    assert lines[0] == " a  l n s g k g s n l"
    assert lines[7] == " h  . B . . . . . R+P"
    assert lines[9] == "    9 8 7 6 5 4 3 2 1"


def test_what_is_not_seen_stays_a_question() -> None:
    assert drawn("????????/8/8/8/8/8/8/RNBQKBNR w KQ - 0 1").splitlines()[0] == " 8  ? ? ? ? ? ? ? ?"


@pytest.mark.parametrize(
    "text", ["", "x.o\n...\n...", "0 1", "8/8/8", "a/b/c/d/ee", "99999999999/1/1/1", "/0:h_3_7/1:v_5_5/0:h_2_0"]
)
def test_everything_else_stays_as_it_is(text: str) -> None:
    assert drawn(text) == text


@pytest.mark.parametrize("name", ["chess", "antichess", "crazyhouse", "dark_chess", "kriegspiel", "shogi"])
def test_games_written_as_a_line_are_drawn_through_a_whole_game(name: str) -> None:
    game, rng = load_game(f"openspiel:{name}"), np.random.default_rng(0)
    state = game.new_state(rng)
    size = 9 if name == "shogi" else 8
    for _ in range(60):
        lines = str(state).splitlines()
        assert all(len(line) == 3 + 2 * size for line in lines[: size + 1])
        if state.is_terminal():
            break
        state.apply(int(rng.choice(state.legal_actions())))
