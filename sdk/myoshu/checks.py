"""Numbers that a caller gives, checked: one message for each kind of number.

What is returned is Python's own ``int`` or ``float``, to be kept instead of what was given.
"""

from __future__ import annotations

import math
import operator
import sys
from typing import Any

import numpy as np

from myoshu.errors import ArgumentError, MyoshuError

__all__ = ["integer", "interval", "number", "positive", "whole"]

_NO_NUMBERS = (bool, np.bool_, str, bytes)
"""What ``float`` takes all the same."""


def whole(value: Any) -> int | None:
    """The integer that a value is, NumPy's too; None for anything else, a boolean among them."""
    if isinstance(value, bool):
        return None
    try:
        return operator.index(value)
    except TypeError:
        return None


def integer(
    field: str,
    value: Any,
    low: int,
    high: int | None = None,
    *,
    exact: bool = False,
    error: type[MyoshuError] = ArgumentError,
) -> int:
    """An integer from ``low`` to ``high``.

    Args:
        field: how the error calls it.
        value: what was given.
        low: the least that it may be.
        high: the greatest that it may be; any if None.
        exact: whether only Python's own integers will do, because the value stays where it is.
        error: what is raised.

    Raises:
        MyoshuError: it is not; of the kind that ``error`` says.
    """
    found = whole(value)
    if found is None or found < low or (high is not None and found > high) or (exact and not isinstance(value, int)):
        upper = "" if high is None else f" to {high}"
        raise error(f"{field}: expected an integer from {low}{upper}, got {value!r:.60}")
    return found


def number(field: str, value: Any, low: float, high: float | None = None) -> float:
    """A number from ``low`` to ``high``, which may be infinite; finite if there is no ``high``.

    Raises:
        ArgumentError: it is not.
    """
    found = _float(value)
    if not low <= found <= (sys.float_info.max if high is None else high):
        upper = "" if high is None else f" to {high:g}"
        raise ArgumentError(f"{field}: expected a number from {low:g}{upper}, got {value!r:.60}")
    return found


def positive(field: str, value: Any, what: str = "a number", *, error: type[MyoshuError] = ArgumentError) -> float:
    """A finite number above 0, called ``what``.

    Raises:
        MyoshuError: it is not; of the kind that ``error`` says.
    """
    found = _float(value)
    if not 0.0 < found < math.inf:
        raise error(f"{field}: expected {what} above 0, got {value!r:.60}")
    return found


def interval(
    field: str, value: Any, *, like: str = "", error: type[MyoshuError] = ArgumentError
) -> tuple[float, float]:
    """Two finite numbers, the second no less than the first.

    Args:
        field: how the error calls them.
        value: what was given.
        like: an example for the error.
        error: what is raised.

    Raises:
        MyoshuError: they are not; of the kind that ``error`` says.
    """
    try:
        low, high = map(_float, value)
    except (TypeError, ValueError):
        low, high = math.nan, math.nan
    if not (math.isfinite(low) and math.isfinite(high) and low <= high):
        example = f", as {like}" if like else ""
        raise error(f"{field}: expected two finite numbers in order{example}, got {value!r:.60}")
    return low + 0.0, high + 0.0  # no negative zero


def _float(value: Any) -> float:
    """A value as a number; NaN for what is none, a boolean or a text among them."""
    try:
        return math.nan if isinstance(value, _NO_NUMBERS) else float(value)
    except (TypeError, ValueError, OverflowError):
        return math.nan
