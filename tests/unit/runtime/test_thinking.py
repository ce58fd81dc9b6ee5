"""Thinking in slices of a frame, or in the background."""

from __future__ import annotations

import math
import threading
from time import sleep, thread_time
from typing import Any

import numpy as np
import pytest
from tests.waiting import wait_until

from myoshu.errors import EvaluationError, LimitError
from myoshu.runtime.agent import Agent
from myoshu.runtime.decision import StopReason
from myoshu.runtime.limit import Limit

OBSERVATION = np.random.default_rng(0).standard_normal(27)


def test_slices_come_to_the_same_as_one_search(agent: Agent) -> None:
    limit = Limit(simulations=500)
    thinking = agent.new_session().think(OBSERVATION, [1, 2, 3, 4], limit)
    slices = 0
    while thinking.step(0.0005):
        slices += 1
        assert thinking.best().action in (1, 2, 3, 4)
        assert thinking.best().stop_reason is StopReason.THINKING
        assert not thinking.done
    assert slices > 1
    assert thinking.done
    whole = agent.new_session().play(OBSERVATION, [1, 2, 3, 4], limit)
    decision = thinking.result()
    assert decision.stop_reason is StopReason.SIMULATIONS
    assert decision.visits.tobytes() == whole.visits.tobytes()
    assert decision.policy.tobytes() == whole.policy.tobytes()
    assert thinking.best() is thinking.result()
    assert not thinking.step(0.001)


def test_the_networks_own_choice_is_there_at_once(agent: Agent) -> None:
    best = agent.new_session().think(OBSERVATION, [7, 8]).best()
    assert best.action in (7, 8)
    assert best.simulations == 0


def test_result_thinks_to_the_end(agent: Agent) -> None:
    assert agent.new_session().think(OBSERVATION, limit=Limit(simulations=50)).result().simulations == 50


def test_stop_is_the_end(agent: Agent) -> None:
    thinking = agent.new_session().think(OBSERVATION, limit=Limit(simulations=100_000))
    while not thinking.best().simulations:
        assert thinking.step(0.002)
    thinking.stop()
    decision = thinking.result()
    assert decision.stop_reason is StopReason.STOPPED
    assert 0 < decision.simulations < 100_000
    assert not thinking.step(1.0)
    thinking.stop()
    assert thinking.result() is decision


def test_an_only_move_is_done_at_once(agent: Agent) -> None:
    thinking = agent.new_session().think(OBSERVATION, [3])
    assert thinking.done
    assert not thinking.step(0.001)
    assert thinking.start().result().stop_reason is StopReason.ONLY_MOVE


@pytest.mark.timing
def test_time_between_steps_does_not_count(agent: Agent) -> None:
    thinking = agent.new_session().think(OBSERVATION, limit=Limit(time=0.05))
    assert thinking.step(0.001)
    sleep(0.1)
    assert thinking.step(0.001)
    decision = thinking.result()
    assert decision.stop_reason is StopReason.TIME
    assert decision.elapsed < 0.1


@pytest.mark.timing
def test_a_step_keeps_its_time(agent: Agent) -> None:
    thinking = agent.new_session().think(OBSERVATION, limit=Limit(simulations=1_000_000 // 8))
    late = []
    for _ in range(50):
        begin = thread_time()
        thinking.step(0.002)
        late.append(thread_time() - begin - 0.002)  # of the processor: others may be at it in the meantime
    assert sorted(late)[25] < 0.001


def test_the_background_goes_on_while_others_look(agent: Agent) -> None:
    session = agent.new_session()
    thinking = session.think(OBSERVATION, [0, 4], Limit(simulations=100_000)).start()
    seen = set()
    wait_until(lambda: seen.add(thinking.best().simulations) is None and len(seen) > 5)  # type: ignore[func-returns-value]  # it is None
    assert thinking.step(0.001)
    assert thinking.best().action in (0, 4)
    thinking.stop()
    decision = thinking.result()
    assert decision.stop_reason is StopReason.STOPPED
    assert decision.simulations >= max(seen)
    assert thinking.done


def test_the_background_comes_to_the_same(agent: Agent) -> None:
    limit = Limit(simulations=3000)
    decision = agent.new_session().think(OBSERVATION, limit=limit).start().start().result()
    whole = agent.new_session().play(OBSERVATION, limit=limit)
    assert decision.stop_reason is StopReason.SIMULATIONS
    assert decision.visits.tobytes() == whole.visits.tobytes()


def test_what_the_session_is_asked_next_ends_it(agent: Agent) -> None:
    session = agent.new_session()
    for ask in (
        lambda: session.play(OBSERVATION, limit=Limit(simulations=20)),
        lambda: session.think(OBSERVATION, limit=Limit(simulations=20)).result(),
        lambda: session.observe(0),
    ):
        thinking = session.think(OBSERVATION, limit=Limit(simulations=100_000)).start()
        ask()
        assert thinking.done
        assert thinking.result().stop_reason is StopReason.STOPPED
    sliced = session.think(OBSERVATION, limit=Limit(simulations=100_000))
    sliced.step(0.001)
    before = sliced.best()
    fresh = session.play(OBSERVATION, limit=Limit(simulations=20))
    assert fresh.simulations == 20
    assert sliced.result().visits.tobytes() == before.visits.tobytes()
    assert not sliced.step(0.001)


def test_thinking_on_the_opponents_time_is_kept(agent: Agent) -> None:
    session = agent.new_session()
    thinking = session.think(OBSERVATION, limit=Limit(simulations=100_000), to_play=1).start()
    wait_until(lambda: thinking.best().simulations > 300)
    expected = thinking.best().action
    session.observe(expected)
    decision = session.play(OBSERVATION + 1.0, limit=Limit(simulations=20), to_play=0)
    assert decision.visits.sum() > 50


def test_many_threads_may_ask(agent: Agent) -> None:
    thinking = agent.new_session().think(OBSERVATION, limit=Limit(simulations=4000))
    failures: list[Exception] = []

    def ask() -> None:
        try:
            while thinking.step(0.001):
                assert thinking.best().visits.sum() <= 4000
        except Exception as error:  # noqa: BLE001 - any at all, in another thread, is a failure of the test
            failures.append(error)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert thinking.result().simulations == 4000


def test_a_failing_network_is_heard_of_in_the_foreground(agent: Agent) -> None:
    thinking = agent.new_session().think(OBSERVATION, limit=Limit(simulations=1000))

    def fail(_: object, **__: object) -> None:
        raise EvaluationError("recurrent.value: not finite")

    thinking._deliberation.run = fail  # type: ignore[method-assign]  # stands for a network that fails half way
    thinking.start()
    with pytest.raises(EvaluationError, match="not finite"):
        thinking.result()
    for ask in (thinking.best, thinking.result, lambda: thinking.step(0.01)):
        with pytest.raises(EvaluationError):
            ask()
    assert thinking.done


@pytest.mark.parametrize("budget", [0, -1.0, math.nan, math.inf, "1", None])
def test_a_step_takes_time(agent: Agent, budget: Any) -> None:
    with pytest.raises(LimitError, match="budget: expected seconds above 0"):
        agent.new_session().think(OBSERVATION).step(budget)
