"""The answers to a client: decisions and errors."""

from __future__ import annotations

from typing import Any

from myoshu.errors import ArgumentError, CapacityError, EvaluationError, MyoshuError
from myoshu.protocol.messages import Error, Info, Request, Result, Times
from myoshu.protocol.tensor import Tensor
from myoshu.runtime.decision import Decision

__all__ = ["error_of", "info_of", "result_of", "stop_of"]


FIELDS = {"legal_actions": "legal", "observation": "obs", "temperature": "options.temperature"}
"""Arguments of the runtime that have another name in messages; a crowd's temperature is a separate key."""


def error_of(request: Request, error: MyoshuError, row: int | None = None) -> Error:
    """A runtime error as the answer to a request: it names the request's keys.

    Args:
        request: the request.
        error: what went wrong.
        row: the row of a crowd in which it happened.
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
        field = "obs"  # the client should see its own input, not the network's outputs
    else:
        field = where if kind == "act_batch" and where == "temperature" else FIELDS.get(where, where)
    place = f"{kind}.{field}" + ("" if row is None else f"[{row}]")
    return Error(
        id=request.id, code=code, msg=f"{place}: expected {expected}, got {got}", field=place, expected=expected,
        got=got,
    )  # fmt: skip


def stop_of(decision: Decision) -> Any:
    """Why a search ended, in the protocol's terms."""
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
    """An ``info`` with the best so far."""
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
