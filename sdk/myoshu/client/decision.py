"""What a remote agent decided."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from myoshu.errors import ArgumentError
from myoshu.protocol.messages import Result, Times
from myoshu.protocol.tensor import TYPES, Tensor
from myoshu.runtime.decision import Decision, StopReason
from myoshu.runtime.limit import Limit

__all__ = ["RemoteDecision", "decision_of", "legal_of", "limit_of", "tensor_of"]


@dataclasses.dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class RemoteDecision(Decision):
    """A decision, and where the time went. ``elapsed`` is the server's time from the request to the answer."""

    times: Times
    """Seconds in the queue, in the network, in the rest of the search, and in all."""
    model: str
    """What played."""


def decision_of(result: Result) -> RemoteDecision:
    """The decision in a reply."""
    return RemoteDecision(
        action=result.action,
        policy=np.asarray(result.policy.array(), np.float32),
        value=result.value,
        values=np.array(result.values, np.float32),
        visits=np.asarray(result.visits.array(), np.int32),
        principal_variation=result.pv,
        simulations=result.simulations,
        elapsed=result.times.total,
        provider=result.provider,
        stop_reason=StopReason(result.stop),
        times=result.times,
        model=result.model,
    )


def tensor_of(observation: ArrayLike) -> Tensor:
    """An observation as a tensor: bytes as they are, other numbers as float32.

    Raises:
        ArgumentError: it is no array of numbers.
    """
    try:
        array: NDArray[Any] = np.asarray(observation)
        return Tensor.of(array if array.dtype.str in TYPES.values() else array.astype(np.float32))
    except (ValueError, TypeError) as error:
        raise ArgumentError(f"observation: expected an array of numbers, got: {error}") from error


def legal_of(legal_actions: ArrayLike | None) -> bytes | tuple[int, ...] | None:
    """Legal actions as a mask or a list."""
    if legal_actions is None:
        return None
    given = np.asarray(legal_actions)
    if given.dtype == np.bool_:
        return np.packbits(given, axis=-1, bitorder="little").tobytes()
    if given.ndim != 1 or (given.size and given.dtype.kind not in "iu"):
        raise ArgumentError(f"legal_actions: expected integers or a mask, got {given.dtype} {list(given.shape)}")
    return tuple(given.tolist())


def limit_of(limit: Limit | None) -> dict[str, Any]:
    """A limit as keys of a request."""
    return {} if limit is None else {"time": limit.time, "simulations": limit.simulations}
