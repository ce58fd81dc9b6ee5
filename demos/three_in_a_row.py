"""A custom game, from an empty file: three in a row for three players on a four by four board.

    myoshu train python:demos/three_in_a_row.py:ThreeInARow --minutes 5 --out three_in_a_row.myoshu
    myoshu match three_in_a_row.myoshu random random

Players 0, 1 and 2 put a stone on an empty square in turn; the first to have three in a row, in any direction, wins 1
and the two others lose ½ each. A full board without a row is a draw.

Nothing of myoshu is inherited: a class with these methods is a game (`myoshu.game` says what each must do). The page
docs/your-own-game.md writes this file step by step.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from myoshu.errors import IllegalActionError
from myoshu.spec import GameSpec, Movers
from myoshu.symmetry import Symmetry, board_symmetry

SIZE = 4
PLAYERS = 3
EMPTY = -1


def _rows() -> list[tuple[int, int, int]]:
    """Every three squares in a row: horizontal, vertical and both diagonals."""
    found = []
    for y in range(SIZE):
        for x in range(SIZE):
            for dy, dx in ((0, 1), (1, 0), (1, 1), (1, -1)):
                squares = [(y + step * dy, x + step * dx) for step in range(3)]
                if all(0 <= b < SIZE and 0 <= a < SIZE for b, a in squares):
                    first, second, third = (b * SIZE + a for b, a in squares)
                    found.append((first, second, third))
    return found


ROWS = _rows()


class Position:
    """One position: who has a stone where, whose turn it is, and who has won."""

    def __init__(self) -> None:
        self.board = np.full(SIZE * SIZE, EMPTY, np.int8)
        self.player = 0
        self.winner = EMPTY

    def to_play(self) -> int:
        return self.player

    def is_terminal(self) -> bool:
        return self.winner != EMPTY or not (self.board == EMPTY).any()

    def legal_actions(self) -> list[int]:
        if self.winner != EMPTY:
            return []
        return [int(square) for square in np.flatnonzero(self.board == EMPTY)]

    def observation(self) -> NDArray[np.float32]:
        """One plane a player, the player to move first, then the next to move, then the one after."""
        planes = [self.board == (self.player + seat) % PLAYERS for seat in range(PLAYERS)]
        return np.stack(planes).astype(np.float32).reshape(PLAYERS, SIZE, SIZE)

    def apply(self, action: int) -> NDArray[np.float32]:
        if action not in self.legal_actions():
            raise IllegalActionError(f"action: expected one of {self.legal_actions()}, got {action!r}")
        self.board[action] = self.player
        rewards = np.zeros(PLAYERS, np.float32)
        if any(action in row and all(self.board[square] == self.player for square in row) for row in ROWS):
            self.winner = self.player
            rewards[:] = -0.5
            rewards[self.player] = 1.0
        self.player = (self.player + 1) % PLAYERS
        return rewards

    def clone(self) -> Position:
        copy = Position()
        copy.board, copy.player, copy.winner = self.board.copy(), self.player, self.winner
        return copy

    def key(self) -> tuple[bytes, int]:
        return self.board.tobytes(), self.player

    def __str__(self) -> str:
        signs = {EMPTY: "·", 0: "x", 1: "o", 2: "#"}
        cells = [signs[int(stone)] for stone in self.board]
        return "\n".join(" ".join(cells[row * SIZE : (row + 1) * SIZE]) for row in range(SIZE))


def _symmetries() -> list[Symmetry]:
    """The seven ways to turn or mirror the board: training learns from every position in all of them."""
    squares = np.arange(SIZE * SIZE).reshape(SIZE, SIZE)
    turned = [np.rot90(board, times) for board in (squares, squares.T) for times in range(4)]
    shape = (PLAYERS, SIZE, SIZE)
    return [board_symmetry(shape, board, np.argsort(board.reshape(-1))) for board in turned[1:]]


class ThreeInARow:
    """The rules: what is fixed about the game, and where it begins."""

    spec = GameSpec(
        name="three_in_a_row",
        players=PLAYERS,
        actions=SIZE * SIZE,  # an action is an integer below this: here, the square
        observation=(PLAYERS, SIZE, SIZE),
        returns=(-0.5, 1.0),  # the least and the most that a player can be paid in a game
        zero_sum=True,  # what one is paid, the others lose
        movers=Movers.ALTERNATE,  # strictly in turn
        final_rewards_only=True,  # nothing is paid before the end
        max_length=SIZE * SIZE,  # moves
    )
    planes = ("the mover's stones", "the next player's stones", "the stones of the player after")
    layout = "row 0 is the top, column 0 the left"
    symmetries = _symmetries()

    def new_state(self, rng: np.random.Generator) -> Position:
        return Position()

    def action_name(self, state: Position, action: int) -> str:
        return f"{'abcd'[action % SIZE]}{action // SIZE + 1}"
