"""Limits of a session's search: in time, in simulations, in memory."""

from __future__ import annotations

import math
import sys
from time import thread_time

import numpy as np
import pytest
from tests.unit.runtime.decisions import OBSERVATION, QUICK, same

from myoshu.errors import CapacityError
from myoshu.runtime.agent import Agent
from myoshu.runtime.decision import StopReason
from myoshu.runtime.limit import Limit


def test_the_bundles_own_budget_is_the_default(agent: Agent) -> None:
    assert agent.new_session().play(OBSERVATION).simulations == agent.manifest.search.simulations


def test_one_legal_move_needs_no_thought(agent: Agent) -> None:
    decision = agent.new_session().play(OBSERVATION, [6], Limit(time=60.0))
    assert (decision.action, decision.simulations) == (6, 0)
    assert decision.stop_reason is StopReason.ONLY_MOVE
    assert decision.policy[6] == pytest.approx(1.0)
    assert math.isfinite(decision.value)
    assert decision.elapsed < 60


@pytest.mark.timing
@pytest.mark.parametrize("limit", [0.003, 0.02, 0.1])
def test_a_time_limit_is_kept(agent: Agent, limit: float) -> None:
    session = agent.new_session()
    session.play(OBSERVATION, limit=Limit(time=limit))
    late, simulations = [], []
    for _ in range(20):
        begin = thread_time()
        decision = session.play(OBSERVATION, limit=Limit(time=limit))
        late.append(thread_time() - begin - limit)  # of the processor: others may be at it in the meantime
        simulations.append(decision.simulations)
        assert decision.stop_reason is StopReason.TIME
    assert max(simulations) > 0
    assert sorted(late)[len(late) // 2] < 0.002


def test_a_time_too_short_for_anything_gives_the_raw_policy(agent: Agent) -> None:
    decision = agent.new_session().play(OBSERVATION, [2, 3], Limit(time=1e-9))
    assert decision.simulations == 0
    assert decision.stop_reason is StopReason.TIME
    prior = agent.evaluator.initial([OBSERVATION])["prior"][0, [2, 3]]
    np.testing.assert_allclose(decision.policy[[2, 3]], prior / prior.sum(), rtol=1e-5)
    assert decision.action == (2, 3)[int(prior.argmax())]


def test_both_limits_hold(agent: Agent) -> None:
    session = agent.new_session()
    decision = session.play(OBSERVATION, limit=Limit(time=30.0, simulations=12))
    assert (decision.simulations, decision.stop_reason) == (12, StopReason.SIMULATIONS)
    assert same(decision, agent.new_session().play(OBSERVATION, limit=Limit(simulations=12)))
    decision = session.play(OBSERVATION, limit=Limit(time=0.01, simulations=10_000_000 // 4096))
    assert decision.stop_reason in (StopReason.TIME, StopReason.SIMULATIONS)


def test_a_tree_grows_no_larger_than_its_memory(agent: Agent) -> None:
    decision = agent.new_session(max_simulations=40).play(OBSERVATION, limit=Limit(time=60.0))
    assert (decision.simulations, decision.stop_reason) == (40, StopReason.CAPACITY)


def test_more_than_the_memory_is_refused_before_the_search(agent: Agent) -> None:
    with pytest.raises(CapacityError):
        agent.new_session().play(OBSERVATION, limit=Limit(simulations=1 << 40))
    with pytest.raises(CapacityError):
        agent.new_session().play(OBSERVATION, limit=Limit(simulations=1 << 29))


def test_memory_is_said(agent: Agent) -> None:
    session = agent.new_session()
    assert session.nbytes == 0
    session.play(OBSERVATION, limit=QUICK)
    before = session.nbytes
    assert before > 0
    session.play(OBSERVATION, limit=QUICK)
    assert session.nbytes == before


def test_no_number_is_too_large_or_too_small(agent: Agent) -> None:
    longest = Limit(time=sys.float_info.max, simulations=16)
    expected = agent.new_session(1, temperature=0.01).play(OBSERVATION, limit=QUICK)
    with np.errstate(all="raise"):
        assert agent.new_session().play(OBSERVATION, limit=longest).simulations == 16
        assert same(agent.new_session(1, temperature=0.01).play(OBSERVATION, limit=QUICK), expected)
        agent.new_session().play(OBSERVATION * 1e-300, limit=QUICK)


def test_a_short_time_takes_no_memory_for_simulations_it_cannot_hold(agent: Agent) -> None:
    session = agent.new_session()
    decision = session.play(OBSERVATION, limit=Limit(time=1e-6, simulations=10_000_000))
    assert decision.stop_reason is StopReason.TIME
    assert session.nbytes < 1 << 24
