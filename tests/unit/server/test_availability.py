"""What one client does to the others, and to the server's memory: as little as can be."""

from __future__ import annotations

import gc
import socket
import time
import urllib.error
import urllib.request
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgpack
import numpy as np
import pytest

import myoshu
from myoshu.errors import EvaluationError
from myoshu.protocol import Connection, Rejected, Role, Tensor
from myoshu.protocol.codec import encode
from myoshu.protocol.framing import frame
from myoshu.protocol.messages import (
    ActBatch,
    Acts,
    Bye,
    Cancel,
    Error,
    Hello,
    Level,
    Message,
    Observe,
    Ok,
    Open,
    Opened,
    Ping,
    Ponder,
    Pong,
    Result,
    Swap,
    Think,
    Welcome,
)
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
from myoshu.server.turn import FRAMES, Turn, take_turn
from myoshu.testing.networks import game_for, mlp, parity

Serve = Callable[..., Any]
PATIENCE = 60.0


@pytest.fixture
def dial() -> Iterator[Callable[..., Caller]]:
    callers: list[Caller] = []

    def connect(port: int, **hello: Any) -> Caller:
        callers.append(Caller(port, **hello))
        return callers[-1]

    yield connect
    for caller in callers:
        caller.socket.close()


class Caller:
    """A client that says what it is told to."""

    def __init__(self, port: int, *, silent: bool = False, **hello: Any) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), PATIENCE)
        self.connection = Connection(Role.PLAYER, dials=True)
        if not silent:
            self.greet(**hello)

    def greet(self, **hello: Any) -> None:
        held = {"caps": ("stream", "resume", "batch"), "heartbeat": 0.0, **hello}
        self.say(Hello(proto=(1, 1), role="player", **held))
        self.welcome = self.hear()

    def say(self, *messages: Message) -> None:
        self.socket.sendall(b"".join(self.connection.send(message) for message in messages))

    def hear(self) -> Message | None:
        while (event := self.connection.next()) is None:
            data = self.socket.recv(65536)
            if not data:
                return None
            self.connection.feed(data)
        assert not isinstance(event, Rejected), event
        return event

    def rest(self) -> list[Message]:
        """All that comes until the end."""
        heard = []
        while (message := self.hear()) is not None:
            heard.append(message)
        return heard


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


def obs(row: Any) -> Tensor:
    return Tensor.of(row)


def part(size: int, whole: int) -> bytes:
    """The beginning of a frame."""
    return whole.to_bytes(4, "little") + bytes(size)


@pytest.fixture
def shared(agent: Agent) -> Shared:
    return Shared(Models({"mlp": agent}), Settings(), Pools(), Scheduler(), Metrics())


def simulations(service: AgentService) -> list[int]:
    return [job.deliberation.simulations for jobs in service._thinking.values() for job in jobs]


def test_a_frame_of_very_many_elements_ends_its_connection_alone(serve: Serve, dial: Any, observations: Any) -> None:
    running = serve()
    bystander, attacker = dial(running.tcp), dial(running.tcp)
    payload = b"\x83\xa1t\xa4ping\xa2id\x01\xa1x\xdd" + (1 << 20).to_bytes(4, "big") + b"\x80" * (1 << 20)
    attacker.socket.sendall(frame(payload))
    (error,) = attacker.rest()
    assert isinstance(error, Error)
    assert (error.id, error.code, error.expected) == (None, "too_large", "at most 32768 elements")
    bystander.say(Ping(id=1))
    assert bystander.hear() == Pong(id=1)


def test_a_hello_of_many_elements_is_refused_before_its_token_is_looked_at(serve: Serve, dial: Any) -> None:
    caller = dial(serve(token="s").tcp, silent=True)
    caller.connection.send(Hello(proto=(1, 1), role="player"))
    hello = {"t": "hello", "proto": [1, 1], "role": "player", "x": [{}] * 9000}
    caller.socket.sendall(frame(msgpack.packb(hello)))
    (error,) = caller.rest()
    assert isinstance(error, Error)
    assert (error.code, error.expected) == ("too_large", "at most 8192 elements")


def test_what_came_of_a_frame_goes_with_its_connection(serve: Serve, dial: Any) -> None:
    running = serve()
    caller = dial(running.tcp)
    caller.socket.sendall(part(1_000_000, 16_000_000))
    until(lambda: any(peer.unfinished > 900_000 for peer in list(running.server._peers)))
    (peer,) = running.server._peers
    peer = weakref.ref(peer)
    gc.disable()
    try:
        caller.socket.close()
        until(lambda: peer() is None)  # though its sessions are kept, and nobody looks for cycles
    finally:
        gc.enable()
    assert len(running.server._leases._lent) == 1
    assert running.server._unfinished._sizes == {}


def test_unfinished_frames_are_bounded_together_and_who_has_most_is_ended(
    serve: Serve, dial: Any, observations: Any
) -> None:
    running = serve(unfinished=400_000)
    large, small, third = dial(running.tcp), dial(running.tcp), dial(running.tcp)
    payload = encode(Think(id=2, session=0, obs=Tensor.of(np.zeros(200_000, np.uint8))))
    large.socket.sendall(part(300_000, 1_000_000))
    until(lambda: sum(running.server._unfinished._sizes.values()) >= 300_000)
    small.say(Open(id=1))
    small.hear()
    small.connection.adopt(asked={2: "think"})
    small.socket.sendall(frame(payload)[:150_000])
    third.say(Ping(id=1))
    assert third.hear() == Pong(id=1)
    (error,) = large.rest()
    assert isinstance(error, Error)
    assert (error.code, error.field) == ("busy", "frame")
    small.socket.sendall(frame(payload)[150_000:])
    error = small.hear()
    assert isinstance(error, Error)
    assert (error.id, error.field) == (2, "think.obs.sh")
    until(lambda: not running.server._unfinished._sizes)


def test_a_turn_ends_after_some_frames_and_the_next_goes_on() -> None:
    connection = Connection(Role.AGENT, dials=False)
    connection.feed(frame(encode(Hello(proto=(1, 1), role="player"))))
    assert isinstance(connection.next(), Hello)
    connection.send(Welcome(proto=1, role="agent"))
    met: list[Any] = []
    data = b"".join(frame(encode(Ping(id=number))) for number in range(1, 3 * FRAMES))
    turns = 0
    while (turn := take_turn(connection, data if not turns else b"", met.append)) is Turn.AGAIN:
        turns += 1
        assert len(met) <= turns * FRAMES
    assert turn is Turn.MORE
    assert turns >= 2
    assert [event.id for event in met] == list(range(1, 3 * FRAMES))


def test_what_waits_for_its_turn_is_dealt_with_although_its_end_was_heard(serve: Serve, dial: Any) -> None:
    running = serve()
    bystander, caller = dial(running.tcp), dial(running.tcp)
    caller.say(*(Ping(id=number) for number in range(1, 1500)), Open(id=2000))
    caller.socket.shutdown(socket.SHUT_WR)
    heard = caller.rest()
    assert [message.id for message in heard if isinstance(message, Pong)] == list(range(1, 1500))
    assert isinstance(heard[-1], Opened)
    bystander.say(Ping(id=1))
    assert bystander.hear() == Pong(id=1)


def test_no_connection_is_given_up_without_a_ping(serve: Serve, dial: Any) -> None:
    caller = dial(serve().tcp, silent=True)
    time.sleep(0.3)
    caller.greet(heartbeat=0.05)
    assert isinstance(caller.hear(), Ping)


@pytest.mark.timing
def test_a_server_that_stood_still_gives_nobody_up_who_answers(serve: Serve, dial: Any) -> None:
    running = serve()
    caller = dial(running.tcp, heartbeat=1.0)
    running.loop.call_soon_threadsafe(time.sleep, 2.5)
    for _ in range(2):
        ping = caller.hear()
        assert isinstance(ping, Ping), ping
        caller.say(Pong(id=ping.id))


def test_a_connection_that_was_replaced_is_closed(serve: Serve, dial: Any) -> None:
    running = serve()
    first = dial(running.tcp)
    second = dial(running.tcp, resume=first.welcome.ticket)
    assert second.welcome.resumed
    (error,) = first.rest()
    assert isinstance(error, Error)
    assert (error.id, error.code) == (None, "replaced")
    until(lambda: len(running.server._peers) == 1)


def test_requests_that_come_with_a_bye_are_told_of_the_end(serve: Serve, dial: Any) -> None:
    caller = dial(serve().tcp)
    data = caller.connection.send(Open(id=1)) + frame(encode(Bye())) + frame(encode(Open(id=2)))
    caller.connection.adopt(asked={2: "open"})
    caller.socket.sendall(data)
    heard = caller.rest()
    assert isinstance(heard[0], Opened)
    assert isinstance(heard[1], Error)
    assert (heard[1].id, heard[1].code) == (2, "shutdown")


def test_one_connection_too_many_is_told_and_a_silent_one_makes_room(serve: Serve, dial: Any) -> None:
    running = serve(connections=1)
    silent = dial(running.tcp, silent=True)
    until(lambda: len(running.server._peers) == 1)
    held = dial(running.tcp)
    silent.connection.send(Hello(proto=(1, 1), role="player"))
    (error,) = silent.rest()
    assert isinstance(error, Error)
    assert error.code == "busy"
    until(lambda: len(running.server._peers) == 1)
    late = dial(running.tcp, silent=True)
    late.connection.send(Hello(proto=(1, 1), role="player"))
    (error,) = late.rest()
    assert isinstance(error, Error)
    assert (error.code, error.field) == ("busy", "connection")
    assert error.retry
    held.say(Ping(id=1))
    assert held.hear() == Pong(id=1)


def test_sessions_of_one_that_is_gone_make_room_for_others(serve: Serve, dial: Any) -> None:
    running = serve(total_sessions=2)
    gone = dial(running.tcp)
    gone.say(Open(id=1), Open(id=2))
    gone.hear(), gone.hear()
    other = dial(running.tcp)
    other.say(Open(id=1))
    error = other.hear()
    assert isinstance(error, Error)
    assert error.code == "busy"
    gone.socket.close()
    until(lambda: bool(running.server._leases._expiries))
    other.say(Open(id=2))
    assert isinstance(other.hear(), Opened)


def test_no_request_that_arrived_is_said_to_be_lost(serve: Serve, dial: Any) -> None:
    running = serve()
    first = dial(running.tcp)
    ids = tuple(range(1, 2001))
    first.say(*(Open(id=number) for number in ids))
    until(lambda: running.server.shared.metrics.open_sessions == 2000)
    first.socket.close()
    second = dial(running.tcp, silent=True)
    second.connection.adopt(asked=dict.fromkeys((*ids, 3000), "open"))
    second.greet(resume=first.welcome.ticket, pending=(*ids, 3000))
    heard = [second.hear() for _ in range(2001)]
    assert sum(isinstance(message, Opened) for message in heard) == 2000
    assert isinstance(heard[-1], Error)
    assert (heard[-1].id, heard[-1].code) == (3000, "lost")


def test_replies_too_large_to_be_kept_are_known_to_have_been_sent(
    shared: Shared, observations: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_replies, "MOST_BYTES", 200)
    said: list[Any] = []
    service = AgentService(shared, said.append)
    service.handle(Open(id=1, seed=1))
    for number in (2, 3, 4):
        service.handle(Think(id=number, session=0, obs=obs(observations[0]), simulations=2))
        while shared.scheduler.step(0.01):
            pass
    service.detach()
    said.clear()
    service.attach(said.append, (2, 4, 9))
    assert [getattr(reply, "code", "result") for reply in said] == ["capacity", "result", "lost"]
    service.end()


def test_a_client_of_few_searches_gets_its_part_of_the_time(shared: Shared, observations: Any) -> None:
    many, few = (AgentService(shared, lambda message: None) for _ in range(2))
    for service, sessions in ((many, 64), (few, 1)):
        for session in range(sessions):
            service.handle(Open(id=session + 1, seed=session))
            request = Think(id=1000 + session, session=session, obs=obs(observations[session]), simulations=60000)
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
    service.handle(Think(id=2, session=0, obs=obs(observations[0]), simulations=300))
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
    service.handle(Think(id=3, session=0, obs=obs(observations[0]), simulations=300))
    service.detach()
    service.end()
    assert shared.scheduler._resting.get(service, []) == []
    assert all(chunk.unused for chunk in shared.pools.chunks())


def test_planners_that_nobody_uses_are_given_back(shared: Shared, observations: Any) -> None:
    service = AgentService(shared, lambda message: None)
    service.handle(Open(id=1, seed=4))
    service.handle(Think(id=2, session=0, obs=obs(observations[0]), simulations=3))
    while shared.scheduler.step(0.01):
        pass
    (chunk,) = map(weakref.ref, shared.pools.chunks())
    assert shared.pools.trim()
    assert shared.pools.trim()
    service.end()
    assert shared.pools.trim()
    assert not shared.pools.trim()
    assert shared.pools.nbytes == 0
    assert chunk() is None


def test_pondering_without_a_limit_goes_as_far_as_memory_allows(agent: Agent, observations: Any) -> None:
    for most, wanted in ((70, 70), (None, agent.new_session().max_simulations)):
        settings = Settings(timed_simulations=most)
        shared = Shared(Models({"mlp": agent}), settings, Pools(), Scheduler(), Metrics())
        said: list[Any] = []
        service = AgentService(shared, said.append)
        service.handle(Open(id=1, seed=4))
        service.handle(Ponder(id=2, session=0, obs=obs(observations[0])))
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
    service.handle(Think(id=2, session=0, obs=obs(observations[0]), time=1000.0))
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
    service.handle(Think(id=2, session=0, obs=obs(observations[0]), simulations=30))
    while shared.scheduler.step(0.01):
        pass
    session = service._sessions[0].seat.session
    before = vars(session.mark().history)
    service.handle(Think(**{"id": 3, "session": 0, "obs": obs(observations[1]), "moves": (3,), **wrong}))
    assert said[-1].code == "invalid"
    assert vars(session.mark().history) == before
    service.end()


def test_a_think_whose_network_failed_has_heard_nothing(
    shared: Shared, observations: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[Any] = []
    service = AgentService(shared, said.append)
    service.handle(Open(id=1, seed=4))
    service.handle(Think(id=2, session=0, obs=obs(observations[0]), moves=(1,), simulations=3))

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
    service.handle(Think(id=2, session=0, obs=obs(observations[0]), simulations=3))
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


def test_a_measurement_of_a_machine_that_stood_still_does_not_count() -> None:
    pace = WavePace()
    pace.note(4, 1, 2.0)
    assert pace.of(4) == 0.0
    pace.note(4, 1, 0.001)
    assert pace.of(4) == 0.001
    for _ in range(3):
        pace.note(4, 1, 1000.0)
    assert pace.of(4) < 0.004
    for _ in range(20):
        pace.note(4, 10, 0.01)
    assert pace.of(4) == pytest.approx(0.001, rel=0.01)
    assert pace.of(64) == pace.of(4)
    assert pace.of(1) == 0.0


def test_a_wrong_estimate_does_not_keep_searches_from_their_first_wave_for_ever(
    shared: Shared, observations: Any
) -> None:
    said: list[Any] = []
    service = AgentService(shared, said.append)
    service.handle(Open(id=1, seed=4))
    service.handle(Think(id=2, session=0, obs=obs(observations[0]), simulations=3))
    while shared.scheduler.step(0.01):
        pass
    (chunk,) = shared.pools.chunks()
    chunk.pace = WavePace()
    for _ in range(2):
        chunk.pace.note(1, 1, 20.0)
    for number in range(3, 40):
        service.handle(Think(id=number, session=0, obs=obs(observations[0]), time=5.0, simulations=2))
        while shared.scheduler.step(0.01):
            pass
        if said[-1].simulations:
            break
    assert isinstance(said[-1], Result)
    assert said[-1].simulations > 0
    service.end()


def test_metrics_are_for_this_machine_by_its_own_names(serve: Serve) -> None:
    url = f"http://127.0.0.1:{serve().metrics}/metrics"
    request = urllib.request.Request(url, headers={"Host": "evil.example"})
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(request, timeout=PATIENCE)
    request = urllib.request.Request(url, headers={"Host": "localhost:9000"})
    assert b"myoshu_sessions" in urllib.request.urlopen(request, timeout=PATIENCE).read()


def test_a_websocket_without_the_subprotocol_is_refused(serve: Serve) -> None:
    from websockets.exceptions import InvalidStatus
    from websockets.sync.client import connect

    with pytest.raises(InvalidStatus):
        connect(serve().ws_url, proxy=None)
