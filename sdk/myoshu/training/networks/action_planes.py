"""Where an action lies on the board, as far as it follows from the numbers of actions and squares. Knows no torch."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["action_planes", "plane_count", "window_reach"]

MOST_NUMBERS = 1 << 20
"""The most numbers in all pictures; larger ones are not drawn. They grow with the square of the number of actions:
chess would take 5.6 GB.
"""


def plane_count(actions: int, height: int, width: int) -> int:
    """The number of planes in the picture of an action, see :func:`action_planes`."""
    squares = height * width
    return 1 if actions in (width, squares, squares + 1) else actions


def action_planes(actions: int, height: int, width: int) -> NDArray[np.float32] | None:
    """A picture of each action: what a convolution over it learns about one square, it knows for all.

    As many actions as columns are taken to be the columns; as many as squares, the squares row by row; one more than
    squares, those and a pass. Nothing is known of other actions: each has a separate, constant plane.

    Returns:
        float32 [actions, planes, height, width], of zeros and ones. None where actions have separate planes and
        these are too many to be drawn: a convolution's output for them follows from :func:`window_reach`.
    """
    if actions == width:
        columns = np.eye(width, dtype=np.float32)
        return np.ascontiguousarray(np.broadcast_to(columns[:, None, None, :], (actions, 1, height, width)))
    squares = height * width
    if actions in (squares, squares + 1):
        return np.eye(actions, squares, dtype=np.float32).reshape(actions, 1, height, width)
    if actions * actions * squares > MOST_NUMBERS:
        return None
    alike = np.eye(actions, dtype=np.float32)
    return np.ascontiguousarray(np.broadcast_to(alike[:, :, None, None], (actions, actions, height, width)))


def window_reach(height: int, width: int, kernel: int) -> NDArray[np.float32]:
    """Which places of a convolution's window lie on the board, for each square that it is centred on.

    For a plane that is 1 everywhere on the board and 0 beyond its edge, a convolution gives the sum of its weights at
    these places: the same numbers as from a picture of the action, up to the order in which they are added.

    Returns:
        float32 [height × width, kernel × kernel], of zeros and ones.
    """
    places = np.arange(kernel) - kernel // 2
    rows = (np.arange(height)[:, None] + places >= 0) & (np.arange(height)[:, None] + places < height)
    columns = (np.arange(width)[:, None] + places >= 0) & (np.arange(width)[:, None] + places < width)
    inside = rows[:, None, :, None] & columns[None, :, None, :]
    return inside.reshape(height * width, kernel * kernel).astype(np.float32)
