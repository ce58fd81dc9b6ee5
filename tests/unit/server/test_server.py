"""A server on real sockets: same seed, same moves, however it is asked."""

from __future__ import annotations

import socket
import threading
import time
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from tests.unit.server.played import played
from tests.vectors.protocol import generate
from tests.waiting import wait_until

import myoshu
from myoshu import client as remote
from myoshu.errors import ConnectionLostError, RequestError
from myoshu.protocol import Connection, Role, Tensor
from myoshu.protocol.messages import (
    Cancel,
    Close,
    Error,
    Hello,
    Info,
    Observe,
    Ok,
    Open,
    Opened,
    Ping,
    Ponder,
    Pong,
    Result,
    Think,
    Welcome,
)

Serve = Callable[..., Any]


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_the_same_moves_in_process_over_tcp_and_over_websocket(
    serve: Serve, agent: Any, observations: Any, temperature: float
) -> None:
    running = serve()
    wanted = played(agent.new_session(seed=7, temperature=temperature), observations)
    for url in (running.url, running.ws_url):
        with remote.connect(url) as client:
            assert played(client.new_session(seed=7, temperature=temperature), observations) == wanted, url


def test_the_same_moves_among_busy_sessions(serve: Serve, agent: Any, observations: Any) -> None:
    running = serve()
    wanted = [played(agent.new_session(seed=seed, temperature=0.5), observations[seed:]) for seed in range(12)]

    def play(seed: int) -> list[Any]:
        with remote.connect(running.url if seed % 2 else running.ws_url) as client:
            return played(client.new_session(seed=seed, temperature=0.5), observations[seed:])

    with ThreadPoolExecutor(12) as pool:
        assert list(pool.map(play, range(12))) == wanted


def test_a_batch_plays_as_sessions_do(serve: Serve, agent: Any, observations: Any) -> None:
    legal = np.ones((5, 9), np.bool_)
    legal[:, 0] = False
    with remote.connect(serve().url) as client:
        acts = client.act_batch(
            observations[:5], legal, myoshu.Limit(simulations=20), [0, 1, 0, 1, 0], seed=40, temperature=1.0
        )
    for row in range(5):
        session = agent.new_session(seed=40 + row, temperature=1.0, keep_tree=False)
        alone = session.play(observations[row], legal[row], myoshu.Limit(simulations=20), to_play=row % 2)
        assert (acts.actions[row], acts.values[row]) == (alone.action, alone.value)


def test_every_byte_alone_gives_the_same_answers(serve: Serve, dial: Any, observations: Any) -> None:
    raw = dial(serve().tcp)
    data = b"".join(
        raw.connection.send(message)
        for message in (
            Open(id=1, seed=3),
            Think(id=2, session=0, obs=Tensor.of(observations[0]), simulations=9),
            Ping(id=3),
        )
    )
    raw.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for position in range(len(data)):
        raw.socket.sendall(data[position : position + 1])
    heard = [raw.hear() for _ in range(3)]
    assert {type(message) for message in heard} == {Opened, Result, Pong}


@pytest.mark.timing
def test_a_time_limit_counts_from_the_requests_arrival(serve: Serve, observations: Any) -> None:
    with remote.connect(serve().url) as client:
        session = client.new_session()
        session.play(observations[0], limit=myoshu.Limit(simulations=5))
        begin = time.perf_counter()
        decision = session.play(observations[0], limit=myoshu.Limit(time=0.1))
        elapsed = time.perf_counter() - begin
    assert decision.stop_reason in ("time", "capacity")
    assert elapsed < 30.0
    assert decision.times.total >= decision.times.network >= 0.0


def test_infos_come_before_the_result_and_hold_what_was_asked_for(serve: Serve, observations: Any) -> None:
    infos: list[Info] = []
    with remote.connect(serve(simulations=60000).url) as client:
        decision = client.new_session().play(
            observations[0], limit=myoshu.Limit(time=3.0, simulations=60000), on_info=infos.append, every=0.02
        )
    assert infos
    assert all(info.policy is not None and info.visits is not None and info.pv for info in infos)
    simulations = [info.simulations for info in infos]
    assert simulations == sorted(simulations)
    assert simulations[-1] <= decision.simulations


def test_cancel_answers_the_search_first(serve: Serve, dial: Any, observations: Any) -> None:
    raw = dial(serve().tcp)
    raw.say(Open(id=1), Think(id=2, session=0, obs=Tensor.of(observations[0]), time=60.0, simulations=60000))
    raw.hear()
    raw.say(Cancel(id=3, request=2), Cancel(id=4, request=2))
    result, first, second = raw.hear(), raw.hear(), raw.hear()
    assert isinstance(result, Result)
    assert result.stop == "stopped"
    assert first == Ok(id=3, found=True)
    assert second == Ok(id=4, found=False)


def test_pondering_ends_with_the_sessions_next_request(serve: Serve, dial: Any, observations: Any) -> None:
    raw = dial(serve().tcp)
    raw.say(Open(id=1), Ponder(id=2, session=0, obs=Tensor.of(observations[0]), simulations=60000))
    raw.hear()
    raw.say(Observe(id=3, session=0, moves=(1,)))
    result, ok = raw.hear(), raw.hear()
    assert isinstance(result, Result)
    assert result.stop == "stopped"
    assert ok == Ok(id=3)


def test_close_ends_what_the_session_thinks(serve: Serve, dial: Any, observations: Any) -> None:
    raw = dial(serve().tcp)
    raw.say(Open(id=1), Think(id=2, session=0, obs=Tensor.of(observations[0]), simulations=60000))
    raw.hear()
    raw.say(Close(id=3, session=0), Think(id=4, session=0, obs=Tensor.of(observations[0])))
    result, ok, error = raw.hear(), raw.hear(), raw.hear()
    assert isinstance(result, Result)
    assert ok == Ok(id=3)
    assert isinstance(error, Error)
    assert error.code == "unknown_session"


@pytest.mark.parametrize(
    ("fields", "code", "field"),
    [
        ({"obs": Tensor.of(np.zeros(5, np.float32))}, "invalid", "think.obs.sh"),
        ({"obs": Tensor.of(np.full(27, np.nan, np.float32))}, "invalid", "think.obs.b"),
        ({"legal": b"\0\0"}, "invalid", "think.legal"),
        ({"legal": b"\xff\xff"}, "invalid", "think.legal"),
        ({"legal": b"\xff"}, "invalid", "think.legal"),
        ({"legal": (1, 9)}, "invalid", "think.legal"),
        ({"legal": ()}, "invalid", "think.legal"),
        ({"to_play": 2}, "invalid", "think.to_play"),
        ({"moves": (9,)}, "invalid", "think.moves"),
        ({"session": 8}, "unknown_session", "think.session"),
        ({"simulations": 1 << 30}, "capacity", "think.simulations"),
    ],
)
def test_a_bad_request_gets_one_error_that_names_the_field(
    serve: Serve, dial: Any, observations: Any, fields: dict[str, Any], code: str, field: str
) -> None:
    raw = dial(serve().tcp)
    raw.say(Open(id=1))
    raw.hear()
    raw.say(Think(**{"id": 2, "session": 0, "obs": Tensor.of(observations[0]), **fields}), Ping(id=3))
    error, pong = raw.hear(), raw.hear()
    assert isinstance(error, Error)
    assert (error.id, error.code, error.field) == (2, code, field)
    assert error.expected
    assert error.got
    assert pong == Pong(id=3)


def test_a_session_that_thinks_takes_no_other_search(serve: Serve, dial: Any, observations: Any) -> None:
    raw = dial(serve().tcp)
    think = Think(id=2, session=0, obs=Tensor.of(observations[0]), simulations=60000)
    raw.say(Open(id=1), think, Think(id=3, session=0, obs=Tensor.of(observations[0])))
    raw.hear()
    error = raw.hear_first(Error)
    assert isinstance(error, Error)
    assert (error.id, error.code) == (3, "thinking")


def test_what_cannot_be_taken_on_is_refused_at_once(serve: Serve, dial: Any, observations: Any) -> None:
    raw = dial(serve(sessions=2, thinking=1).tcp)
    raw.say(Open(id=1), Open(id=2), Open(id=3))
    raw.hear(), raw.hear()
    error = raw.hear()
    assert isinstance(error, Error)
    assert (error.id, error.code) == (3, "busy")
    assert error.retry
    raw.say(
        Think(id=4, session=0, obs=Tensor.of(observations[0]), simulations=60000),
        Think(id=5, session=1, obs=Tensor.of(observations[0])),
    )
    error = raw.hear_first(Error)
    assert isinstance(error, Error)
    assert (error.id, error.code) == (5, "busy")


def test_a_token_is_asked_for(serve: Serve) -> None:
    running = serve(token="s3cret")
    for token in (None, "wrong"):
        with pytest.raises(RequestError, match="unauthorized"):
            remote.connect(running.url, token=token)
    with remote.connect(running.url, token="s3cret") as client:
        assert client.ping() > 0.0


def test_versions_and_roles_must_meet(serve: Serve) -> None:
    from myoshu.protocol.codec import encode
    from myoshu.protocol.framing import frame

    port = serve().tcp
    for hello, code in (
        (Hello(proto=(2, 9), role="player"), "version"),
        (Hello(proto=(1, 1), role="trainer"), "role"),
        (Ping(id=1), "unexpected"),
    ):
        held = socket.create_connection(("127.0.0.1", port), 10)
        held.sendall(frame(encode(hello)))
        connection = Connection(Role.PLAYER, dials=True)
        connection.send(Hello(proto=(1, 1), role="player"))
        connection.feed(held.recv(65536))
        error = connection.next()
        assert isinstance(error, Error)
        assert error.code == code
        assert held.recv(10) == b""
        held.close()


@pytest.mark.parametrize("name", ["far_too_deep", "length_beyond_limit", "array_length_lies", "not_a_map", "empty"])
def test_hostile_frames_end_their_connection_alone(
    serve: Serve, dial: Any, agent: Any, observations: Any, name: str
) -> None:
    running = serve()
    with remote.connect(running.url) as client:
        session = client.new_session(seed=2)
        for greeted in (False, True):
            held = dial(running.tcp).socket if greeted else socket.create_connection(("127.0.0.1", running.tcp), 10)
            held.sendall((generate.FRAMES / f"{name}.bin").read_bytes())
            while held.recv(65536):
                pass
            held.close()
        assert played(session, observations) == played(agent.new_session(seed=2), observations)


@pytest.mark.timing
def test_a_peer_that_falls_silent_is_given_up(serve: Serve, dial: Any) -> None:
    running = serve(handshake=0.2)
    held = socket.create_connection(("127.0.0.1", running.tcp), 10)
    held.sendall(b"\x08\0\0\0half")
    raw = dial(running.tcp, heartbeat=0.1)
    assert isinstance(raw.hear(), Ping)
    error = raw.hear()
    assert isinstance(error, Error)
    assert error.code == "timeout"
    assert raw.hear() is None
    while held.recv(65536):
        pass
    held.close()
    wait_until(lambda: running.server.shared.metrics.open_connections == 0)


def test_a_lost_connection_is_resumed_with_its_answers(serve: Serve, dial: Any, agent: Any, observations: Any) -> None:
    running = serve()
    first = dial(running.tcp)
    assert isinstance(first.welcome, Welcome)
    first.say(Open(id=1, seed=4), Think(id=2, session=0, obs=Tensor.of(observations[0]), simulations=12))
    first.hear_first(Result)
    first.say(Think(id=3, session=0, obs=Tensor.of(observations[1]), simulations=33))
    first.socket.close()
    second = dial(running.tcp, resume=first.welcome.ticket, pending=(3, 9))
    assert isinstance(second.welcome, Welcome)
    assert second.welcome.resumed
    second.connection.adopt(asked={3: "think", 9: "think"})
    answers = {message.id: message for message in (second.hear(), second.hear()) if isinstance(message, Result | Error)}
    assert isinstance(answers[9], Error)
    assert answers[9].code == "lost"
    session = agent.new_session(seed=4)
    session.play(observations[0], limit=myoshu.Limit(simulations=12))
    wanted = session.play(observations[1], limit=myoshu.Limit(simulations=33))
    got = answers[3]
    assert isinstance(got, Result)
    assert got.visits == Tensor.of(wanted.visits)


def test_a_server_that_ends_answers_what_is_pending(serve: Serve, dial: Any, observations: Any) -> None:
    running = serve()
    raw = dial(running.tcp)
    raw.say(Open(id=1), Think(id=2, session=0, obs=Tensor.of(observations[0]), simulations=60000))
    raw.hear()
    ending = threading.Thread(target=running.stop)
    ending.start()
    result = raw.hear()
    assert isinstance(result, Result)
    assert result.stop == "stopped"
    assert raw.hear() is not None
    assert raw.hear() is None
    ending.join()
    with pytest.raises(ConnectionLostError, match="expected a server"):
        remote.connect(running.url)


def test_connections_that_come_and_go_leave_nothing(serve: Serve, dial: Any, observations: Any) -> None:
    running = serve()
    for turn in range(40):
        raw = dial(running.tcp, caps=("stream",))
        raw.say(Open(id=1), Think(id=2, session=0, obs=Tensor.of(observations[0]), simulations=60000))
        if turn % 2:
            raw.hear()
        raw.socket.close()
    shared = running.server.shared
    wait_until(lambda: not shared.metrics.open_connections and not shared.metrics.open_sessions)
    assert (shared.metrics.open_connections, shared.metrics.open_sessions, len(shared.scheduler)) == (0, 0, 0)
    assert all(chunk.unused for chunk in shared.pools.chunks())


def test_a_greedy_client_does_not_hold_up_another(serve: Serve, dial: Any, observations: Any) -> None:
    running = serve()
    greedy = dial(running.tcp)
    greedy.say(*(Open(id=number) for number in range(1, 101)))
    for _ in range(100):
        greedy.hear()
    greedy.say(
        *(Think(id=200 + each, session=each, obs=Tensor.of(observations[0]), simulations=60000) for each in range(100))
    )
    with remote.connect(running.url) as client:
        decision = client.new_session(seed=1).play(observations[0], limit=myoshu.Limit(simulations=10))
    assert decision.simulations == 10
    assert len(running.server.shared.scheduler) >= 100
    greedy.socket.close()


def test_a_slow_reader_misses_infos_and_nothing_else(serve: Serve, dial: Any, observations: Any) -> None:
    running = serve(unread=1)
    raw = dial(running.tcp)
    raw.say(Open(id=1), *(Ping(id=number) for number in range(2, 2000)))
    time.sleep(0.2)
    heard = {message.id for message in (raw.hear() for _ in range(1999)) if isinstance(message, Pong | Opened)}
    assert heard == set(range(1, 2000))


def test_metrics_are_prometheus_text(serve: Serve, observations: Any) -> None:
    running = serve()
    with remote.connect(running.url) as client:
        client.new_session().play(observations[0], limit=myoshu.Limit(simulations=5))
    text = urllib.request.urlopen(f"http://127.0.0.1:{running.metrics}/metrics", timeout=10).read().decode()
    samples = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    assert samples['myoshu_requests_total{type="think"}'] == "1"
    assert samples["myoshu_simulations_total"] == "5"
    assert samples['myoshu_answer_seconds_bucket{le="+Inf"}'] == samples["myoshu_answer_seconds_count"] == "1"
