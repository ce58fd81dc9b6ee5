"""Which searches go on in a slice of time: all alike, wherever their trees lie."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import myoshu
from myoshu.protocol.messages import Open, Think
from myoshu.protocol.tensor import Tensor
from myoshu.runtime.agent import Agent
from myoshu.server.metrics import Metrics
from myoshu.server.models import Models
from myoshu.server.pool import Pools
from myoshu.server.scheduler import Scheduler
from myoshu.server.service import AgentService
from myoshu.server.settings import Settings
from myoshu.server.shared import Shared


@pytest.fixture
def client(shared: Shared) -> Callable[[int], tuple[AgentService, list[Any]]]:
    def connect(sessions: int) -> tuple[AgentService, list[Any]]:
        said: list[Any] = []
        service = AgentService(shared, said.append)
        for number in range(sessions):
            service.handle(Open(id=number + 1, seed=number))
        return service, said

    return connect


def simulations(service: AgentService) -> list[int]:
    return [job.deliberation.simulations for jobs in service._thinking.values() for job in jobs]


def test_a_search_among_few_gets_no_more_of_the_time_than_one_among_many(
    shared: Shared, client: Callable[[int], tuple[AgentService, list[Any]]], observations: np.ndarray[Any, Any]
) -> None:
    """The first 64 sessions' trees lie in one planner and the last 8 in another, which share each slice."""
    service, _ = client(72)
    for session in range(72):
        observation = Tensor.of(observations[session % 64])
        service.handle(Think(id=1000 + session, session=session, obs=observation, simulations=2000))
    for _ in range(10):
        assert shared.scheduler.step(0.01)
    while np.mean(simulations(service)[:64]) <= 20:  # where others are at the processor, some slices hold one wave
        assert shared.scheduler.step(0.01)
    assert len(shared.pools.chunks()) == 2
    made = simulations(service)
    first, last = np.mean(made[:64]), np.mean(made[64:])
    assert first > 20, (first, last)
    assert 1 / 3 < last / first < 2.5, (first, last)
    service.end()


def test_a_search_with_another_network_goes_on_beside_many(
    agent: Agent, other_agent: Agent, observations: np.ndarray[Any, Any]
) -> None:
    """One among 64: its planner's share of a slice may be too short to begin a wave in; it makes one all the same."""
    shared = Shared(Models({"mlp": agent, "other": other_agent}), Settings(), Pools(), Scheduler(), Metrics())
    many, one = (AgentService(shared, lambda message: None) for _ in range(2))
    for session in range(64):
        many.handle(Open(id=session + 1, seed=session))
        observation = Tensor.of(observations[session])
        many.handle(Think(id=1000 + session, session=session, obs=observation, simulations=2000))
    one.handle(Open(id=1, seed=1, model="other"))
    one.handle(Think(id=2, session=0, obs=Tensor.of(observations[0]), simulations=2000))
    for _ in range(20):
        assert shared.scheduler.step(0.00001)
    assert min(simulations(many)) >= 10
    assert simulations(one)[0] >= 10
    many.end()
    one.end()


@pytest.mark.parametrize("resumable", [True, False])
def test_replies_are_kept_for_those_alone_who_can_come_back(
    shared: Shared, observations: np.ndarray[Any, Any], resumable: bool
) -> None:
    said: list[Any] = []
    service = AgentService(shared, said.append, resumable=resumable)
    service.handle(Open(id=1, seed=1))
    service.handle(Think(id=2, session=0, obs=Tensor.of(observations[0]), simulations=4))
    while shared.scheduler.step(0.01):
        pass
    assert [type(reply).__name__ for reply in said] == ["Opened", "Result"]
    service.detach()
    service.attach(said.append, (2,))
    assert type(said[-1]).__name__ == ("Result" if resumable else "Error")
    service.end()


def test_a_client_of_few_searches_gets_its_part_of_the_time(shared: Shared, observations: Any) -> None:
    many, few = (AgentService(shared, lambda message: None) for _ in range(2))
    for service, sessions in ((many, 64), (few, 1)):
        for session in range(sessions):
            service.handle(Open(id=session + 1, seed=session))
            request = Think(id=1000 + session, session=session, obs=Tensor.of(observations[session]), simulations=60000)
            service.handle(request)
    for _ in range(60):
        assert shared.scheduler.step(0.003)
    assert simulations(few)[0] > 3 * np.mean(simulations(many))
    assert min(simulations(many)) > 0
    many.end()
    few.end()


def test_the_searches_of_one_that_is_gone_rest_and_go_on_with_it(
    shared: Shared, agent: Agent, observations: Any
) -> None:
    said: list[Any] = []
    service = AgentService(shared, said.append)
    service.handle(Open(id=1, seed=4))
    service.handle(Think(id=2, session=0, obs=Tensor.of(observations[0]), simulations=300))
    shared.scheduler.step(1e-6)
    service.detach()
    (before,) = simulations(service)
    assert before < 300
    assert not shared.scheduler.step(0.01)
    assert len(shared.scheduler) == 0
    assert simulations(service) == [before]
    service.attach(said.append, (2,))
    while shared.scheduler.step(0.01):
        pass
    alone = agent.new_session(seed=4).play(observations[0], limit=myoshu.Limit(simulations=300))
    assert said[-1].visits == Tensor.of(alone.visits)
    service.handle(Think(id=3, session=0, obs=Tensor.of(observations[0]), simulations=300))
    service.detach()
    service.end()
    assert shared.scheduler._resting.get(service, []) == []
    assert all(chunk.unused for chunk in shared.pools.chunks())
