"""Playing by visit counts."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from myoshu.errors import ArgumentError

__all__ = ["visit_policy"]


def visit_policy(visits: ArrayLike, temperature: float) -> NDArray[np.float64]:
    """The probabilities with which to play, given visit counts: N(a)^(1/T) / Σ N(b)^(1/T) (MuZero, Appendix D).

    Args:
        visits: integers [..., actions], 0 or more, with at least one visit in each row.
        temperature: T ≥ 0; at 0 the most visited action has it all, the lowest of them among equals.

    Returns:
        float64 [..., actions], each row summing to 1.

    Raises:
        ArgumentError: there are no visits, a count is negative, or the temperature is.
    """
    counts = np.asarray(visits, np.float64)
    if counts.ndim == 0 or counts.shape[-1] == 0 or not np.isfinite(counts).all() or (counts < 0).any():
        raise ArgumentError(f"visits: expected counts from 0, got {visits!r}")
    most = counts.max(-1, keepdims=True)
    if (most == 0).any():
        raise ArgumentError("visits: expected at least one visit, got none")
    if not (np.isfinite(temperature) and temperature >= 0):
        raise ArgumentError(f"temperature: expected a finite number from 0, got {temperature!r}")
    if temperature == 0:
        best = counts.argmax(-1)
        return np.asarray(np.arange(counts.shape[-1]) == best[..., np.newaxis], np.float64)
    # Relative to the most visited: a small temperature cannot overflow.
    with np.errstate(divide="ignore"):
        weights = np.exp(np.log(counts / most) / temperature)
    return np.asarray(weights / weights.sum(-1, keepdims=True))
