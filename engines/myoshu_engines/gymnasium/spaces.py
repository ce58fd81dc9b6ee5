"""Gymnasium's spaces: what a network sees of an observation, and the actions numbered from 0.

Observations
    - ``Box`` and ``MultiBinary``: the numbers, each scaled by its own bounds: from 0 up becomes [0, 1] (an image's
      bytes, planes of zeros and ones), other finite bounds become [-1, 1], and a number without bounds on both sides
      stays as it is. A bound beyond ±:data:`FAR` counts as none: it says "any float", as ``float32``'s greatest does.
      Of three dimensions, channels come first: an image [height, width, channels] is turned, and is known by a last
      dimension less than both others that is 1, 3 or 4, or follows a square. A stack of images [n, height, width,
      channels] becomes [n · channels, height, width], two dimensions become one plane, and everything else a vector.
    - ``Discrete`` and ``MultiDiscrete``: one-hot vectors, concatenated.
    - ``Dict`` and ``Tuple``: the parts, each as above, flattened into one vector in their order (a ``Dict``'s as
      Gymnasium sorts its keys). A ``Dict``'s part ``action_mask`` is no part of what is seen: it says which actions are
      legal. If one part is left, it is seen as it would be alone, so that an image stays one.

Actions
    - ``Discrete``: its numbers, counted from its ``start``.
    - ``MultiDiscrete`` and ``MultiBinary``: every combination is an action, the last component changing fastest, up
      to :data:`MOST_COMBINATIONS` of them.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from myoshu.errors import GameError
from myoshu.planes import MAX_WORDS, Planes

__all__ = ["FAR", "MASK", "MOST_COMBINATIONS", "Observer", "numbered_actions", "observer_of"]

FAR = 1e6
"""A bound farther from zero than this counts as none."""
MASK = "action_mask"
"""The key under which an observation or an environment's info says which actions are legal."""
MOST_COMBINATIONS = 4096
"""The greatest number of combined actions a space may have."""

_IMAGE_CHANNELS = (1, 3, 4)

Space = spaces.Space[Any]


class Observer:
    """Turns an environment's observations into what a network sees."""

    def __init__(
        self, shape: tuple[int, ...], see: Callable[[Any], NDArray[np.float32]], planes: Planes | None = None
    ) -> None:
        self.shape = shape
        """Shape of an observation."""
        self.see = see
        """An environment's observation → float32 [*shape], a new array."""
        self.planes = planes or Planes()
        """What an observation holds, in the words of the space."""


def observer_of(space: Space, where: str) -> Observer:
    """How to see the observations of a space.

    Raises:
        GameError: the space cannot be read as one array of numbers; the message begins with ``where``.
    """
    if isinstance(space, spaces.Box):
        return _numbers(space.shape, space.low.astype(np.float64), space.high.astype(np.float64))
    if isinstance(space, spaces.MultiBinary):
        return _numbers(space.shape, np.zeros(space.shape), np.ones(space.shape))
    if isinstance(space, spaces.Discrete):
        return _one_hot(int(space.n), int(space.start))
    if isinstance(space, spaces.MultiDiscrete):
        return _several_hot(space.nvec.ravel(), space.start.ravel())
    if isinstance(space, spaces.Dict):
        parts = {key: part for key, part in space.spaces.items() if key != MASK}
        return _together(parts, where)
    if isinstance(space, spaces.Tuple):
        return _together(dict(enumerate(space.spaces)), where)
    raise GameError(
        f"{where}: its observations hold a {type(space).__name__}; myoshu sees Box, Discrete, MultiDiscrete and "
        "MultiBinary, and Dict and Tuple of these (a wrapper of yours may leave the rest out, "
        "gymnasium.wrappers.FilterObservation for one)"
    )


def numbered_actions(space: Space, where: str) -> Sequence[Any]:
    """What an environment's ``step`` takes for action 0, 1, 2, …: integers, or read-only arrays of the space's shape.

    Raises:
        GameError: the space is not made of single actions, or of too many; the message begins with ``where``.
    """
    if isinstance(space, spaces.Discrete):
        return range(int(space.start), int(space.start) + int(space.n))
    if isinstance(space, spaces.MultiDiscrete):
        choices = [range(start, start + n) for start, n in zip(space.start.flat, space.nvec.flat, strict=True)]
    elif isinstance(space, spaces.MultiBinary):
        choices = [range(2)] * math.prod(space.shape)
    else:
        raise GameError(
            f"{where}: its actions are a {type(space).__name__}; myoshu plays Discrete, MultiDiscrete and MultiBinary"
        )
    count = math.prod(map(len, choices))
    if count > MOST_COMBINATIONS:
        raise GameError(f"{where}: its actions have {count} combinations; myoshu plays at most {MOST_COMBINATIONS}")
    combined = [np.array(choice, space.dtype).reshape(space.shape) for choice in itertools.product(*choices)]
    for action in combined:
        action.flags.writeable = False
    return combined


def _together(parts: Mapping[Any, Space], where: str) -> Observer:
    """How to see several parts, by their keys, as one vector; one part alone is seen as it is."""
    if not parts:
        raise GameError(f"{where}: its observations hold nothing to see")
    observers = [(key, observer_of(part, f"{where}: {key}")) for key, part in parts.items()]
    if len(observers) == 1:
        (key, only), *_ = observers
        return Observer(only.shape, lambda observation: only.see(observation[key]))

    def see(observation: Any) -> NDArray[np.float32]:
        return np.concatenate([observer.see(observation[key]).ravel() for key, observer in observers])

    return Observer((sum(math.prod(observer.shape) for _, observer in observers),), see)


def _numbers(form: tuple[int, ...], low: NDArray[np.float64], high: NDArray[np.float64]) -> Observer:
    bounded = (np.abs(low) <= FAR) & (np.abs(high) <= FAR) & (low < high)
    centred = bounded & (low != 0)
    with np.errstate(invalid="ignore", over="ignore"):  # values computed from infinite bounds are not used
        offset = np.where(centred, (low + high) / 2, 0.0).astype(np.float32)
        span = np.where(centred, (high - low) / 2, high - low)
        scale = np.where(bounded, 1.0 / np.where(bounded, span, 1.0), 1.0).astype(np.float32)
    shift = offset if offset.any() else None
    stretch = scale if (scale != 1.0).any() else None
    turn, shape = _layout(form)

    def see(observation: Any) -> NDArray[np.float32]:
        seen = np.array(observation, np.float32)
        if shift is not None:
            seen -= shift
        if stretch is not None:
            seen *= stretch
        if turn is not None:
            seen = np.ascontiguousarray(seen.transpose(turn))
        return seen.reshape(shape)

    return Observer(shape, see, _words_of_numbers(form, turn, shape, low, high, bounded))


def _words_of_numbers(
    form: tuple[int, ...],
    turn: tuple[int, ...] | None,
    shape: tuple[int, ...],
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    bounded: NDArray[np.bool_],
) -> Planes:
    """Where each number of a vector comes from and how it was scaled; for images, the channels."""
    if len(shape) > 1:
        channels = form[-1] if turn is not None else form[0] if len(form) == 3 else 1
        words = [f"channel {index % channels}" for index in range(shape[0])]
        if shape[0] > channels:
            words = [f"{word} of image {index // channels}" for index, word in enumerate(words)]
        layout = "rows and columns as in the environment's observation; scaled by the bounds of its space"
        return Planes(words=tuple(words) if len(words) <= MAX_WORDS else (), layout=layout)
    if shape[0] > MAX_WORDS:
        return Planes(layout="the environment's numbers in C order, scaled by the bounds of its space")
    told = []
    bounds = zip(np.ndindex(form), low.flat, high.flat, bounded.flat, strict=True)
    for place, least, most, scaled in bounds:
        where = f"number {', '.join(map(str, place)) or 0} of the environment's observation"
        target = "0 to 1" if least == 0 else "−1 to 1"
        told.append(f"{where}, {least:.6g} to {most:.6g} as {target}" if scaled else f"{where}, as it is")
    return Planes(words=tuple(told))


def _layout(form: tuple[int, ...]) -> tuple[tuple[int, ...] | None, tuple[int, ...]]:
    """How to turn the dimensions of an observation, if at all, and the shape it then gets."""
    if len(form) == 2:
        return None, (1, *form)
    if len(form) in (3, 4):
        *stack, height, width, channels = form
        if channels < min(height, width) and (channels in _IMAGE_CHANNELS or height == width):
            turn = (2, 0, 1) if not stack else (0, 3, 1, 2)
            return turn, (math.prod(stack) * channels, height, width)
        if not stack:
            return None, form
    return None, (math.prod(form),)


def _one_hot(count: int, start: int) -> Observer:
    def see(observation: Any) -> NDArray[np.float32]:
        seen = np.zeros(count, np.float32)
        seen[observation - start] = 1.0
        return seen

    words = tuple(f"1 if the environment shows {start + index}" for index in range(count))
    return Observer((count,), see, Planes(words=words) if count <= MAX_WORDS else None)


def _several_hot(counts: NDArray[np.integer[Any]], starts: NDArray[np.integer[Any]]) -> Observer:
    base = np.cumsum(counts) - counts - starts
    total = int(counts.sum())

    def see(observation: Any) -> NDArray[np.float32]:
        seen = np.zeros(total, np.float32)
        seen[np.ravel(observation) + base] = 1.0
        return seen

    words = tuple(
        f"1 if number {place} of the environment's observation is {start + index}"
        for place, (held, start) in enumerate(zip(counts.tolist(), starts.tolist(), strict=True))
        for index in range(held)
    )
    return Observer((total,), see, Planes(words=words) if total <= MAX_WORDS else None)
