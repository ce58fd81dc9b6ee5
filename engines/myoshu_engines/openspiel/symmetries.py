"""The symmetries of the boards of those OpenSpiel games whose squares and actions are numbered as described here."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from myoshu.symmetry import Symmetry, board_symmetry

__all__ = ["symmetries"]

Squares = NDArray[np.int64]


def symmetries(name: str, spiel: Any, shape: Sequence[int]) -> tuple[Symmetry, ...]:
    """The symmetries of a game, without the identity.

    Args:
        name: the game's short name.
        spiel: the ``pyspiel.Game``.
        shape: the shape of myoshu's observations of it.
    """
    make = _GAMES.get(name)
    return () if make is None or len(shape) != 3 else tuple(make(spiel, shape))


def _turned(height: int, width: int) -> Iterator[Squares]:
    """The turns and reflections of a rectangle: which square moves to each place, int64 [height, width]."""
    squares = np.arange(height * width).reshape(height, width)
    for swap, down, across in itertools.product((False, True), repeat=3):
        if (swap and height != width) or not (swap or down or across):
            continue
        turned = squares.T if swap else squares
        yield turned[:: -1 if down else 1, :: -1 if across else 1]


def _renamed(squares: Squares, actions: int) -> NDArray[np.int64]:
    """Each action's new number where an action is its square's number; others, such as a pass, keep theirs."""
    names = np.arange(actions)
    names[squares.reshape(-1)] = np.arange(squares.size)
    return names


def _by_square(spiel: Any, shape: Sequence[int]) -> Iterator[Symmetry]:
    """A stone is put on a square, whose number is the action's."""
    for squares in _turned(shape[1], shape[2]):
        yield board_symmetry(shape, squares, _renamed(squares, spiel.num_distinct_actions()))


def _othello(spiel: Any, shape: Sequence[int]) -> Iterator[Symmetry]:
    """The same, restricted by the first four stones to those that keep them in place."""
    state = spiel.new_initial_state()
    stones = np.array(state.observation_tensor(0))
    for symmetry in _by_square(spiel, shape):
        if np.array_equal(stones[symmetry.observation[: stones.size]], stones):
            yield symmetry


def _connect_four(spiel: Any, shape: Sequence[int]) -> Iterator[Symmetry]:
    """A stone is dropped into a column: left and right may be swapped."""
    squares = np.arange(shape[1] * shape[2]).reshape(shape[1], shape[2])
    yield board_symmetry(shape, squares[:, ::-1], np.arange(shape[2])[::-1])


def _dots_and_boxes(spiel: Any, shape: Sequence[int]) -> Iterator[Symmetry]:
    """Lines and boxes are identified by their corners.

    A plane has a row for each dot and three columns: the line to the right of it, the line below it, and the box to the
    lower right. Actions are the horizontal lines row by row, then the vertical ones.
    """
    parameters = spiel.get_parameters()
    height, width = parameters["num_rows"] + 1, parameters["num_cols"] + 1
    corners = ((0, 1), (0, width), (0, 1, width, width + 1))
    places: dict[frozenset[int], int] = {}
    actions: dict[frozenset[int], int] = {}
    for part, (rows, columns) in enumerate(((height, width - 1), (height - 1, width), (height - 1, width - 1))):
        for row, column in itertools.product(range(rows), range(columns)):
            dots = frozenset(row * width + column + corner for corner in corners[part])
            places[dots] = (row * width + column) * 3 + part
            if part < 2:
                actions[dots] = len(actions)
    for squares in _turned(height, width):
        now = np.empty(height * width, np.int64)
        now[squares.reshape(-1)] = np.arange(squares.size)
        order, names = np.arange(height * width * 3), np.arange(len(actions))
        for dots, place in places.items():
            moved = frozenset(int(now[dot]) for dot in dots)
            order[places[moved]] = place
            if dots in actions:
                names[actions[dots]] = actions[moved]
        yield board_symmetry(shape, order, names)


_GAMES: dict[str, Callable[[Any, Sequence[int]], Iterator[Symmetry]]] = {
    "connect_four": _connect_four,
    "dots_and_boxes": _dots_and_boxes,
    "gomoku": _by_square,
    "mnk": _by_square,
    "othello": _othello,
    "tic_tac_toe": _by_square,
}
