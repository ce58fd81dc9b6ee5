"""Arrays on the wire: element type, shape and bytes."""

from __future__ import annotations

import math

import msgspec
import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["TYPES", "Tensor"]

TYPES = {
    "f32": "<f4", "f64": "<f8", "i8": "<i1", "i16": "<i2", "i32": "<i4", "i64": "<i8", "u8": "<u1", "u16": "<u2",
    "u32": "<u4", "bool": "?",
}  # fmt: skip
"""NumPy's name for each element type."""
NAMES = {np.dtype(numpy): name for name, numpy in TYPES.items()}
SIZES = {name: np.dtype(numpy).itemsize for name, numpy in TYPES.items()}
MOST_DIMENSIONS = 8


class Tensor(msgspec.Struct, frozen=True, kw_only=True):
    """An array: C order, little-endian. It cannot be created unless its bytes fit its shape."""

    dt: str
    """Element type, one of :data:`TYPES`."""
    sh: tuple[int, ...]
    """The array's shape."""
    b: bytes
    """The elements' bytes."""

    def __post_init__(self) -> None:
        size = SIZES.get(self.dt)
        if size is None:
            raise ValueError(f"dt: expected one of {', '.join(TYPES)}, got {self.dt[:16]!r}")
        if len(self.sh) > MOST_DIMENSIONS or (self.sh and not 0 <= min(self.sh) <= max(self.sh) < 1 << 32):
            raise ValueError(f"sh: expected at most {MOST_DIMENSIONS} sizes from 0, got {str(list(self.sh))[:80]}")
        size *= math.prod(self.sh)
        if len(self.b) != size:
            raise ValueError(f"b: expected {size} bytes for {self.dt} {list(self.sh)}, got {len(self.b)}")
        if self.dt == "bool" and (others := self.b.translate(None, b"\0\1")):
            raise ValueError(f"b: expected 0 or 1 for bool, got {others[0]}")

    @staticmethod
    def of(array: ArrayLike) -> Tensor:
        """The tensor of an array of one of the element types.

        Raises:
            ValueError: its elements are of another type.
        """
        given = np.asarray(array)
        if (name := NAMES.get(given.dtype)) is not None:
            return Tensor(dt=name, sh=given.shape, b=given.tobytes())
        name = NAMES.get(given.dtype.newbyteorder("<"))
        if name is None:
            raise ValueError(f"dt: expected an array of one of {', '.join(TYPES)}, got {given.dtype}")
        return Tensor(dt=name, sh=given.shape, b=given.astype(given.dtype.newbyteorder("<"), order="C").tobytes())

    def array(self) -> NDArray[np.generic]:
        """The array, read-only, over the same memory."""
        return np.frombuffer(self.b, TYPES[self.dt]).reshape(self.sh)
