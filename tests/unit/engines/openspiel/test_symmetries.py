"""The ways to turn OpenSpiel's boards: each is held against the rules, move by move."""

from __future__ import annotations

import numpy as np
import pytest

from myoshu.errors import GameError
from myoshu.symmetry import Symmetry
from myoshu.testing.games import check_game
from myoshu_engines import load_game


@pytest.mark.parametrize(
    ("game", "ways"),
    [
        ("tic_tac_toe", 7),
        ("connect_four", 1),
        ("connect_four(rows=5,columns=6)", 1),
        ("othello", 3),
        ("gomoku(size=7)", 7),
        ("mnk(m=4,n=3,k=3)", 3),
        ("dots_and_boxes(num_rows=2,num_cols=2)", 7),
        ("dots_and_boxes(num_rows=2,num_cols=3)", 3),
        ("breakthrough", 0),
    ],
)
def test_every_way_of_turning_keeps_the_rules(game: str, ways: int) -> None:
    rules = load_game(f"openspiel:{game}")
    assert len(rules.symmetries) == ways  # type: ignore[attr-defined]  # optional, so not in the protocol
    check_game(rules, games=3)


def test_a_wrong_way_is_found() -> None:
    rules = load_game("openspiel:tic_tac_toe")
    names = np.arange(9)
    names[[0, 1]] = [1, 0]
    rules.symmetries = (Symmetry(np.arange(27), names),)  # type: ignore[attr-defined]
    with pytest.raises(GameError, match=r"symmetries\[0\]"):
        check_game(rules, games=3)


def test_what_is_no_renaming_is_refused() -> None:
    rules = load_game("openspiel:tic_tac_toe")
    rules.symmetries = (Symmetry(np.arange(26), np.arange(9)),)  # type: ignore[attr-defined]
    with pytest.raises(GameError, match=r"symmetries\[0\].observation: expected the numbers 0 to 26 in some order"):
        check_game(rules, games=1)
