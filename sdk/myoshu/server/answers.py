"""What a client is told of decisions and errors."""

from __future__ import annotations

from typing import Any

from myoshu.errors import ArgumentError, CapacityError, EvaluationError, MyoshuError
from myoshu.protocol.messages import Error, Info, Request, Result, Times
from myoshu.protocol.tensor import Tensor
from myoshu.runtime.decision import Decision

__all__ = ["error_of", "info_of", "result_of", "stop_of"]


FIELDS = {"legal_actions": "legal", "observation": "obs", "temperature": "options.temperature"}
"""Arguments of the runtime whose name in messages is another; a crowd's temperature is a key of its own."""


def error_of(request: Request, error: MyoshuError, row: int | None = None) -> Error:
    """What a request is told of an error of the runtime's: it names the request's keys.

    Args:
        request: the request.
        error: what went wrong.
        row: in which row of a crowd.
    """
    kind = str(request.__struct_config__.tag)
    codes: list[tuple[type[MyoshuError], str]] = [
        (CapacityError, "capacity"),
        (EvaluationError, "evaluation"),
        (ArgumentError, "invalid"),
    ]
    code = next((code for held, code in codes if isinstance(error, held)), "internal")
    where, _, rest = str(error).rpartition(": expected ")
    expected, comma, got = rest.partition(", got ")
    if not comma:
        return Error(id=request.id, code=code, msg=f"{kind}: {error}")
    if isinstance(error, EvaluationError):
        field = "obs"  # the network's outputs are no concern of the client's, what it was shown is
    else:
        field = where if kind == "act_batch" and where == "temperature" else FIELDS.get(where, where)
    place = f"{kind}.{field}" + ("" if row is None else f"[{row}]")
    return Error(
        id=request.id, code=code, msg=f"{place}: expected {expected}, got {got}", field=place, expected=expected,
        got=got,
    )  # fmt: skip


def stop_of(decision: Decision) -> Any:
    """Why a search ended, in the protocol's word."""
    return decision.stop_reason.value


def result_of(request: int, decision: Decision, times: Times, model: str) -> Result:
    """The final reply of a search."""
    return Result(
        id=request,
        action=decision.action,
        value=decision.value,
        values=tuple(decision.values.tolist()),
        policy=Tensor.of(decision.policy),
        visits=Tensor.of(decision.visits),
        pv=decision.principal_variation,
        simulations=decision.simulations,
        stop=stop_of(decision),
        times=times,
        provider=decision.provider,
        model=model,
    )


def info_of(request: int, decision: Decision, elapsed: float, stream: tuple[str, ...]) -> Info:
    """The best so far."""
    return Info(
        id=request,
        action=decision.action,
        value=decision.value,
        simulations=decision.simulations,
        elapsed=elapsed,
        policy=Tensor.of(decision.policy) if "policy" in stream else None,
        visits=Tensor.of(decision.visits) if "visits" in stream else None,
        pv=decision.principal_variation if "pv" in stream else None,
    )
