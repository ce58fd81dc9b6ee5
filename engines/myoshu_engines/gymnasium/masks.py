"""Which actions an environment's ``action_mask`` allows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray

from myoshu.errors import GameError
from myoshu_engines.gymnasium.spaces import MASK

__all__ = ["Masks"]


class Masks:
    """How the masks of one environment are read.

    Args:
        space: its action space.
        actions: how many numbered actions that has.
        name: the game's name, for errors.
    """

    def __init__(self, space: gymnasium.Space[Any], actions: int, name: str) -> None:
        self._actions = actions
        self._name = name
        self._choices = tuple(map(int, space.nvec.flat)) if isinstance(space, gymnasium.spaces.MultiDiscrete) else ()

    def legal(self, mask: Any) -> tuple[int, ...]:
        """The numbered actions that a mask allows, ascending.

        Raises:
            GameError: the mask is not one number an action, or allows none.
        """
        allowed = self._allowed(mask)
        if allowed.shape != (self._actions,):
            choices = f", or a mask for each of its choices ({', '.join(map(str, self._choices))})" * bool(
                self._choices
            )
            raise GameError(f"{self._name}: {MASK}: expected shape ({self._actions},){choices}, got {_shape_of(mask)}")
        legal = tuple(allowed.nonzero()[0].tolist())
        if not legal:
            raise GameError(f"{self._name}: {MASK}: expected a legal action before the game's end, got none")
        return legal

    def _allowed(self, mask: Any) -> NDArray[Any]:
        """A mask of the numbered actions, combined from one for each choice where that is given."""
        branches = self._choices
        if branches and isinstance(mask, Sequence) and [np.size(branch) for branch in mask] == list(branches):
            parts = [np.asarray(branch).ravel() != 0 for branch in mask]
        else:
            try:
                whole = np.asarray(mask)
            except ValueError:  # its parts differ in length
                return np.empty(0)
            if not branches or whole.shape != (sum(branches),) or whole.shape == (self._actions,):
                return whole
            parts = [part != 0 for part in np.split(whole, np.cumsum(branches)[:-1])]
        allowed: NDArray[Any] = parts[0]
        for part in parts[1:]:
            allowed = np.logical_and.outer(allowed, part).ravel()
        return allowed


def _shape_of(mask: Any) -> str:
    try:
        return str(np.shape(mask))
    except ValueError:
        return f"{len(mask)} parts of different lengths"
