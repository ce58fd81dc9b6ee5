"""Exact play of small games."""

from __future__ import annotations

import numpy as np
import pytest

from myoshu.arena.solver import Solver
from myoshu.errors import MatchError
from myoshu.game import State
from myoshu_engines import load_game


def start(name: str) -> tuple[Solver, State]:
    game = load_game(f"openspiel:{name}")
    return Solver(game), game.new_state(np.random.default_rng(0))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("tic_tac_toe", 0),
        ("connect_four(rows=4,columns=3,x_in_row=3)", 0),
        ("hex(board_size=3)", 1),  # nobody draws Hex, and the first move helps
        ("nim(pile_sizes=1;2;3,is_misere=False)", -1),  # 1 ⊕ 2 ⊕ 3 = 0
        ("nim(pile_sizes=1;2;4,is_misere=False)", 1),
        ("nim(pile_sizes=1;3;5;7)", -1),  # misère Nim from the film, lost for whoever begins
        ("dots_and_boxes(num_rows=2,num_cols=2)", 1),  # closing a box moves again
    ],
)
def test_values_of_known_games(name: str, value: float) -> None:
    solver, state = start(name)
    assert solver.value(state) == value
    assert solver.positions > 0


def test_every_first_move_of_tic_tac_toe_draws_but_only_a_corner_answers_the_centre() -> None:
    solver, state = start("tic_tac_toe")
    assert solver.action_values(state) == dict.fromkeys(range(9), 0.0)
    assert solver.best_actions(state) == list(range(9))
    state.apply(4)
    assert solver.best_actions(state) == [0, 2, 6, 8]
    assert solver.action_values(state)[1] == -1


def test_it_agrees_with_nims_theory_on_every_position() -> None:
    game = load_game("openspiel:nim(pile_sizes=2;3;4,is_misere=False)")
    solver = Solver(game)
    seen = set()
    ahead = [game.new_state(np.random.default_rng(0))]
    while ahead:
        state = ahead.pop()
        if state.is_terminal() or state.key() in seen:
            continue
        seen.add(state.key())
        piles = [int(pile) for pile in str(state).split(": ")[1].split()]
        assert solver.value(state) == (1 if np.bitwise_xor.reduce(piles) else -1)
        for action in state.legal_actions():
            child = state.clone()
            child.apply(action)
            ahead.append(child)
    assert len(seen) > 50


def test_a_finished_game_is_worth_nothing_more() -> None:
    solver, state = start("tic_tac_toe")
    for action in (0, 3, 1, 4, 2):
        state.apply(action)
    assert solver.value(state) == 0
    assert solver.action_values(state) == {}


def test_solving_leaves_the_state_alone() -> None:
    solver, state = start("tic_tac_toe")
    before = state.key()
    solver.value(state)
    solver.best_actions(state)
    assert state.key() == before


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("backgammon", "chance takes part"),
        ("2048", "expected two players, got 1"),
        ("pig(players=3)", "expected two players, got 3"),
    ],
)
def test_games_of_other_kinds_are_refused(name: str, message: str) -> None:
    with pytest.raises(MatchError, match=message):
        Solver(load_game(f"openspiel:{name}"))


def test_a_game_too_large_is_refused_when_its_budget_is_spent() -> None:
    game = load_game("openspiel:connect_four")
    with pytest.raises(MatchError, match="too large for perfect play: expected at most 2,000 moves to read"):
        Solver(game, moves=2000).value(game.new_state(np.random.default_rng(0)))


def test_lines_that_are_too_long_are_refused() -> None:
    solver, state = start("chess")
    with pytest.raises(MatchError, match="too large for perfect play: expected lines of at most 512 moves"):
        solver.value(state)


def test_positions_that_repeat_are_refused() -> None:
    class Circle:
        """Two squares, back and forth for ever."""

        def __init__(self, square: int = 0) -> None:
            self.square = square

        def to_play(self) -> int:
            return self.square

        def legal_actions(self) -> list[int]:
            return [0]

        def observation(self) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
            return np.zeros(1, np.float32)

        def apply(self, action: int) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
            self.square = 1 - self.square
            return np.zeros(2, np.float32)

        def is_terminal(self) -> bool:
            return False

        def clone(self) -> Circle:
            return Circle(self.square)

        def key(self) -> int:
            return self.square

    class Rounds:
        spec = load_game("openspiel:tic_tac_toe").spec

        def new_state(self, rng: np.random.Generator) -> Circle:
            return Circle()

        def action_name(self, state: State, action: int) -> str:
            return "on"

    with pytest.raises(MatchError, match="positions repeat"):
        Solver(Rounds()).value(Circle())
