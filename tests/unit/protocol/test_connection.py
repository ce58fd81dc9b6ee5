"""The state machine, driven with bytes alone."""

from __future__ import annotations

import random
from collections.abc import Iterator

import msgpack
import numpy as np
import pytest
from tests.vectors.protocol import generate

from myoshu.errors import LocalProtocolError, RemoteProtocolError
from myoshu.protocol import Connection, Rejected, Role, State, Tensor
from myoshu.protocol.codec import decode, encode
from myoshu.protocol.connection import TRANSITIONS
from myoshu.protocol.framing import frame
from myoshu.protocol.handshake import accept, check_welcome
from myoshu.protocol.messages import (
    ActBatch,
    Bye,
    Cancel,
    Close,
    EnvSpec,
    Error,
    Hello,
    Info,
    Message,
    Observe,
    Ok,
    Open,
    Opened,
    Ping,
    Pong,
    Think,
    Welcome,
)

OBS = Tensor.of(np.zeros(3, np.float32))


def _events(connection: Connection, data: bytes) -> Iterator[Message | Rejected]:
    connection.feed(data)
    while (event := connection.next()) is not None:
        yield event


def _take(connection: Connection, data: bytes) -> Message:
    (event,) = _events(connection, data)
    assert not isinstance(event, Rejected), event
    return event


def _refused(connection: Connection, data: bytes) -> Rejected:
    (event,) = _events(connection, data)
    assert isinstance(event, Rejected)
    return event


def _pair(role: Role = Role.PLAYER, caps: tuple[str, ...] = ("stream",)) -> tuple[Connection, Connection]:
    dialler, acceptor = Connection(role, dials=True), Connection(role.counterpart, dials=False)
    _take(acceptor, dialler.send(Hello(proto=(1, 1), role=role, caps=caps)))
    _take(dialler, acceptor.send(Welcome(proto=1, role=role.counterpart, caps=caps)))
    return dialler, acceptor


def test_a_conversation() -> None:
    player, agent = _pair()
    assert player.state is agent.state is State.OPEN
    assert player.caps == agent.caps == {"stream"}
    _take(agent, player.send(Open(id=1)))
    _take(player, agent.send(Opened(id=1, session=0, model="m", hash="h", simulations=1)))
    _take(agent, player.send(Think(id=2, session=0, obs=OBS)))
    assert agent.pending == {2: "think"} == player.asked
    _take(player, agent.send(Info(id=2, action=0, value=0.0, simulations=1, elapsed=0.1)))
    _take(player, agent.send(Error(id=2, code="internal", msg="oh")))
    assert not agent.pending
    assert not player.asked


def test_the_table_names_every_state_but_the_last() -> None:
    assert {state for state, _, _ in TRANSITIONS} == set(State) - {State.CLOSED}


def test_every_split_of_the_bytes_gives_the_same_messages() -> None:
    player, agent = _pair()
    said = [Open(id=1), Think(id=2, session=0, obs=OBS), Cancel(id=3, request=2), Ping(id=4)]
    data = b"".join(player.send(message) for message in said)
    for size in (1, 2, 3, 5, 7, 64, len(data)):
        listener = _pair()[1]
        parts = [data[begin : begin + size] for begin in range(0, len(data), size)]
        assert [event for part in parts for event in _events(listener, part)] == said
    assert list(_events(agent, data)) == said


def test_ids_of_the_two_sides_do_not_meet() -> None:
    player, agent = _pair()
    from_player, from_agent = player.send(Ping(id=1)), agent.send(Ping(id=1))
    assert _take(agent, from_player) == _take(player, from_agent) == Ping(id=1)
    assert _take(agent, player.send(Pong(id=1))) == Pong(id=1)
    assert _take(player, agent.send(Pong(id=1))) == Pong(id=1)


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (Welcome(proto=1, role="agent"), "unexpected"),
        (Hello(proto=(1, 1), role="player"), "unexpected"),
        (EnvSpec(id=1), "unexpected"),
        (Ok(id=9), "unexpected"),
        (Error(id=9, code="busy", msg=""), "unexpected"),
        (Pong(id=9), "unexpected"),
    ],
)
def test_what_may_not_come_ends_the_connection(message: Message, code: str) -> None:

    _, agent = _pair()
    refused = _refused(agent, frame(encode(message)))
    assert refused.fatal
    assert refused.reply.code == code
    assert agent.state is State.CLOSED
    assert list(_events(agent, b"\0" * 100)) == []


def test_a_request_before_the_handshake_ends_the_connection() -> None:

    agent = Connection(Role.AGENT, dials=False)
    refused = _refused(agent, frame(encode(Open(id=1))))
    assert refused.fatal
    assert refused.error.code == "unexpected"


def test_a_request_that_is_not_as_described_is_answered_and_the_rest_goes_on() -> None:

    player, agent = _pair()
    bad = msgpack.packb({"t": "think", "id": 5, "session": 0, "obs": OBS.b})
    refused = _refused(agent, frame(bad))
    assert not refused.fatal
    assert refused.reply.id == 5
    assert refused.reply.field == "think.obs"
    assert refused.reply.expected
    assert refused.reply.got
    assert not agent.pending
    assert _take(agent, player.send(Ping(id=6))) == Ping(id=6)


def test_a_reply_that_is_not_as_described_ends_the_connection() -> None:

    player, _ = _pair()
    player.send(Open(id=1))
    refused = _refused(player, frame(msgpack.packb({"t": "opened", "id": 1, "session": "a"})))
    assert refused.fatal
    assert refused.reply.code == "invalid"


def test_an_id_that_is_pending_is_refused_and_the_first_request_stays() -> None:
    player, agent = _pair()
    data = player.send(Think(id=2, session=0, obs=OBS))
    _take(agent, data)
    refused = _refused(agent, data)
    assert refused.reply.code == "duplicate_id"
    agent.refuse(refused)
    assert agent.answers(2)
    with pytest.raises(LocalProtocolError, match="not pending"):
        player.send(Observe(id=2, session=0, moves=()))


def test_an_invalid_request_with_a_pending_id_leaves_the_first_alone() -> None:

    player, agent = _pair()
    _take(agent, player.send(Think(id=2, session=0, obs=OBS)))
    agent.refuse(_refused(agent, frame(msgpack.packb({"t": "close", "id": 2}))))
    assert agent.answers(2)


def test_capabilities_must_be_agreed_upon() -> None:
    player, agent = _pair(caps=())
    refused = _refused(agent, player.send(ActBatch(id=1, obs=OBS)))
    assert refused.reply.code == "unsupported"
    assert not refused.fatal


def test_infos_need_their_capability() -> None:
    player, agent = _pair(caps=())
    refused = _refused(agent, player.send(Think(id=1, session=0, obs=OBS, stream=("pv",))))
    assert (refused.reply.code, refused.reply.field, refused.fatal) == ("unsupported", "think.stream", False)
    assert _take(agent, player.send(Think(id=2, session=0, obs=OBS))) == Think(id=2, session=0, obs=OBS)


def test_elements_are_bounded_by_who_asks() -> None:
    for role, most in ((Role.PLAYER, 32768), (Role.TRAINER, 1 << 20)):
        _, acceptor = _pair(role)
        refused = _refused(acceptor, frame(b"\xdd" + most.to_bytes(4, "big") + bytes(most)))
        assert (refused.reply.code, refused.fatal) == ("too_large", True)
        _, acceptor = _pair(role)
        refused = _refused(acceptor, frame(b"\xdd" + (most - 1).to_bytes(4, "big") + bytes(most - 1)))
        assert refused.reply.code == "malformed"
    acceptor = Connection(Role.AGENT, dials=False)
    refused = _refused(acceptor, frame(b"\xdd" + (8192).to_bytes(4, "big") + bytes(8192)))
    assert (refused.reply.code, refused.fatal) == ("too_large", True)


def test_what_has_come_of_a_frame_can_be_dropped() -> None:
    _, agent = _pair()
    assert list(_events(agent, (1000).to_bytes(4, "little") + bytes(900))) == []
    assert agent.unfinished == 904
    agent.lose()
    assert agent.unfinished == 0


def test_replies_must_be_of_the_requests_kind() -> None:
    player, agent = _pair()
    _take(agent, player.send(Close(id=1, session=0)))
    with pytest.raises(LocalProtocolError, match="expected a reply to close, got info"):
        agent.send(Info(id=1, action=0, value=0.0, simulations=1, elapsed=0.1))
    agent.send(Ok(id=1))
    with pytest.raises(LocalProtocolError, match="expected a pending request, got 1"):
        agent.send(Ok(id=1))


def test_after_bye_what_is_pending_is_answered_and_nothing_else_begun() -> None:
    player, agent = _pair()
    _take(agent, player.send(Close(id=1, session=0)))
    bye = agent.send(Bye(reason="the end"))
    late = player.send(Close(id=2, session=0))
    assert _refused(agent, late).reply.code == "shutdown"
    assert _take(player, bye) == Bye(reason="the end")
    assert _take(player, agent.send(Ok(id=1))) == Ok(id=1)
    with pytest.raises(LocalProtocolError):
        player.send(Open(id=3))


def test_a_hello_above_64_kib_is_refused_by_its_announced_length() -> None:
    agent = Connection(Role.AGENT, dials=False)
    refused = _refused(agent, (65537).to_bytes(4, "little"))
    assert refused.reply.code == "too_large"
    assert refused.fatal


def test_limits_rise_with_the_handshake_and_are_kept_when_sending() -> None:
    player = Connection(Role.PLAYER, dials=True, limit=1 << 20)
    agent = Connection(Role.AGENT, dials=False, limit=1 << 17)
    assert agent.receive_limit == 1 << 16
    _take(agent, player.send(Hello(proto=(1, 1), role="player", frame=1 << 20)))
    _take(player, agent.send(Welcome(proto=1, role="agent", frame=1 << 17)))
    assert (agent.receive_limit, player.receive_limit) == (1 << 17, 1 << 20)
    large = Tensor.of(np.zeros(1 << 17, np.uint8))
    with pytest.raises(LocalProtocolError, match="expected at most 131072 bytes"):
        player.send(Think(id=1, session=0, obs=large))
    assert not player.asked


def test_a_welcome_of_another_role_or_version_is_refused() -> None:

    player = Connection(Role.PLAYER, dials=True)
    player.send(Hello(proto=(1, 1), role="player"))
    assert _refused(player, frame(encode(Welcome(proto=1, role="environment")))).reply.code == "role"
    with pytest.raises(RemoteProtocolError, match=r"welcome.proto: expected 1, got 2"):
        check_welcome(Welcome(proto=2, role="agent"))


def test_the_handshake_names_both_values() -> None:
    roles = frozenset({Role.AGENT})
    assert accept(Hello(proto=(1, 4), role="player", token="x"), roles, "x") == 1
    for hello, code, said in (
        (Hello(proto=(1, 1), role="player"), "unauthorized", "expected the server's token, got none"),
        (Hello(proto=(1, 1), role="player", token="y"), "unauthorized", "got another"),
        (Hello(proto=(2, 3), role="player", token="x"), "version", r"expected a range with 1, got \[2, 3\]"),
        (Hello(proto=(1, 1), role="trainer", token="x"), "role", "expected player, got trainer"),
    ):
        with pytest.raises(RemoteProtocolError, match=said) as caught:
            accept(hello, roles, "x")
        assert caught.value.code == code


def test_random_orders_of_messages_end_in_documented_errors_only() -> None:

    messages = [decode((generate.FRAMES / f"{name}.bin").read_bytes()[4:]) for name in generate.VALID]
    rng = random.Random(5)
    codes = set()
    for _ in range(300):
        connection = rng.choice(_pair()) if rng.random() < 0.7 else Connection(rng.choice(list(Role)), dials=False)
        for _ in range(12):
            for event in _events(connection, frame(encode(rng.choice(messages)))):
                if isinstance(event, Rejected):
                    codes.add(event.reply.code)
                    connection.refuse(event)
    assert codes <= {"unexpected", "duplicate_id", "unsupported", "shutdown", "role"}
    assert "unexpected" in codes


def test_without_framing_payloads_go_as_they_are() -> None:
    player, agent = (
        Connection(role, dials=dials, framed=False) for role, dials in ((Role.PLAYER, True), (Role.AGENT, False))
    )
    assert isinstance(agent.receive(player.send(Hello(proto=(1, 1), role="player"))), Hello)
