"""What one client does to the others, and to the server's memory: as little as can be."""

from __future__ import annotations

import gc
import socket
import time
import urllib.error
import urllib.request
import weakref
from collections.abc import Callable
from typing import Any

import msgpack
import numpy as np
import pytest
from tests.unit.server.caller import PATIENCE
from tests.waiting import wait_until

from myoshu.protocol import Tensor
from myoshu.protocol.codec import encode
from myoshu.protocol.framing import frame
from myoshu.protocol.messages import Bye, Error, Hello, Open, Opened, Ping, Pong, Think

Serve = Callable[..., Any]


def part(size: int, whole: int) -> bytes:
    """The beginning of a frame."""
    return whole.to_bytes(4, "little") + bytes(size)


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
    wait_until(lambda: any(peer.unfinished > 900_000 for peer in list(running.server._peers)))
    (peer,) = running.server._peers
    peer = weakref.ref(peer)
    gc.disable()
    try:
        caller.socket.close()
        wait_until(lambda: peer() is None)  # though its sessions are kept, and nobody looks for cycles
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
    wait_until(lambda: sum(running.server._unfinished._sizes.values()) >= 300_000)
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
    wait_until(lambda: not running.server._unfinished._sizes)


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
    wait_until(lambda: len(running.server._peers) == 1)


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
    wait_until(lambda: len(running.server._peers) == 1)
    held = dial(running.tcp)
    silent.connection.send(Hello(proto=(1, 1), role="player"))
    (error,) = silent.rest()
    assert isinstance(error, Error)
    assert error.code == "busy"
    wait_until(lambda: len(running.server._peers) == 1)
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
    wait_until(lambda: bool(running.server._leases._expiries))
    other.say(Open(id=2))
    assert isinstance(other.hear(), Opened)


def test_no_request_that_arrived_is_said_to_be_lost(serve: Serve, dial: Any) -> None:
    running = serve()
    first = dial(running.tcp)
    ids = tuple(range(1, 2001))
    first.say(*(Open(id=number) for number in ids))
    wait_until(lambda: running.server.shared.metrics.open_sessions == 2000)
    first.socket.close()
    second = dial(running.tcp, silent=True)
    second.connection.adopt(asked=dict.fromkeys((*ids, 3000), "open"))
    second.greet(resume=first.welcome.ticket, pending=(*ids, 3000))
    heard = [second.hear() for _ in range(2001)]
    assert sum(isinstance(message, Opened) for message in heard) == 2000
    assert isinstance(heard[-1], Error)
    assert (heard[-1].id, heard[-1].code) == (3000, "lost")


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
