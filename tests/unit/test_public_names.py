"""The list of public names: a change here is a change every user sees, and wants a line in the changelog."""

from __future__ import annotations

import importlib
import inspect

import pytest

NAMES = {
    "myoshu": {
        "Agent", "Algorithm", "Crowd", "Decision", "GameSpec", "Limit", "ModelSpec", "Movers", "Normalization",
        "SearchConfig", "Session", "StopReason", "MyoshuError", "Thinking", "load",
    },
}  # fmt: skip


@pytest.mark.parametrize("module", sorted(NAMES))
def test_public_names_are_these(module: str) -> None:
    assert set(importlib.import_module(module).__all__) == NAMES[module]


@pytest.mark.parametrize("module", sorted(NAMES))
def test_public_names_are_there_and_documented(module: str) -> None:
    space = importlib.import_module(module)
    for name in space.__all__:
        assert inspect.getdoc(getattr(space, name)), f"{module}.{name} has no docstring"


def test_the_names_designed_to_stay_take_what_was_promised() -> None:
    import myoshu

    def parameters(function: object) -> list[str]:
        return list(inspect.signature(function).parameters)  # type: ignore[arg-type]  # any callable will do

    assert parameters(myoshu.load)[:2] == ["path", "providers"]
    assert parameters(myoshu.Agent.new_session)[:3] == ["self", "seed", "level"]
    assert parameters(myoshu.Session.play)[:5] == ["self", "observation", "legal_actions", "limit", "to_play"]
    assert parameters(myoshu.Session.observe)[:2] == ["self", "action"]
    for name in ("think", "analyse"):
        assert hasattr(myoshu.Session, name)
    for name in ("step", "best", "stop", "result"):
        assert hasattr(myoshu.Thinking, name)
    assert {"time", "simulations"} <= set(parameters(myoshu.Limit))
    shown = "action policy value visits principal_variation simulations elapsed provider stop_reason"
    for name in shown.split():
        assert name in myoshu.Decision.__annotations__
