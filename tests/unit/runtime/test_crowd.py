"""Many characters in one frame: each is decided for as if it were alone, in its turn, within the budget."""

from __future__ import annotations

from time import perf_counter, thread_time

import numpy as np
import pytest
from numpy.typing import NDArray

from myoshu import Agent, Crowd, Limit, StopReason
from myoshu.errors import ArgumentError, EvaluationError, LegalActionsError, LimitError, ObservationError


def seen(number: int) -> NDArray[np.float32]:
    return np.random.default_rng(2).normal(size=(number, 27)).astype(np.float32)


@pytest.mark.parametrize("size", [1, 7, 64])
@pytest.mark.parametrize("budget", [0.0001, 0.002, 1.0])
def test_each_is_decided_for_as_if_it_were_alone(agent: Agent, size: int, budget: float) -> None:
    observations = seen(20)
    crowd = Crowd(agent, size=size, simulations=24)
    for npc, observation in enumerate(observations):
        crowd.ask(npc, observation, [npc % 4, 4 + npc % 4, 8], npc % 2)
    decisions = {}
    for _ in range(20_000):
        decisions |= crowd.step(budget)
        if not len(crowd):
            break
    assert sorted(decisions) == list(range(20))
    assert crowd.decisions == 20
    for npc, observation in enumerate(observations):
        session = agent.new_session(keep_tree=False)
        alone = session.play(observation, [npc % 4, 4 + npc % 4, 8], Limit(simulations=24), npc % 2)
        decision = decisions[npc]
        assert decision.action == alone.action
        assert decision.visits.tolist() == alone.visits.tolist()
        assert decision.value == alone.value
        assert decision.values.tolist() == alone.values.tolist()
        assert decision.policy.tolist() == alone.policy.tolist()
        assert decision.principal_variation == alone.principal_variation
        assert (decision.simulations, decision.provider) == (alone.simulations, alone.provider)
        assert decision.stop_reason is StopReason.SIMULATIONS
    assert crowd.step(budget) == {}


def test_nobody_is_left_out_however_often_others_ask(agent: Agent) -> None:
    crowd = Crowd(agent, size=8, simulations=16)
    observations = seen(30)
    for npc in range(30):
        crowd.ask(npc, observations[npc])
    served = dict.fromkeys(range(30), 0)
    while min(served.values()) < 3:
        for npc in crowd.step(0.001):
            served[npc] += 1
            crowd.ask(npc, observations[npc])
    assert max(served.values()) <= 5
    assert len(crowd) == 30


@pytest.mark.timing
def test_a_frame_keeps_its_budget(agent: Agent) -> None:
    crowd = Crowd(agent, size=64, simulations=400)
    spent: list[float] = []
    while len(crowd) or not spent:
        begin, busy = perf_counter(), thread_time()
        if not spent:
            for npc, observation in enumerate(seen(64)):
                crowd.ask(npc, observation)
        crowd.step(0.002)
        spent.append(thread_time() - busy)  # of the processor: others may be at it in the meantime
        assert crowd.spent <= perf_counter() - begin
    assert len(spent) > 5
    assert sorted(spent)[len(spent) // 2] < 0.0025


def test_the_best_so_far_and_second_thoughts(agent: Agent) -> None:
    crowd = Crowd(agent, size=2, simulations=5000)
    first, second = seen(2)
    crowd.ask("a", first)
    crowd.ask("b", first)
    crowd.ask("c", first)
    assert crowd.best("a") is None
    crowd.step(0.01)
    while (best := crowd.best("a")) is not None and not best.simulations:  # others were at the processor
        crowd.step(0.01)
    assert best is not None
    assert 0 < best.simulations < 5000
    assert best.stop_reason is StopReason.THINKING
    assert crowd.best("c") is None  # two fit
    crowd.cancel("a")
    crowd.cancel("nobody")
    assert len(crowd) == 2
    crowd.ask("b", second, [3])
    decisions = {}
    while len(crowd):
        decisions |= crowd.step(0.05)
    assert set(decisions) == {"b", "c"}
    assert decisions["b"].action == 3


def test_what_cannot_be_is_refused(agent: Agent) -> None:
    with pytest.raises(ArgumentError, match="size: expected an integer from 1, got 0"):
        Crowd(agent, size=0)
    crowd = Crowd(agent, size=1, simulations=4)
    with pytest.raises(ObservationError):
        crowd.ask(0, np.zeros(3))
    with pytest.raises(LegalActionsError):
        crowd.ask(0, np.zeros(27), [])
    with pytest.raises(ArgumentError, match="to_play: expected an integer from 0 to 1, got 2"):
        crowd.ask(0, np.zeros(27), None, 2)
    with pytest.raises(LimitError):
        crowd.step(0.0)
    assert len(crowd) == 0


def test_a_failure_ends_only_the_searches_concerned(agent: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    crowd = Crowd(agent, size=4, simulations=4)
    crowd.ask("a", seen(1)[0])

    def fail(*_: object) -> bool:
        raise EvaluationError("recurrent.value: NaN")

    with monkeypatch.context() as patch:
        patch.setattr(crowd._planner, "run", fail)  # stands for a network that fails half way
        with pytest.raises(EvaluationError, match="NaN"):
            crowd.step(0.01)
    assert len(crowd) == 0
    crowd.ask("a", seen(1)[0])
    assert "a" in crowd.step(1.0)
