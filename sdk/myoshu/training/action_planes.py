"""Where an action lies on the board, as far as the numbers of actions and squares tell. Knows no torch."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["action_planes"]


def action_planes(actions: int, height: int, width: int) -> NDArray[np.float32]:
    """A picture of each action: what a convolution over it learns of one square, it knows of all.

    As many actions as columns are taken to be the columns; as many as squares, the squares row by row; one more than
    squares, those and a pass. Of other actions nothing is known: each has a plane of its own, the same all over.

    Returns:
        float32 [actions, planes, height, width], of zeros and ones.
    """
    if actions == width:
        columns = np.eye(width, dtype=np.float32)
        return np.ascontiguousarray(np.broadcast_to(columns[:, None, None, :], (actions, 1, height, width)))
    squares = height * width
    if actions in (squares, squares + 1):
        return np.eye(actions, squares, dtype=np.float32).reshape(actions, 1, height, width)
    alike = np.eye(actions, dtype=np.float32)
    return np.ascontiguousarray(np.broadcast_to(alike[:, :, None, None], (actions, actions, height, width)))
