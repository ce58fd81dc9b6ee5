"""One side's requests over successive connections: the handshake, pending requests, silence, and resuming."""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections import deque
from collections.abc import Callable
from typing import Any

from myoshu.errors import ConnectionLostError, LocalProtocolError, RemoteProtocolError, RequestError
from myoshu.protocol.connection import Connection, Rejected, State
from myoshu.protocol.handshake import accept, check_welcome
from myoshu.protocol.messages import (
    DEFAULT_HEARTBEAT,
    VERSION,
    ActBatch,
    Bye,
    Cancel,
    Error,
    Hello,
    Info,
    Message,
    Ping,
    Pong,
    Reply,
    Request,
    Think,
    Welcome,
)
from myoshu.protocol.roles import CAPABILITIES, Role

__all__ = ["FIRST_PAUSE", "LONGEST_PAUSE", "Attempts", "Conversation"]

FIRST_PAUSE = 0.05
"""Seconds between the first two attempts to resume; doubled after each."""
LONGEST_PAUSE = 1.0
"""The most seconds between two attempts."""


@dataclasses.dataclass(slots=True)
class _Pending:
    """A request without its final reply."""

    request: Request
    check: Callable[[Any], None] | None
    resumed: bool = False
    """Whether the hello of this connection named it: the peer then reports if it never arrived."""


class Attempts:
    """When to try to connect again.

    Args:
        patience: seconds to keep trying.
        now: seconds, of any clock.
    """

    def __init__(self, patience: float, now: float) -> None:
        self._end, self._pause = now + patience, FIRST_PAUSE

    def pause(self, now: float) -> float | None:
        """Seconds to wait before the next attempt, each time twice as long; None once the patience is over."""
        if now + self._pause > self._end:
            return None
        pause, self._pause = self._pause, min(2 * self._pause, LONGEST_PAUSE)
        return pause


class Conversation:
    """One side's requests to another, over as many connections as necessary. It has no socket and no clock.

    ::

        conversation.begin(framed=True)                  # connected
        request = conversation.ask(lambda number: ...)   # once the welcome has come
        while True:
            try:
                message = conversation.next()            # the welcome, an info, a final reply
            finally:
                while (data := conversation.output()) is not None:
                    socket.send(data)
            if message is None:
                conversation.feed(socket.receive())

    If nothing arrived for :attr:`beat` seconds, call :meth:`silent`. If the connection is lost, see
    :attr:`resumable` and :meth:`attempts`, and :meth:`begin` again: pending requests are then kept.

    Args:
        role: this side's role: ``player`` or ``trainer``.
        where: the peer's address, for errors.
        name: this program and its version.
        dials: whether this side sends ``hello``, or ``welcome``.
        token: what the peer requires; what it must send, if it dials.
        heartbeat: seconds of silence after which ``hello`` asks the peer to ping; 0 for never.
        silence: seconds of silence after which an agent that names no heartbeat is pinged; 0 for
            never.
        patience: seconds to try to restore a lost connection; 0 for not at all.
    """

    def __init__(
        self,
        role: Role,
        *,
        where: str,
        name: str,
        dials: bool = True,
        token: str | None = None,
        heartbeat: float = 0.0,
        silence: float = DEFAULT_HEARTBEAT,
        patience: float = 0.0,
    ) -> None:
        self.welcome: Welcome
        """The peer's latest ``welcome``."""
        self._role, self._where, self._name, self._dials, self._token = role, where, name, dials, token
        self._heartbeat, self._silence, self._patience = heartbeat, silence, patience
        self._ids = itertools.count(1)
        self._pending: dict[int, _Pending] = {}
        self._ticket: str | None = None
        self._connection: Connection
        self._framed = True
        self._payloads: deque[bytes] = deque()
        self._output: deque[bytes] = deque()
        self._open = False
        self._resumes = False
        self._doubtful = False
        self._closed = False

    @property
    def ending(self) -> bool:
        """Whether ``bye`` was sent: what is pending is answered, and nothing more may be asked of this connection."""
        return self._connection.state is State.CLOSING

    @property
    def resumable(self) -> bool:
        """Whether pending requests may be resumed if the connection is lost now."""
        return self._ticket is not None and self._patience > 0.0 and not self.ending and not self._closed

    @property
    def beat(self) -> float:
        """Seconds of silence after which to call :meth:`silent`. An environment may be busy for long: infinite."""
        if self._role is not Role.PLAYER:
            return math.inf
        beat = self.welcome.heartbeat
        return (self._silence if beat is None else beat) or math.inf

    def begin(self, *, framed: bool) -> None:
        """Begin over a new connection. Unsent output of the last one is dropped.

        Args:
            framed: whether it is a stream, in which frames have a length prefix.
        """
        self._connection = Connection(self._role, dials=self._dials, framed=framed)
        self._framed, self._open, self._resumes, self._doubtful = framed, False, False, False
        self._payloads.clear()
        self._output.clear()
        if not self._dials:
            return
        ticket = self._ticket
        self._resumes = ticket is not None
        pending = tuple(self._pending) if self._resumes else ()
        self._send(
            Hello(
                proto=(VERSION, VERSION),
                role=self._role.value,
                name=self._name,
                token=self._token,
                caps=CAPABILITIES[self._role],
                heartbeat=self._heartbeat,
                resume=ticket,
                pending=pending if self._resumes else None,
            )
        )
        self._connection.adopt(asked=dict.fromkeys(pending, ""))
        for number in pending:
            self._pending[number].resumed = True

    def ask(self, make: Callable[[int], Request], check: Callable[[Any], None] | None = None) -> Request:
        """Make a request; it is pending until :meth:`next` returns its final reply, or it is forgotten.

        Args:
            make: makes it, given its id.
            check: raises ``RemoteProtocolError`` if a reply does not answer this request: the connection then ends.

        Raises:
            LocalProtocolError: it may not be sent.
        """
        request = make(next(self._ids))
        self._send(request)
        self._pending[request.id] = _Pending(request, check)
        return request

    def cancel(self, request: int) -> None:
        """Ask the peer to end a request's thinking, if it still thinks."""
        asked = self._pending.get(request)
        if asked is not None and isinstance(asked.request, Think | ActBatch) and self._connection.state is State.OPEN:
            self._send(Cancel(id=next(self._ids), request=request))

    def forget(self, request: int) -> None:
        """Forget a request: nothing waits for its reply any more."""
        self._pending.pop(request, None)

    def silent(self) -> None:
        """Nothing arrived for :attr:`beat` seconds: ping the peer.

        Raises:
            ConnectionLostError: it was pinged already.
        """
        if self._doubtful:
            raise ConnectionLostError(f"{self._where}: expected a word within {2 * self.beat:g} s, got none")
        self._doubtful = True
        if self._connection.state is State.OPEN:
            self._send(Ping(id=next(self._ids)))

    def close(self) -> None:
        """Say goodbye; the connection is not restored."""
        self._closed = True
        if self._open and self._connection.state in (State.OPEN, State.CLOSING):
            self._send(Bye())

    def attempts(self, now: float) -> Attempts:
        """The schedule of attempts to restore a lost connection.

        Args:
            now: seconds, of any clock.

        Raises:
            ConnectionLostError: that is not the case.
        """
        if self._closed or self._patience <= 0.0:
            raise ConnectionLostError(f"{self._where}: expected a connection, it is closed")
        return Attempts(self._patience, now)

    def check_resumed(self) -> None:
        """Check, after the welcome of a new connection, that the sessions of the last one are still there.

        Raises:
            ConnectionLostError: that is not the case.
        """
        if self._resumes and not self.welcome.resumed:
            raise ConnectionLostError(
                f"{self._where}: the server was restarted: expected this client's sessions, they are gone"
            )

    def feed(self, data: bytes) -> None:
        """Add received bytes of a stream, or one message."""
        if self._framed:
            self._connection.feed(data)
        else:
            self._payloads.append(data)

    def output(self) -> bytes | None:
        """The next bytes to send, if any: one message on a transport of whole messages."""
        return self._output.popleft() if self._output else None

    def next(self) -> Message | None:
        """The next message that a caller waits for, or None until more bytes come.

        It is the peer's ``welcome`` (if the peer dials, an equivalent one), an ``info``, or the final
        reply of a request, which may be an ``error``. Pings are answered, and a request that the lost connection lost
        is sent again.

        Raises:
            RequestError: the peer refuses the handshake.
            ConnectionLostError: the peer ends the connection.
            RemoteProtocolError: it broke the protocol; the output holds the error for it.
        """
        while (event := self._event()) is not None:
            if isinstance(event, Rejected):
                self._refuse(event)
            elif not self._open:
                return self._greet(event)
            elif (message := self._meet(event)) is not None:
                return message
        return None

    def _event(self) -> Message | Rejected | None:
        if self._framed:
            return self._connection.next()
        return self._connection.receive(self._payloads.popleft()) if self._payloads else None

    def _greet(self, message: Message) -> Welcome:
        """Process the peer's part of the handshake."""
        if isinstance(message, Error):
            raise RequestError(message.code, message.msg, message.retry)
        if isinstance(message, Hello):
            welcome = self._accept(message)
        else:
            assert isinstance(message, Welcome)
            check_welcome(message)
            welcome = message
        self.welcome, self._ticket, self._open = welcome, welcome.ticket, True
        return welcome

    def _accept(self, hello: Hello) -> Welcome:
        try:
            version = accept(hello, frozenset({self._role}), self._token)
        except RemoteProtocolError as error:
            self._send(Error.of(error))
            raise
        caps = tuple(word for word in CAPABILITIES[self._role] if word in (hello.caps or ()))
        self._send(Welcome(proto=version, role=self._role.value, name=self._name, caps=caps, heartbeat=0.0))
        return Welcome(proto=version, role=self._role.counterpart.value, name=hello.name, caps=caps)

    def _meet(self, message: Message) -> Message | None:
        """Process a message; returns it if a caller waits for it."""
        self._doubtful = False
        if isinstance(message, Ping):
            self._send(Pong(id=message.id))
            return None
        if not isinstance(message, Reply | Error):
            return None
        if message.id is None:
            assert isinstance(message, Error)
            raise ConnectionLostError(f"{self._where}: {message.code}: {message.msg}")
        asked = self._pending.get(message.id)
        if asked is None:
            return None
        if isinstance(message, Info):
            return message
        if isinstance(message, Error):
            if message.code == "lost" and self._ask_again(asked):
                return None
        elif asked.check is not None:
            try:
                asked.check(message)
            except RemoteProtocolError as error:
                self._refuse(self._connection.reject(error))
        del self._pending[message.id]
        return message

    def _ask_again(self, asked: _Pending) -> bool:
        """Send a request that the last connection lost; False if it was not, or may not be sent now."""
        if not asked.resumed:
            return False
        asked.resumed = False
        try:
            self._send(asked.request)
        except LocalProtocolError:
            return False
        return True

    def _refuse(self, event: Rejected) -> None:
        """Raise the peer's error."""
        self._output.append(self._connection.refuse(event))
        error = event.error
        raise RemoteProtocolError(error.code, error.field, error.expected, error.got) from error

    def _send(self, message: Message) -> None:
        self._output.append(self._connection.send(message))
