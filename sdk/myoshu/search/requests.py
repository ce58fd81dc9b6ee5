"""The leaves that one wave of a search requests to be evaluated."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

__all__ = ["Requests"]


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Requests:
    """Leaves to evaluate, tree by tree in the order the slots were given."""

    slots: NDArray[np.int32]
    """int32 [n]: the tree each leaf belongs to."""
    rows: NDArray[np.int64]
    """int64 [n]: its parent's node row, slot × nodes + node, where the parent's latent is kept."""
    actions: NDArray[np.int32]
    """int32 [n]: the action (or chance outcome) that leads from the parent to the leaf."""

    def __len__(self) -> int:
        return len(self.slots)
