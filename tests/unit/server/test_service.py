"""An agent's side of a connection, without one: what it takes on, remembers, and refuses."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import myoshu
from myoshu.errors import EvaluationError
from myoshu.protocol import Tensor
from myoshu.protocol.messages import ActBatch, Acts, Cancel, Level, Observe, Ok, Open, Ponder, Result, Swap, Think
from myoshu.runtime.agent import Agent
from myoshu.runtime.bundle import Bundle
from myoshu.runtime.manifest import Level as MeasuredLevel
from myoshu.runtime.manifest import Manifest
from myoshu.search import SearchConfig
from myoshu.server import kept_replies
from myoshu.server import service as service_module
from myoshu.server.metrics import Metrics
from myoshu.server.models import Models
from myoshu.server.pace import WavePace
from myoshu.server.pool import Pools
from myoshu.server.scheduler import Scheduler
from myoshu.server.service import AgentService
from myoshu.server.settings import Settings
from myoshu.server.shared import Shared
from myoshu.testing.networks import game_for, mlp, parity


def test_replies_too_large_to_be_kept_are_known_to_have_been_sent(
    shared: Shared, observations: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_replies, "MOST_BYTES", 200)
    said: list[Any] = []
    service = AgentService(shared, said.append)
    service.handle(Open(id=1, seed=1))
    for number in (2, 3, 4):
        service.handle(Think(id=number, session=0, obs=Tensor.of(observations[0]), simulations=2))
        while shared.scheduler.step(0.01):
            pass
    service.detach()
    said.clear()
    service.attach(said.append, (2, 4, 9))
    assert [getattr(reply, "code", "result") for reply in said] == ["capacity", "result", "lost"]
    service.end()


def test_pondering_without_a_limit_goes_as_far_as_memory_allows(agent: Agent, observations: Any) -> None:
    for most, wanted in ((70, 70), (None, agent.new_session().max_simulations)):
        settings = Settings(timed_simulations=most)
        shared = Shared(Models({"mlp": agent}), settings, Pools(), Scheduler(), Metrics())
        said: list[Any] = []
        service = AgentService(shared, said.append)
        service.handle(Open(id=1, seed=4))
        service.handle(Ponder(id=2, session=0, obs=Tensor.of(observations[0])))
        assert service._thinking[2][0].deliberation._budget == wanted
        if most is not None:
            while shared.scheduler.step(0.01):
                pass
            assert (said[-1].stop, said[-1].simulations) == ("capacity", most)
        service.end()
    assert wanted > 10_000


def test_a_think_limited_in_time_alone_is_not_limited_in_simulations(shared: Shared, observations: Any) -> None:
    service = AgentService(shared, lambda message: None)
    service.handle(Open(id=1, seed=4))
    service.handle(Think(id=2, session=0, obs=Tensor.of(observations[0]), time=1000.0))
    session = service._sessions[0].seat.session
    assert service._thinking[2][0].deliberation._budget == session.max_simulations > 65536
    service.end()


def test_a_swap_keeps_the_level(shared: Shared, tmp_path: Path, observations: Any) -> None:
    agents = {}
    for name, levels in (("one", (1.0, 2.0)), ("two", (1.0,)), ("none", ())):
        network = mlp(27, 9, 16)
        manifest = Manifest.of(
            game=game_for(network.model),
            model=network.model,
            search=SearchConfig(simulations=64),
            opset=18,
            strength=[
                MeasuredLevel(level=level, simulations=int(4 * level), temperature=0.5, mix=0.25) for level in levels
            ],
        )
        Bundle.write(tmp_path / name, manifest=manifest, graphs=network.graphs, parity=parity(network))
        agents[name] = myoshu.load(tmp_path / name, "cpu")
    shared.models = Models(agents)
    said: list[Any] = []
    service = AgentService(shared, said.append)
    service.handle(Open(id=1, seed=4, level=1.0))
    session = service._sessions[0]

    def strength() -> tuple[Any, ...]:
        played = session.seat.session
        return played.limit.simulations, played.temperature, played.mix

    for number, (name, wanted) in enumerate((("one", 4), ("two", 4)), 2):
        service.handle(Swap(id=number, session=0, model=name))
        assert said[-1] == Ok(id=number)
        assert (session.model, strength()) == (name, (wanted, 0.5, 0.25))
    service.handle(Swap(id=4, session=0, model="one"))
    service.handle(Level(id=5, session=0, level=2.0))
    for name in ("two", "none"):
        service.handle(Swap(id=6, session=0, model=name))
        assert (said[-1].code, said[-1].field) == ("mismatch", "swap.model.levels")
        assert (session.model, strength()) == ("one", (8, 0.5, 0.25))
    service.handle(Open(id=7, seed=4, options={"temperature": 2.0}))
    service.handle(Swap(id=8, session=1, model="none"))
    assert (said[-1], service._sessions[1].seat.session.temperature) == (Ok(id=8), 2.0)
    service.end()


@pytest.mark.parametrize(
    "wrong",
    [{"to_play": 9}, {"legal": ()}, {"legal": (1, 99)}, {"legal": b"\0\0"}, {"moves": (3, 99)}],
)
def test_a_think_that_is_refused_has_heard_nothing(shared: Shared, observations: Any, wrong: dict[str, Any]) -> None:
    said: list[Any] = []
    service = AgentService(shared, said.append)
    service.handle(Open(id=1, seed=4))
    service.handle(Think(id=2, session=0, obs=Tensor.of(observations[0]), simulations=30))
    while shared.scheduler.step(0.01):
        pass
    session = service._sessions[0].seat.session
    before = vars(session.mark().history)
    service.handle(Think(**{"id": 3, "session": 0, "obs": Tensor.of(observations[1]), "moves": (3,), **wrong}))
    assert said[-1].code == "invalid"
    assert vars(session.mark().history) == before
    service.end()


def test_a_think_whose_network_failed_has_heard_nothing(
    shared: Shared, observations: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[Any] = []
    service = AgentService(shared, said.append)
    service.handle(Open(id=1, seed=4))
    service.handle(Think(id=2, session=0, obs=Tensor.of(observations[0]), moves=(1,), simulations=3))

    def fail(*_: Any, **__: Any) -> None:
        raise EvaluationError("initial.prior: expected finite numbers, got NaN")

    (chunk,) = shared.pools.chunks()
    monkeypatch.setattr(chunk.planner, "open", fail)
    while shared.scheduler.step(0.01):
        pass
    assert said[-1].code == "evaluation"
    assert service._sessions[0].seat.session.to_play == 0
    service.end()


def test_moves_are_bounded_in_a_request_and_as_they_are_kept(shared: Shared, observations: Any) -> None:
    said: list[Any] = []
    service = AgentService(shared, said.append)
    service.handle(Open(id=1, seed=4))
    service.handle(Think(id=2, session=0, obs=Tensor.of(observations[0]), simulations=3))
    while shared.scheduler.step(0.01):
        pass
    session = service._sessions[0].seat.session
    for number in (3, 4):
        service.handle(Observe(id=number, session=0, moves=(1,) * 4095))
        assert said[-1] == Ok(id=number)
        assert len(session.mark().history.moves or ()) <= 2
    assert session.to_play == 0
    service.handle(Observe(id=5, session=0, moves=(1,) * 4097))
    assert (said[-1].code, said[-1].field, said[-1].expected) == ("invalid", "observe.moves", "at most 4096")
    service.end()


def test_a_batch_is_prepared_in_turns_and_may_be_cancelled_between_them(
    agent: Agent, observations: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service_module, "SECONDS", 0.0)
    later: list[Callable[[], None]] = []
    shared = Shared(Models({"mlp": agent}), Settings(), Pools(), Scheduler(), Metrics(), soon=later.append)
    said: list[Any] = []
    service = AgentService(shared, said.append)
    batch = ActBatch(id=1, obs=Tensor.of(observations[:5]), simulations=4, seed=3)
    service.handle(batch)
    assert (len(service._thinking[1]), len(later)) == (1, 1)
    later.pop()()
    assert (len(service._thinking[1]), len(later)) == (2, 1)
    service.handle(Cancel(id=2, request=1))
    assert isinstance(said[0], Acts)
    assert len(said[0].actions) == 5
    assert said[1] == Ok(id=2, found=True)
    later.pop()()
    assert not later
    service.handle(batch)
    while later:
        later.pop()()
    while shared.scheduler.step(0.01):
        pass
    assert said[2].simulations == (4,) * 5
    service.handle(batch)
    service.detach()
    service.end()
    assert not service._batches
    assert all(chunk.unused for chunk in shared.pools.chunks())


def test_a_wrong_estimate_does_not_keep_searches_from_their_first_wave_for_ever(
    shared: Shared, observations: Any
) -> None:
    said: list[Any] = []
    service = AgentService(shared, said.append)
    service.handle(Open(id=1, seed=4))
    service.handle(Think(id=2, session=0, obs=Tensor.of(observations[0]), simulations=3))
    while shared.scheduler.step(0.01):
        pass
    (chunk,) = shared.pools.chunks()
    chunk.pace = WavePace()
    for _ in range(2):
        chunk.pace.note(1, 1, 20.0)
    for number in range(3, 40):
        service.handle(Think(id=number, session=0, obs=Tensor.of(observations[0]), time=5.0, simulations=2))
        while shared.scheduler.step(0.01):
            pass
        if said[-1].simulations:
            break
    assert isinstance(said[-1], Result)
    assert said[-1].simulations > 0
    service.end()
