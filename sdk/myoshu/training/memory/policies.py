"""Policies of many positions, kept in as little memory as they need. Knows no torch."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["MANY", "Policies", "pack_legal", "unpack_legal"]

MANY = 256
"""For a game with more actions than this, only the legal ones' probabilities are kept."""
FIRST_WIDTH = 32
"""Legal actions for which a position then has room at first."""


class Policies:
    """Behaves as an array float32 [*shape, actions] that is 0 wherever an action is not legal.

    Chess has 4,674 actions and about 30 legal moves: in such games only legal actions are kept, side by
    side, so a position takes as much room as the most legal actions of any position so far.

    Args:
        shape: the shape of the policies' index, as (positions,) or (games, moves).
        actions: the number of actions.
    """

    def __init__(self, shape: tuple[int, ...], actions: int) -> None:
        self.actions = actions
        """The number of actions."""
        width = actions if actions <= MANY else FIRST_WIDTH
        self.array: NDArray[np.float32] = np.zeros((*shape, width), np.float32)
        """float32 [*shape, width]: the stored probabilities."""
        self.sparse = actions > MANY
        """Whether only legal actions are kept; otherwise ``legal`` is not needed."""

    def read(self, rows: Any, legal: NDArray[np.bool_]) -> NDArray[np.float32]:
        """Some of the policies: float32 [..., actions].

        Args:
            rows: the index into the array.
            legal: bool [..., actions]: the legal actions there.
        """
        kept: NDArray[np.float32] = self.array[rows]
        if not self.sparse:
            return kept
        policies = np.zeros(legal.shape, np.float32)
        policies[legal] = kept[self._places(legal)]
        return policies

    def write(self, rows: Any, policies: NDArray[np.float32], legal: NDArray[np.bool_]) -> None:
        """Replace some of the policies.

        Args:
            rows: the index into the array.
            policies: float32 [..., actions], 0 where not legal.
            legal: bool [..., actions]: the legal actions there.
        """
        if not self.sparse:
            self.array[rows] = policies
            return
        most = int(legal.sum(-1).max(initial=0))
        if most > self.array.shape[-1]:
            self._widen(min(self.actions, 2 * most))
        kept = np.zeros((*legal.shape[:-1], self.array.shape[-1]), np.float32)
        kept[self._places(legal)] = policies[legal]
        self.array[rows] = kept

    def grown(self, shape: tuple[int, ...]) -> Policies:
        """A copy with more room and the same contents."""
        twin = Policies((0,), self.actions)
        twin.array = np.zeros((*shape, self.array.shape[-1]), np.float32)
        twin.array[tuple(map(slice, self.array.shape))] = self.array
        return twin

    def load(self, rows: slice | tuple[slice, ...], kept: NDArray[np.float32]) -> None:
        """Replace some of the policies by those in another object's :attr:`array`.

        Raises:
            ValueError: it does not fit.
        """
        if self.sparse and kept.shape[-1] > self.array.shape[-1]:
            self._widen(kept.shape[-1])
        if not self.sparse and kept.shape[-1] != self.array.shape[-1]:
            raise ValueError(f"policies: expected {self.array.shape[-1]} numbers a position, got {kept.shape[-1]}")
        self.array[rows] = 0.0
        self.array[rows][..., : kept.shape[-1]] = kept

    def _places(self, legal: NDArray[np.bool_]) -> NDArray[np.bool_]:
        places: NDArray[np.bool_] = np.arange(self.array.shape[-1]) < legal.sum(-1)[..., None]
        return places

    def _widen(self, width: int) -> None:
        grown = np.zeros((*self.array.shape[:-1], width), np.float32)
        grown[..., : self.array.shape[-1]] = self.array
        self.array = grown


def pack_legal(legal: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Pack eight legal actions into a byte, the first as the highest bit: uint8 [..., ⌈actions / 8⌉]."""
    return np.packbits(legal, axis=-1)


def unpack_legal(packed: NDArray[np.uint8], actions: int) -> NDArray[np.bool_]:
    """Unpack what :func:`pack_legal` packed: bool [..., actions]."""
    return np.unpackbits(packed, axis=-1, count=actions).view(np.bool_)
