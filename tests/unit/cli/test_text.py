"""Numbers, tables and games as text."""

from __future__ import annotations

import math

import pytest

from myoshu.arena.match import Ending, GameResult, Move
from myoshu.arena.player import Choice
from myoshu.cli._text import game_text, line_text, seconds, share, signed, table
from myoshu.counted import counted
from myoshu_engines import load_game

TIC_TAC_TOE = load_game("openspiel:tic_tac_toe")


@pytest.mark.parametrize(
    ("value", "text"), [(2.5e-6, "2 µs"), (9.4e-4, "940 µs"), (0.0123, "12.3 ms"), (1.5, "1.50 s"), (math.nan, "–")]
)
def test_durations(value: float, text: str) -> None:
    assert seconds(value) == text


def test_numbers() -> None:
    assert (share(0.12345), share(1.0), share(math.nan)) == ("12.3%", "100.0%", "–")
    assert (signed(0.5), signed(-0.5), signed(-0.0), signed(-0.001)) == ("+0.50", "-0.50", "+0.00", "+0.00")


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 steps"),
        (1, "1 step"),
        (2, "2 steps"),
        (0.5, "0.5 steps"),
        (12345, "12,345 steps"),
        (2e6, "2,000,000 steps"),
    ],
)
def test_things_are_counted(count: float, text: str) -> None:
    assert counted(count, "step") == text


def test_columns_line_up() -> None:
    assert table(["", "n"], [["a", "10"], ["long", "5"]]).splitlines() == ["       n", "a     10", "long   5"]


def test_lines_have_names() -> None:
    assert line_text(TIC_TAC_TOE, [4, 0]) == "x(1,1) o(0,0)"


def test_a_game_is_told_move_by_move() -> None:
    moves = (
        Move(0, Choice(0, value=0.25, principal_variation=(0, 4, 4, 1)), 0.001),  # imagines the centre taken twice
        Move(1, Choice(3, value=-0.25, principal_variation=(3, 3)), 0.001),
    )
    result = GameResult(0, (1, 0), 0, (4, 8), moves, (-1.0, 1.0), Ending.ILLEGAL, 0, "action 4 after [4, 8, 0, 3]")
    parts = game_text(TIC_TAC_TOE, result, ["mine", "theirs"]).split("\n\n")
    assert parts[0] == "Game 1: theirs plays first, mine plays second"
    told = [part for part in parts if part[:1] in "o12"]
    assert told == [
        "opening: x(1,1)",
        "opening: o(2,2)",
        "1. theirs: x(0,0)   value +0.25   (1.0 ms)",
        "2. mine: o(1,0)   value -0.25   (1.0 ms)",
    ]
    assert parts[-2].replace(" ", "") == "x..\nox.\n..o"
    assert parts[-1] == "theirs ended the game: illegal, action 4 after [4, 8, 0, 3]"


def test_what_a_player_expects_is_told_as_far_as_it_is_legal() -> None:
    moves = (Move(0, Choice(0, value=0.25, principal_variation=(0, 4, 1, 1)), 0.001),)
    result = GameResult(0, (0, 1), 0, (), moves, (1.0, -1.0))
    text = game_text(TIC_TAC_TOE, result, ["mine", "theirs"])
    assert "expects o(1,1) x(0,1)   (" in text
    assert text.endswith("mine wins (mine +1, theirs -1)")
