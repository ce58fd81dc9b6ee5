"""Named arrays as bytes, for pipes: msgpack, no pickle."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import msgpack
import numpy as np
from numpy.typing import NDArray

from myoshu.errors import TrainingError

__all__ = ["pack_arrays", "unpack_arrays"]


def pack_arrays(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """Pack the arrays as bytes."""
    packed: bytes = msgpack.packb(
        {name: [array.dtype.str, list(array.shape), array.tobytes()] for name, array in arrays.items()}
    )
    return packed


def unpack_arrays(packed: bytes) -> dict[str, NDArray[Any]]:
    """Unpack what :func:`pack_arrays` packed, as read-only arrays.

    Raises:
        TrainingError: the bytes are damaged.
    """
    try:
        return {name: _array(*array) for name, array in msgpack.unpackb(packed).items()}
    except (ValueError, TypeError, AttributeError, msgpack.UnpackException) as error:
        raise TrainingError(f"arrays: expected packed arrays, got damaged bytes: {error}") from error


def _array(dtype: str, shape: list[int], data: bytes) -> NDArray[Any]:
    kind = np.dtype(dtype)
    if kind.kind not in "biuf" or len(data) != math.prod(shape) * kind.itemsize:
        raise ValueError(f"{dtype} {shape} does not fit {len(data)} bytes")
    return np.frombuffer(data, kind).reshape(shape)
