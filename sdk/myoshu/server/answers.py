"""What a client is told of decisions and errors."""

from __future__ import annotations

from typing import Any

from myoshu.errors import ArgumentError, CapacityError, EvaluationError, MyoshuError
from myoshu.protocol.messages import Error, Info, Request, Result, Times
from myoshu.protocol.tensor import Tensor
from myoshu.runtime.decision import Decision

__all__ = ["error_of", "info_of", "result_of", "stop_of"]


def error_of(request: Request, error: MyoshuError) -> Error:
    """What a request is told of an error of the runtime's."""
    kind = str(request.__struct_config__.tag)
    codes: list[tuple[type[MyoshuError], str]] = [
        (CapacityError, "capacity"),
        (EvaluationError, "evaluation"),
        (ArgumentError, "invalid"),
    ]
    code = next((code for held, code in codes if isinstance(error, held)), "internal")
    field, _, rest = str(error).partition(": ")
    expected, comma, got = rest.partition(", got ")
    if not comma:
        return Error(id=request.id, code=code, msg=f"{kind}: {error}")
    return Error(
        id=request.id, code=code, msg=f"{kind}.{error}", field=f"{kind}.{field}",
        expected=expected.removeprefix("expected "), got=got,
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
