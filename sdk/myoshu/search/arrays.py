"""Checks of the arrays that a caller passes in."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from myoshu.errors import ArgumentError
from myoshu.search import _core

__all__ = ["all_finite", "as_booleans", "as_floats", "as_integers", "as_list", "require_buffer"]

FLOAT32, INT32, BOOL = np.dtype(np.float32), np.dtype(np.int32), np.dtype(np.bool_)


def all_finite(array: NDArray[np.float32]) -> bool:
    """Whether a contiguous array of any shape has neither NaN nor infinity."""
    return _core.all_finite(array)


def as_floats(field: str, value: ArrayLike, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """The value as a contiguous float32 array.

    Raises:
        ArgumentError: it holds no numbers, or has another shape.
    """
    if _is_ready(value, FLOAT32, shape):
        return np.asarray(value)
    with np.errstate(over="ignore"):  # too large for float32 becomes infinite, and is found
        return np.ascontiguousarray(_checked(field, value, "fiu", "numbers", shape), np.float32)


def as_booleans(field: str, value: ArrayLike, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """The value as a contiguous bool array.

    Raises:
        ArgumentError: it is not boolean, or has another shape.
    """
    if _is_ready(value, BOOL, shape):
        return np.asarray(value)
    return np.ascontiguousarray(_checked(field, value, "b", "booleans", shape))


def as_integers(field: str, value: ArrayLike | int, shape: tuple[int, ...]) -> NDArray[np.int32]:
    """The value as a contiguous int32 array; a single integer stands for an array of it.

    Raises:
        ArgumentError: it holds other than integers of 32 bits, or has another shape.
    """
    if isinstance(value, int) and not isinstance(value, bool) and -(1 << 31) <= value < 1 << 31:
        many = np.empty(shape, np.int32)
        many.fill(value)
        return many
    if _is_ready(value, INT32, shape):
        return np.asarray(value)
    array = _array(field, value)
    if array.ndim == 0 and array.dtype.kind in "iu":
        number = int(array)
        if not -(1 << 31) <= number < 1 << 31:
            raise ArgumentError(f"{field}: expected integers of 32 bits, got {number}")
        return np.full(shape, number, np.int32)
    array = _checked(field, array, "iu", "integers", shape)
    narrow = np.ascontiguousarray(array, np.int32)
    if array.dtype.itemsize > 4 and not (narrow == array).all():
        raise ArgumentError(f"{field}: expected integers of 32 bits, got {array}")
    return narrow


def as_list(field: str, value: ArrayLike) -> NDArray[np.int32]:
    """The value as a contiguous int32 array of one dimension and any length.

    Raises:
        ArgumentError: it is not a sequence of integers of 32 bits.
    """
    array = _array(field, value)
    if array.ndim == 1 and _is_ready(array, INT32, array.shape):
        return array
    if array.ndim != 1:
        raise ArgumentError(f"{field}: expected a list of integers, got an array of {array.ndim} dimensions")
    return as_integers(field, array if array.size else array.astype(np.int32), array.shape)


def require_buffer(field: str, array: NDArray[Any], dtype: type[np.generic], shape: tuple[int, ...]) -> None:
    """Check an array that will be shared, not copied.

    Raises:
        ArgumentError: it has another type or shape, or is not contiguous.
    """
    if not isinstance(array, np.ndarray) or array.dtype != dtype or array.shape != shape:
        got = f"{array.dtype} {list(array.shape)}" if isinstance(array, np.ndarray) else repr(type(array).__name__)
        raise ArgumentError(f"{field}: expected a {np.dtype(dtype)} array of shape {list(shape)}, got {got}")
    if not array.flags.c_contiguous:
        raise ArgumentError(f"{field}: expected a contiguous array, got one with strides {array.strides}")


def _is_ready(value: object, dtype: np.dtype[Any], shape: tuple[int, ...]) -> bool:
    """Whether it needs neither checking nor copying."""
    if not isinstance(value, np.ndarray):
        return False
    return value.dtype == dtype and value.shape == shape and value.flags.c_contiguous


def _array(field: str, value: ArrayLike) -> NDArray[Any]:
    try:
        return np.asarray(value)
    except ValueError as error:
        raise ArgumentError(f"{field}: expected an array, got a ragged sequence") from error


def _checked(field: str, value: ArrayLike, kinds: str, expected: str, shape: tuple[int, ...]) -> NDArray[Any]:
    array = _array(field, value)
    if array.shape != shape:
        raise ArgumentError(f"{field}: expected shape {list(shape)}, got {list(array.shape)}")
    if array.dtype.kind not in kinds and array.size:
        raise ArgumentError(f"{field}: expected {expected}, got {array.dtype}")
    return array
