"""Priorities of rows: one number each, and draws in proportion to them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["Priorities"]


class Priorities:
    """A non-negative number for each of ``capacity`` rows; rows are drawn in proportion to them.

    Sums are kept over groups of rows and over groups of groups, about ∛capacity each, so that setting or drawing n
    rows takes O(n · ∛capacity), in a few NumPy calls. Sums are recomputed from their parts whenever one of these
    changes: nothing drifts, and they depend on the rows' numbers alone.
    """

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self._width = width = max(2, int(np.ceil(capacity ** (1 / 3) - 1e-9)))
        self._rows = np.zeros(width**3)
        self._groups = np.zeros(width**2)
        self._tops = np.zeros(width)

    def __getitem__(self, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """The rows' numbers: float64 of the same shape."""
        return self._rows[rows]

    def set(self, rows: NDArray[np.int64], numbers: NDArray[np.float64]) -> None:
        """Give rows their numbers.

        Args:
            rows: int64 [n]; where one is named twice, the last number counts.
            numbers: float64 [n], finite, at least 0.
        """
        width = self._width
        self._rows[rows] = numbers
        groups = np.unique(rows // width)
        self._groups[groups] = self._rows.reshape(-1, width)[groups].sum(-1)
        tops = np.unique(groups // width)
        self._tops[tops] = self._groups.reshape(-1, width)[tops].sum(-1)

    def draw(self, points: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Rows in proportion to their numbers, with replacement; at least one number is not 0.

        Args:
            points: float64 [n] in [0, 1), drawn uniformly.

        Returns:
            The rows, int64 [n], and the probability with which each was drawn, float64 [n].
        """
        width = self._width
        below = np.cumsum(self._tops)
        total = below[-1]
        target = points * total
        top = _first_above(np.broadcast_to(below, (len(points), width)), target)
        target = np.maximum(target - np.where(top > 0, below[top - 1], 0.0), 0.0)
        group, target = self._descend(self._groups, top, target)
        row, _ = self._descend(self._rows, group, target)
        return row, self._rows[row] / total

    def _descend(
        self, numbers: NDArray[np.float64], group: NDArray[np.int64], target: NDArray[np.float64]
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """The member of the group that the target falls on, and the remainder of the target there."""
        parts = numbers.reshape(-1, self._width)[group]
        below = parts.cumsum(-1)
        found = _first_above(below, target)
        before = np.take_along_axis(below - parts, found[:, None], -1)[:, 0]
        return group * self._width + found, np.maximum(target - before, 0.0)


def _first_above(below: NDArray[np.float64], target: NDArray[np.float64]) -> NDArray[np.int64]:
    """The first column whose running sum exceeds the target; if rounding left none, the last that added anything."""
    last = (below < below[:, -1:]).sum(-1)
    found: NDArray[np.int64] = np.minimum((below <= target[:, None]).sum(-1), last)
    return found
