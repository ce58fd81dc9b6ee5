"""One row of ``states``."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["SlotRow"]


@dataclasses.dataclass(frozen=True, slots=True)
class SlotRow:
    """The state of one slot."""

    observation: NDArray[Any]
    """What the player to move sees."""
    legal: NDArray[np.bool_]
    """bool [actions]."""
    to_play: int
    """The player to move."""
    rewards: NDArray[np.float32]
    """float32 [players]: each player's reward."""
    terminated: bool
    """The rules have ended the game."""
    truncated: bool
    """It was cut off from outside."""

    @property
    def over(self) -> bool:
        """Whether no game is in progress."""
        return self.terminated or self.truncated

    def difference(self, other: SlotRow) -> str | None:
        """The first field in which two rows differ, if any."""
        for field in dataclasses.fields(self):
            if not np.array_equal(getattr(self, field.name), getattr(other, field.name)):
                return field.name
        return None
