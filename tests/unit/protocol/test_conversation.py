"""What a client asks over one connection after another, driven with bytes alone."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from myoshu.errors import ConnectionLostError, LocalProtocolError, RemoteProtocolError, RequestError
from myoshu.protocol import Connection, Rejected, Role
from myoshu.protocol.conversation import Attempts, Conversation
from myoshu.protocol.messages import (
    Bye,
    Cancel,
    Error,
    Hello,
    Info,
    Level,
    Message,
    Ok,
    Ping,
    Pong,
    Request,
    Think,
    Welcome,
)
from myoshu.protocol.tensor import Tensor

OBS = Tensor(dt="u8", sh=(1,), b=b"\0")
WELCOME = Welcome(proto=1, role="agent", ticket="first", caps=("resume", "stream"))
INFO = Info(id=1, action=0, value=0.0, simulations=1, elapsed=0.0)


def player(*, silence: float = 10.0, patience: float = 5.0) -> Conversation:
    return Conversation(Role.PLAYER, where="there", name="test", silence=silence, patience=patience)


def think(number: int) -> Request:
    return Think(id=number, session=1, obs=OBS, stream=("policy",))


def level(number: int) -> Request:
    return Level(id=number, session=1, level=1.0)


class Peer:
    """The other side of one connection."""

    def __init__(
        self, conversation: Conversation, role: Role = Role.AGENT, *, framed: bool = True, dials: bool = False
    ) -> None:
        self._conversation = conversation
        self._connection = Connection(role, dials=dials, framed=framed)
        self._framed = framed
        conversation.begin(framed=framed)

    def heard(self) -> list[Message]:
        """What the conversation has said since."""
        messages: list[Message] = []
        while (data := self._conversation.output()) is not None:
            event: Message | Rejected | None
            if not self._framed:
                event = self._connection.receive(data)
            else:
                self._connection.feed(data)
                event = self._connection.next()
            assert event is not None
            assert not isinstance(event, Rejected), event
            messages.append(event)
        return messages

    def say(self, *messages: Message) -> list[Message]:
        """Send messages; what the conversation makes of them."""
        for message in messages:
            self._conversation.feed(self._connection.send(message))
        found = []
        while (message := self._conversation.next()) is not None:  # type: ignore[assignment]  # until None
            found.append(message)
        return found

    def adopt(self, *requests: int) -> None:
        """Owe replies of a connection before."""
        self._connection.adopt(pending=dict.fromkeys(requests, ""))


def met(conversation: Conversation, welcome: Welcome = WELCOME) -> Peer:
    """A connection whose handshake is over."""
    peer = Peer(conversation)
    peer.heard()
    assert peer.say(welcome) == [welcome]
    return peer


@pytest.mark.parametrize("framed", [True, False])
def test_a_request_gets_what_comes_of_it(framed: bool) -> None:
    conversation = player()
    peer = Peer(conversation, framed=framed)
    (hello,) = peer.heard()
    assert isinstance(hello, Hello)
    assert (hello.role, hello.name, hello.resume, hello.pending, hello.heartbeat) == ("player", "test", None, None, 0.0)
    assert peer.say(WELCOME) == [WELCOME] == [conversation.welcome]
    request = conversation.ask(think)
    assert request == think(1)
    assert peer.heard() == [request]
    lost = Error(id=1, code="busy", msg="later")
    assert peer.say(INFO, lost) == [INFO, lost]
    assert conversation.ask(level).id == 2
    peer.heard()
    assert peer.say(Ok(id=2)) == [Ok(id=2)]


def test_every_byte_alone_says_the_same() -> None:
    conversation = player()
    conversation.begin(framed=True)
    data = Connection(Role.AGENT, dials=False)
    data.feed(conversation.output() or b"")
    data.next()
    found = []
    for byte in data.send(WELCOME) + data.send(Ping(id=4)):
        conversation.feed(bytes([byte]))
        found.append(conversation.next())
    assert [message for message in found if message is not None] == [WELCOME]
    data.feed(conversation.output() or b"")
    assert data.next() == Pong(id=4)


def test_who_is_refused_is_told_why() -> None:
    conversation = player()
    peer = Peer(conversation)
    peer.heard()
    with pytest.raises(RequestError, match="unauthorized: not you"):
        peer.say(Error(code="unauthorized", msg="not you"))
    other = Peer(conversation)
    other.heard()
    with pytest.raises(RemoteProtocolError, match=r"welcome\.proto: expected 1, got 2"):
        other.say(Welcome(proto=2, role="agent"))


def test_the_end_is_told() -> None:
    conversation = player()
    peer = met(conversation)
    with pytest.raises(ConnectionLostError, match="there: timeout: too late"):
        peer.say(Error(code="timeout", msg="too late"))


def test_what_nobody_waits_for_is_left_out() -> None:
    conversation = player()
    peer = met(conversation)
    request = conversation.ask(think)
    peer.heard()
    conversation.forget(request.id)
    assert peer.say(INFO, Error(id=1, code="busy", msg="later")) == []


def test_a_reply_that_is_none_ends_the_connection() -> None:
    conversation = player()
    peer = met(conversation)

    def check(reply: Ok) -> None:
        raise RemoteProtocolError("invalid", "ok.id", "another", str(reply.id))

    conversation.ask(level, check)
    peer.heard()
    with pytest.raises(RemoteProtocolError, match=r"ok\.id: expected another, got 1"):
        peer.say(Ok(id=1))
    (error,) = peer.heard()
    assert isinstance(error, Error)
    assert (error.id, error.code) == (None, "invalid")


def test_bytes_that_are_no_message_are_refused() -> None:
    conversation = player()
    peer = met(conversation)
    conversation.feed(b"\x01\0\0\0\xc1")
    with pytest.raises(RemoteProtocolError, match=r"payload: expected"):
        conversation.next()
    (error,) = peer.heard()
    assert isinstance(error, Error)
    assert error.code == "malformed"


def test_what_is_pending_goes_with_the_ticket() -> None:
    conversation = player()
    peer = met(conversation)
    thought, leveled = conversation.ask(think), conversation.ask(level)
    peer.heard()
    assert conversation.resumable
    again = Peer(conversation)
    (hello,) = again.heard()
    assert isinstance(hello, Hello)
    assert (hello.resume, hello.pending) == ("first", (1, 2))
    again.adopt(1, 2)
    welcome = Welcome(proto=1, role="agent", ticket="second", caps=("resume", "stream"), resumed=True)
    assert again.say(welcome) == [welcome]
    conversation.check_resumed()
    assert again.say(Ok(id=leveled.id), Error(id=thought.id, code="lost", msg="asked?")) == [Ok(id=2)]
    assert again.heard() == [thought]
    once_more = Error(id=thought.id, code="lost", msg="asked?")
    assert again.say(once_more) == [once_more]
    (third,) = Peer(conversation).heard()
    assert isinstance(third, Hello)
    assert (third.resume, third.pending) == ("second", ())


def test_a_request_is_asked_again_after_each_loss() -> None:
    conversation = player()
    met(conversation)
    thought = conversation.ask(think)
    for _ in range(3):
        peer = Peer(conversation)
        peer.heard()
        peer.adopt(thought.id)
        peer.say(Welcome(proto=1, role="agent", ticket="next", caps=("resume", "stream"), resumed=True))
        assert peer.say(Error(id=thought.id, code="lost", msg="asked?")) == []
        assert peer.heard() == [thought]


def test_what_was_not_resumed_is_not_asked_again() -> None:
    conversation = player()
    peer = met(conversation)
    conversation.ask(think)
    peer.heard()
    lost = Error(id=1, code="lost", msg="asked?")
    assert peer.say(lost) == [lost]


def test_after_a_goodbye_the_lost_is_not_asked_again() -> None:
    conversation = player()
    met(conversation)
    conversation.ask(think)
    peer = Peer(conversation)
    peer.heard()
    peer.adopt(1)
    peer.say(Welcome(proto=1, role="agent", ticket="next", caps=("resume",), resumed=True), Bye())
    lost = Error(id=1, code="lost", msg="asked?")
    assert peer.say(lost) == [lost]
    assert peer.heard() == []


def test_sessions_that_are_gone_are_told() -> None:
    conversation = player()
    met(conversation)
    met(conversation, Welcome(proto=1, role="agent", ticket="other", caps=("resume",)))
    with pytest.raises(ConnectionLostError, match="expected this client's sessions, they are gone"):
        conversation.check_resumed()
    met(conversation, Welcome(proto=1, role="agent", ticket="third", caps=("resume",), resumed=True))
    conversation.check_resumed()


@pytest.mark.parametrize(
    "end",
    [
        lambda conversation, peer: peer.say(Bye()),
        lambda conversation, peer: conversation.close(),
    ],
)
def test_a_goodbye_is_no_loss(end: Callable[[Conversation, Peer], object]) -> None:
    conversation = player()
    peer = met(conversation)
    assert conversation.resumable
    assert not conversation.ending
    end(conversation, peer)
    assert not conversation.resumable
    assert conversation.ending


def test_nothing_is_resumed_without_a_ticket_or_patience() -> None:
    stubborn, hasty = player(), player(patience=0.0)
    met(stubborn, Welcome(proto=1, role="agent"))
    met(hasty)
    assert not stubborn.resumable
    assert not hasty.resumable
    stubborn.attempts(0.0)
    with pytest.raises(ConnectionLostError, match="there: expected a connection, it is closed"):
        hasty.attempts(0.0)
    stubborn.close()
    with pytest.raises(ConnectionLostError, match="there: expected a connection, it is closed"):
        stubborn.attempts(0.0)


def test_pauses_double_until_patience_is_at_its_end() -> None:
    now, pauses = 7.0, []
    attempts = Attempts(5.0, now)
    while (pause := attempts.pause(now)) is not None:
        pauses.append(pause)
        now += pause
    assert pauses == [0.05, 0.1, 0.2, 0.4, 0.8, 1.0, 1.0, 1.0]
    assert Attempts(0.04, 0.0).pause(0.0) is None


def test_silence_is_asked_about_once() -> None:
    conversation = player()
    peer = met(conversation)
    conversation.silent()
    (ping,) = peer.heard()
    assert isinstance(ping, Ping)
    assert peer.say(Pong(id=ping.id)) == []
    conversation.silent()
    (ping,) = peer.heard()
    with pytest.raises(ConnectionLostError, match="there: expected a word within 20 s, got none"):
        conversation.silent()
    met(conversation)
    conversation.silent()


def test_a_silence_after_a_goodbye_is_not_asked_about() -> None:
    conversation = player()
    peer = met(conversation)
    peer.say(Bye())
    conversation.silent()
    assert peer.heard() == []
    with pytest.raises(ConnectionLostError, match="expected a word"):
        conversation.silent()


@pytest.mark.parametrize(
    ("announced", "silence", "beat"),
    [(None, 10.0, 10.0), (None, 3.0, 3.0), (None, 0.0, math.inf), (2.0, 10.0, 2.0), (0.0, 10.0, math.inf)],
)
def test_the_agent_says_how_long_a_silence_is_borne(announced: float | None, silence: float, beat: float) -> None:
    conversation = player(silence=silence)
    met(conversation, Welcome(proto=1, role="agent", heartbeat=announced))
    assert conversation.beat == beat


def test_an_environment_may_be_busy_for_long() -> None:
    conversation = Conversation(Role.TRAINER, where="there", name="test")
    peer = Peer(conversation, Role.ENVIRONMENT)
    peer.heard()
    peer.say(Welcome(proto=1, role="environment", heartbeat=1.0))
    assert conversation.beat == math.inf


def test_what_is_thought_about_can_be_cancelled() -> None:
    conversation = player()
    peer = met(conversation)
    conversation.ask(think)
    conversation.ask(level)
    peer.heard()
    for request in (1, 2, 3):
        conversation.cancel(request)
    assert peer.heard() == [Cancel(id=3, request=1)]


def test_what_may_not_be_sent_is_not_pending() -> None:
    conversation = player()
    peer = met(conversation)
    peer.say(Bye())
    with pytest.raises(LocalProtocolError):
        conversation.ask(think)
    (hello,) = Peer(conversation).heard()
    assert isinstance(hello, Hello)
    assert hello.pending == ()


def test_goodbye_is_said_once_there_is_a_connection() -> None:
    conversation = player()
    conversation.close()
    assert conversation.output() is None
    conversation = player()
    peer = met(conversation)
    conversation.close()
    assert peer.heard() == [Bye()]


def engine_of(conversation: Conversation, token: str | None) -> Peer:
    """An engine that dialled and said hello."""
    engine = Peer(conversation, Role.ENVIRONMENT, dials=True)
    hello = Hello(proto=(1, 1), role="environment", name="engine", token=token, caps=("describe", "other"))
    (welcome,) = engine.say(hello)
    assert welcome == Welcome(proto=1, role="environment", name="engine", caps=("describe",))
    assert welcome == conversation.welcome
    return engine


def test_an_engine_that_dials_is_welcomed() -> None:
    conversation = Conversation(Role.TRAINER, where="here", name="test", dials=False, token="s3cret")
    engine = engine_of(conversation, "s3cret")
    welcome = Welcome(proto=1, role="trainer", name="test", caps=("describe",), heartbeat=0.0)
    assert engine.heard() == [welcome]


def test_an_engine_without_the_token_is_refused() -> None:
    conversation = Conversation(Role.TRAINER, where="here", name="test", dials=False, token="s3cret")
    engine = Peer(conversation, Role.ENVIRONMENT, dials=True)
    with pytest.raises(RemoteProtocolError, match=r"hello\.token: expected the server's token, got another"):
        engine.say(Hello(proto=(1, 1), role="environment", token="guess"))
    (error,) = engine.heard()
    assert isinstance(error, Error)
    assert error.code == "unauthorized"
