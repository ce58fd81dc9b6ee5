"""Opponents as the command line names them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from myoshu.cli._opponents import default_opponents, opponent_names, opponents_of
from myoshu.errors import ArgumentError, MatchError, MyoshuError
from myoshu.testing.networks import mlp, write_bundle
from myoshu_engines import load_game

GAME = load_game("openspiel:tic_tac_toe")


def test_names() -> None:
    assert opponent_names(["random", "mcts:100"]) == ("mcts:100",)
    assert opponent_names(["random"]) == opponent_names([]) == ()
    assert opponent_names(["perfect", "a.myoshu"]) == ("perfect", "a.myoshu")


def test_every_kind_takes_a_win(tmp_path: Path) -> None:
    path = write_bundle(tmp_path / "some.myoshu", mlp((3, 3, 3), 9, 16), game=GAME.spec)
    names = ["mcts:200", "perfect", str(path)]
    opponents = opponents_of(names, GAME)
    assert [opponent.name for opponent in opponents] == names
    states = []
    for moves in ((0, 3, 1, 4), (3, 0, 4, 1, 8)):  # 2 wins for the first player, then for the second
        state = GAME.new_state(np.random.default_rng(0))
        for move in moves:
            state.apply(move)
        states.append(state)
    rng = np.random.default_rng(0)
    for opponent in opponents[:2]:
        assert opponent.choose(GAME, states, rng)[1] == 2
        assert opponent.choose(GAME, states, rng)[0] in (2, 5)
    for move, state in zip(opponents[2].choose(GAME, states, rng), states, strict=True):
        assert move in state.legal_actions()


@pytest.mark.parametrize(
    ("game", "expected"),
    [
        ("openspiel:connect_four", ("mcts:100",)),
        ("openspiel:catch", ()),
        ("python:demos/three_in_a_row.py:ThreeInARow", ()),
    ],
)
def test_defaults(game: str, expected: tuple[str, ...]) -> None:
    assert default_opponents(load_game(game)) == expected


@pytest.mark.parametrize(
    ("game", "name", "message"),
    [
        (
            "openspiel:tic_tac_toe",
            "mcts:many",
            "--opponent: expected a bundle such as agent.myoshu, random, perfect .*, got 'mcts:many'",
        ),
        ("openspiel:tic_tac_toe", "mcts:0", "at least 1 simulation"),
        ("openspiel:tic_tac_toe", "stockfish", "got 'stockfish'"),
        ("openspiel:tic_tac_toe", "none.myoshu", "none.myoshu: expected a bundle file"),
        ("openspiel:catch", "mcts:10", "expected none in openspiel:catch, a game of one player"),
        ("python:demos/three_in_a_row.py:ThreeInARow", "mcts:10", "expected an OpenSpiel game"),
        ("python:demos/three_in_a_row.py:ThreeInARow", "perfect", "perfect"),
    ],
)
def test_who_cannot_play_is_refused(game: str, name: str, message: str) -> None:
    with pytest.raises(MyoshuError, match=message) as caught:
        opponents_of([name], load_game(game))
    assert isinstance(caught.value, ArgumentError | MatchError | MyoshuError)
