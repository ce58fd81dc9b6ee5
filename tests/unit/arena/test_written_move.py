"""Moves as persons write them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pytest

from myoshu.arena.written_move import meant, written_move
from myoshu.errors import IllegalActionError
from myoshu_engines import load_game


class Named:
    """As much of a game and of a position as names of moves need."""

    def __init__(self, names: Sequence[str], others: Mapping[str, int] | None = None) -> None:
        self.names = names
        if others is not None:
            self.other_names = lambda state: others

    def legal_actions(self) -> Sequence[int]:
        return range(len(self.names))

    def action_name(self, state: object, action: int) -> str:
        return self.names[action]


@pytest.mark.parametrize(
    ("said", "action"),
    [("Bc4", 0), ("bc4", 1), ("E4", 2), (" e4 ", 2), ("3", 3), ("0", 0), ("e2e4", 2), ("E2E4", 2)],
)
def test_what_is_said_is_one_move(said: str, action: int) -> None:
    game = Named(["Bc4", "bc4", "e4", "pass"], {"e2e4": 2})
    assert written_move(game, game, said) == action  # type: ignore[arg-type]  # all that is asked is there


def test_a_name_comes_before_a_number() -> None:
    game = Named(["1", "0"])
    assert written_move(game, game, "1") == 0  # type: ignore[arg-type]  # as above


def test_capitals_alone_do_not_decide() -> None:
    game = Named(["Bc4", "bc4"])
    assert set(meant(game, game, "BC4")) == {"Bc4", "bc4"}  # type: ignore[arg-type]  # as above
    with pytest.raises(IllegalActionError, match="expected one move, got 'BC4', which may be Bc4 or bc4"):
        written_move(game, game, "BC4")  # type: ignore[arg-type]  # as above


@pytest.mark.parametrize("said", ["", "x", "7", "-1", "²"])
def test_what_is_no_move_is_refused(said: str) -> None:
    game = Named(["Bc4", "bc4"])
    with pytest.raises(IllegalActionError, match="expected a legal move, got"):
        written_move(game, game, said)  # type: ignore[arg-type]  # as above


def test_chess_is_written_from_square_to_square_too() -> None:
    """Every legal move of some positions has both names, and they mean the same."""
    game, rng = load_game("openspiel:chess"), np.random.default_rng(1)
    state = game.new_state(rng)
    for _ in range(40):
        names = game.other_names(state)  # type: ignore[attr-defined]  # OpenSpiel's games have it
        assert sorted(names.values()) == list(state.legal_actions())
        for name, action in names.items():
            assert written_move(game, state, name) == action
            assert written_move(game, state, game.action_name(state, action)) == action
        state.apply(int(rng.choice(state.legal_actions())))
