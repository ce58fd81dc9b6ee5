"""Checks of requests' arguments, and how requests are refused."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from myoshu.protocol.mask import mask_bytes, unpack_masks
from myoshu.protocol.messages import Error
from myoshu.protocol.tensor import Tensor
from myoshu.search.arrays import all_finite

__all__ = ["Refusal", "finite", "legal_actions", "masks"]


class Refusal(Exception):  # noqa: N818 -- an answer to a peer, not an error of ours
    """A request is answered with an error.

    Args:
        code: one of the codes in ``bindings/PROTOCOL.md``.
        field: the field's path.
        expected: what was expected.
        got: what came instead.
        retry: seconds after which to try again.
    """

    def __init__(self, code: str, field: str, expected: str, got: str, retry: float | None = None) -> None:
        super().__init__(f"{field}: expected {expected}, got {got}")
        self.code, self.field, self.expected, self.got, self.retry = code, field, expected, got, retry

    def reply(self, request: int) -> Error:
        """The ``error`` that answers a request."""
        return Error(
            id=request, code=self.code, msg=str(self), field=self.field, expected=self.expected, got=self.got,
            retry=self.retry,
        )  # fmt: skip


def finite(field: str, tensor: Tensor, shape: tuple[int, ...]) -> NDArray[np.generic]:
    """An observation's array, of this shape."""
    if tensor.sh != shape:
        raise Refusal("invalid", f"{field}.sh", str(list(shape)), str(list(tensor.sh)))
    array: NDArray[Any] = tensor.array()
    if not (all_finite(array) if array.dtype == np.float32 else np.isfinite(array).all()):
        raise Refusal("invalid", f"{field}.b", "finite numbers", "NaN or infinity")
    return array


def legal_actions(
    field: str, legal: bytes | tuple[int, ...] | None, actions: int
) -> NDArray[np.bool_] | NDArray[np.int64] | None:
    """A mask or a list as a session takes it."""
    if isinstance(legal, bytes):
        mask: NDArray[np.bool_] = masks(field, legal, 1, actions)[0]
        return mask
    return None if legal is None else np.array(legal, np.int64)


def masks(field: str, packed: bytes, rows: int, actions: int) -> NDArray[np.bool_]:
    """Masks with at least one action each, bool [rows, actions]."""
    if len(packed) != rows * mask_bytes(actions):
        expected = f"{rows * mask_bytes(actions)} bytes ({rows} masks of {actions} actions)"
        raise Refusal("invalid", field, expected, str(len(packed)))
    try:
        found = unpack_masks(packed, rows, actions)
    except ValueError as error:
        raise Refusal("invalid", field, f"bits from {actions} on that are 0", "one that is 1") from error
    if not found.any(axis=1).all():
        raise Refusal("invalid", field, "at least one action in each mask", "none")
    return found
