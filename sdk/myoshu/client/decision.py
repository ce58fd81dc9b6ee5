"""The decision of a remote agent."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from myoshu.errors import ArgumentError, RemoteProtocolError
from myoshu.protocol.messages import Acts, Model, Result, Times
from myoshu.protocol.tensor import TYPES, Tensor
from myoshu.runtime.decision import Decision, StopReason
from myoshu.runtime.limit import Limit

__all__ = ["RemoteDecision", "check_acts", "check_result", "decision_of", "legal_of", "limit_of", "tensor_of"]


@dataclasses.dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class RemoteDecision(Decision):
    """A decision, and the times of its parts. ``elapsed`` is the server's time from the request to the answer."""

    times: Times
    """Seconds in the queue, in the network, in the rest of the search, and in total."""
    model: str
    """The name of the model that decided."""


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


def check_result(models: tuple[Model, ...], model: str, legal_actions: ArrayLike | None) -> Callable[[Result], None]:
    """A function that checks that a reply's action is one that its request called legal.

    Args:
        models: the server's models.
        model: the name of the session's model.
        legal_actions: as the request gave them.
    """
    actions = _actions(models, model)
    legal = None if legal_actions is None else np.array(legal_actions)

    def check(result: Result) -> None:
        """Raise :class:`RemoteProtocolError` if it is not."""
        right = actions is None or result.action < actions
        if legal is not None:
            allowed = np.flatnonzero(legal) if legal.dtype == np.bool_ else legal
            right = right and bool((allowed == result.action).any())
        if not right:
            raise RemoteProtocolError("invalid", "result.action", "a legal action", str(result.action))

    return check


def check_acts(
    models: tuple[Model, ...], model: str | None, rows: int, legal_actions: NDArray[np.bool_] | None
) -> Callable[[Acts], None]:
    """The same for a crowd of ``rows`` rows; other arguments as for :func:`check_result`."""
    actions = _actions(models, models[0].name if model is None and models else model)
    legal = None if legal_actions is None else np.array(legal_actions)

    def check(acts: Acts) -> None:
        """Raise :class:`RemoteProtocolError` if it is not."""
        for field in ("actions", "values", "simulations"):
            if len(getattr(acts, field)) != rows:
                raise RemoteProtocolError("invalid", f"acts.{field}", f"{rows}", str(len(getattr(acts, field))))
        for row, action in enumerate(acts.actions):
            if (actions is not None and action >= actions) or (legal is not None and not legal[row, action]):
                raise RemoteProtocolError("invalid", f"acts.actions[{row}]", "a legal action", str(action))

    return check


def _actions(models: tuple[Model, ...], name: str | None) -> int | None:
    """The number of actions of a model's game."""
    return next((model.game.actions for model in models if model.name == name), None)


def tensor_of(observation: ArrayLike) -> Tensor:
    """An observation as a tensor: bytes as they are, other numbers as float32.

    Raises:
        ArgumentError: it is not an array of numbers.
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
