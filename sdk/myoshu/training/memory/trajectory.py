"""A played game, as arrays; and many of them as bytes, for pipes and files."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgpack
import numpy as np
from numpy.typing import NDArray

from myoshu.errors import TrainingError

__all__ = ["Trajectory", "pack_trajectories", "unpack_trajectories"]


@dataclass(frozen=True, kw_only=True)
class Trajectory:
    """The T positions of one finished game to learn from: random opening plies are left out."""

    observations: NDArray[np.float32]
    """float32 [T, *observation]: what the mover saw."""
    actions: NDArray[np.int32]
    """int32 [T]: the actions played."""
    rewards: NDArray[np.float32]
    """float32 [T, players]: each player's reward for it."""
    movers: NDArray[np.int32]
    """int32 [T]: who moved."""
    legal: NDArray[np.bool_]
    """bool [T, actions]: the legal actions."""
    policies: NDArray[np.float32]
    """float32 [T, actions]: the search's improved policy, 0 on illegal actions."""
    values: NDArray[np.float32]
    """float32 [T, players]: the search's value of the position, for each player."""
    explored: NDArray[np.bool_]
    """bool [T]: whether the action was drawn at random, not chosen by the search."""
    truncated: bool = False
    """Whether the game was cut off by a limit to its length rather than ended by its rules."""
    seed: int = 0
    """Seed of the game's chance: ``game.new_state(np.random.default_rng(seed))``."""
    opening: tuple[int, ...] = ()
    """The random plies before the first position."""
    opening_rewards: tuple[float, ...] = ()
    """For each player, what the opening paid; empty for nothing."""

    def __len__(self) -> int:
        return len(self.actions)

    def source(self, ply: int) -> str:
        """The origin of position ``ply``, for messages: enough to reach it again."""
        moves = [*self.opening, *self.actions[:ply].tolist()]
        return f"(a game of seed {self.seed}, after the moves {moves})"


_ORIGIN = ("truncated", "seed", "opening", "opening_rewards")
_DTYPES = {
    "observations": np.dtype("<f4"),
    "actions": np.dtype("<i4"),
    "rewards": np.dtype("<f4"),
    "movers": np.dtype("<i4"),
    "legal": np.dtype("|b1"),
    "policies": np.dtype("<f4"),
    "values": np.dtype("<f4"),
    "explored": np.dtype("|b1"),
}


def pack_trajectories(trajectories: Sequence[Trajectory]) -> bytes:
    """The trajectories as bytes (msgpack of little-endian arrays): no pickle."""
    message: dict[str, Any] = {
        "lengths": [len(trajectory) for trajectory in trajectories],
        "origins": [[getattr(trajectory, name) for name in _ORIGIN] for trajectory in trajectories],
    }
    for name, dtype in _DTYPES.items():
        whole = np.concatenate([getattr(trajectory, name) for trajectory in trajectories])
        message[name] = [list(whole.shape), whole.astype(dtype, copy=False).tobytes()]
    packed: bytes = msgpack.packb(message)
    return packed


def unpack_trajectories(packed: bytes) -> list[Trajectory]:
    """Unpack what :func:`pack_trajectories` packed.

    Raises:
        TrainingError: the bytes are damaged.
    """
    try:
        message = msgpack.unpackb(packed)
        lengths = [int(length) for length in message["lengths"]]
        arrays = {name: _array(name, dtype, message[name], sum(lengths)) for name, dtype in _DTYPES.items()}
        origins = [_origin(*origin) for origin in message["origins"]]
    except (ValueError, TypeError, KeyError, msgpack.UnpackException) as error:
        raise TrainingError(f"trajectories: expected packed games, got damaged bytes: {error}") from error
    ends = np.cumsum(lengths)
    return [
        Trajectory(**origin | {name: array[end - length : end] for name, array in arrays.items()})
        for length, end, origin in zip(lengths, ends, origins, strict=True)
    ]


def _origin(truncated: bool, seed: int, opening: list[int], rewards: list[float]) -> dict[str, Any]:
    return {"truncated": truncated, "seed": seed, "opening": tuple(opening), "opening_rewards": tuple(rewards)}


def _array(name: str, dtype: np.dtype[Any], packed: tuple[list[int], bytes], positions: int) -> NDArray[Any]:
    shape, data = packed
    if not shape or shape[0] != positions or len(data) != math.prod(shape) * dtype.itemsize:
        raise ValueError(f"{name}: shape {shape} does not fit {len(data)} bytes of {positions} positions")
    return np.frombuffer(data, dtype).reshape(shape)
