"""How long an evaluation takes: an estimate that neither one hold-up nor its own height can spoil."""

from __future__ import annotations

import math

import numpy as np
import pytest

from myoshu.runtime.agent import Agent
from myoshu.runtime.decision import StopReason
from myoshu.runtime.limit import Limit
from myoshu.runtime.pace import Pace

OBSERVATION = np.random.default_rng(0).standard_normal(27)


def test_one_hold_up_raises_the_estimate_by_a_half_at_most() -> None:
    pace = Pace()
    for _ in range(3):
        pace.note(10, 0.01)
    assert pace.seconds == pytest.approx(0.001)
    pace.note(1, 3600.0)
    assert pace.seconds == pytest.approx(0.0015)
    for _ in range(10):
        pace.note(10, 0.01)
    assert pace.seconds == pytest.approx(0.001, rel=0.01)
    for _ in range(20):
        pace.note(1, 0.1)  # a machine that has really become slow
    assert pace.seconds == pytest.approx(0.1, rel=0.01)


def test_an_estimate_that_lets_nothing_be_measured_falls() -> None:
    pace = Pace()
    pace.starve()
    assert math.isnan(pace.seconds)
    pace.note(1, 4.0)  # the very first was held up: nothing bounds it
    for _ in range(40):
        pace.starve()
    assert pace.seconds < 0.001
    pace.note(1, 0.002)
    for _ in range(40):
        pace.starve()
    assert pace.seconds == 0.002  # but no lower than the fastest: a limit below it allows nothing


class Clock:
    """Stands for :func:`time.perf_counter`: each look takes a microsecond, and the machine may sleep."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 1e-6
        return self.now


def test_the_machine_may_sleep_in_a_search(agent: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    for module in ("deliberation", "planner", "session"):
        monkeypatch.setattr(f"myoshu.runtime.{module}.perf_counter", clock)
    session = agent.new_session(max_simulations=200)
    evaluate, naps = session.agent.evaluator.bind, [0.0]

    def searched() -> int:
        decision = session.play(OBSERVATION, limit=Limit(time=0.005))
        assert decision.stop_reason is StopReason.TIME
        return decision.simulations

    def bind(graph, arrays):  # type: ignore[no-untyped-def]
        binding = evaluate(graph, arrays)

        def run() -> None:
            binding.run()
            clock.now += 1e-4 + naps.pop() if naps else 1e-4

        return binding._replace(run=run)

    naps.clear()
    monkeypatch.setattr(session.agent.evaluator, "bind", bind)
    monkeypatch.setattr(session.agent.evaluator, "network", lambda graph, arrays: None)
    usual = searched()
    assert usual > 20
    for asleep in (4.0, 3600.0):
        naps.append(asleep)
        searched()
        for _ in range(10):
            assert searched() > usual // 2
    assert session._kept.trees.pace.seconds == pytest.approx(1e-4, rel=0.2)
    session._kept.trees.pace.seconds = 60.0  # however it came to this
    assert [searched() > 0 for _ in range(60)][-1]


def test_a_limit_below_one_evaluation_allows_none(agent: Agent) -> None:
    session = agent.new_session()
    session.play(OBSERVATION, limit=Limit(time=0.01))
    for _ in range(50):
        assert session.play(OBSERVATION, limit=Limit(time=1e-7)).simulations == 0
