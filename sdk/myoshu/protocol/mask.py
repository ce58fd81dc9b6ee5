"""Legal actions as bits: action a is bit a mod 8, least significant first, of byte ⌊a/8⌋."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["mask_bytes", "pack_masks", "unpack_masks"]


def mask_bytes(actions: int) -> int:
    """How many bytes one mask takes."""
    return (actions + 7) // 8


def pack_masks(masks: NDArray[np.bool_]) -> bytes:
    """Masks, bool [actions] or [n, actions], row by row, each beginning with a new byte."""
    return np.packbits(masks, axis=-1, bitorder="little").tobytes()


def unpack_masks(packed: bytes, rows: int, actions: int) -> NDArray[np.bool_]:
    """The masks, bool [rows, actions].

    Raises:
        ValueError: there are not that many bytes, or an unused bit is set.
    """
    width = mask_bytes(actions)
    if len(packed) != rows * width:
        raise ValueError(f"expected {rows * width} bytes ({rows} masks of {actions} actions), got {len(packed)}")
    bits = np.unpackbits(np.frombuffer(packed, np.uint8).reshape(rows, width), axis=1, bitorder="little")
    if bits[:, actions:].any():
        raise ValueError(f"expected the bits from {actions} on to be 0, got one that is 1")
    return bits[:, :actions].astype(np.bool_)
