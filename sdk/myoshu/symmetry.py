"""Ways to turn a game's board that change nothing but the names of its squares."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from myoshu.errors import GameError
from myoshu.game import Game
from myoshu.traits import Traits

__all__ = ["Symmetry", "board_symmetry", "symmetries_of"]


@dataclass(frozen=True, eq=False)
class Symmetry:
    """One way to turn a board: a game stays a game, and pays the same, with its squares and actions renamed.

    A game declares its symmetries in :attr:`myoshu.traits.Traits.symmetries`.
    """

    observation: NDArray[np.int64]
    """int64 [size of an observation]: entry i of the turned observation, flattened, is entry ``observation[i]`` of the
    original one."""
    actions: NDArray[np.int64]
    """int64 [actions]: action a is called ``actions[a]`` on the turned board."""

    def turn(self, observation: NDArray[np.float32]) -> NDArray[np.float32]:
        """The observation of the turned board, of the same shape."""
        turned: NDArray[np.float32] = observation.reshape(-1)[self.observation].reshape(observation.shape)
        return turned


def board_symmetry(shape: Sequence[int], squares: NDArray[np.int64], actions: NDArray[np.int64]) -> Symmetry:
    """A symmetry for planes that all show the same board.

    Args:
        shape: [planes, height, width] of the observation.
        squares: int64 [height, width]: the square, counted row by row, that moves to each place.
        actions: int64 [actions]: action a is called ``actions[a]`` on the turned board.
    """
    planes, height, width = shape
    order = np.arange(planes)[:, None] * (height * width) + np.asarray(squares, np.int64).reshape(1, -1)
    return Symmetry(order.reshape(-1), np.asarray(actions, np.int64))


def symmetries_of(game: Game) -> tuple[Symmetry, ...]:
    """The symmetries that a game declares; none if it declares none.

    Raises:
        GameError: one of them is not a renaming of this game's observations and actions.
    """
    symmetries = tuple(Traits.of(game).symmetries)
    sizes = {"observation": math.prod(game.spec.observation), "actions": game.spec.actions}
    for index, symmetry in enumerate(symmetries):
        for field, size in sizes.items():
            order = np.asarray(getattr(symmetry, field, None))
            if order.shape != (size,) or not np.array_equal(np.sort(order), np.arange(size)):
                raise GameError(
                    f"{game.spec.name}: symmetries[{index}].{field}: expected the numbers 0 to {size - 1} in some "
                    f"order, got {order.dtype} {list(order.shape)}"
                )
    return symmetries
