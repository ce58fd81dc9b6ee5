"""A conversation over one blocking connection: handshake, requests, and coming back after a loss."""

from __future__ import annotations

import contextlib
import itertools
import logging
import math
import ssl
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from myoshu.client.address import Address
from myoshu.client.wire import SilenceError, Wire, dial
from myoshu.errors import ConnectionLostError, LocalProtocolError, RemoteProtocolError, RequestError
from myoshu.protocol import Connection, Rejected, Role, State
from myoshu.protocol.handshake import check_welcome
from myoshu.protocol.messages import (
    DEFAULT_FRAME,
    DEFAULT_HEARTBEAT,
    VERSION,
    Bye,
    Error,
    Hello,
    Info,
    Message,
    Ping,
    Pong,
    Reply,
    Request,
    Welcome,
)
from myoshu.protocol.roles import CAPABILITIES
from myoshu.version import __version__

__all__ = ["FIRST_PAUSE", "LONGEST_PAUSE", "Link"]

AnyReply = TypeVar("AnyReply", bound=Reply)

log = logging.getLogger("myoshu.client")

FIRST_PAUSE = 0.05
"""Seconds between the first two attempts to come back; then twice that, and so on."""
LONGEST_PAUSE = 1.0
"""Seconds between two attempts at most."""


class Link:
    """Asks one request at a time and waits for its final reply. May be shared between threads, which then take turns.

    A connection that is lost is made anew for ``patience`` seconds; if the server still has this client's sessions, the
    request under way is gone on with as if nothing had happened. Where the other side keeps nothing (an environment),
    the request under way fails, and the next one tries to connect anew.

    Args:
        address: where the server is.
        role: ``player`` or ``trainer``.
        token: what it must be shown; the discovery file's if not given.
        timeout: seconds that a reply may be late: after a request's own time limit, if it has one.
        patience: seconds for which a lost connection is tried anew; 0 for not at all.
        tls: for ``tcps`` and ``wss``.
    """

    def __init__(
        self,
        address: Address,
        role: Role,
        *,
        token: str | None = None,
        timeout: float = 30.0,
        patience: float = 5.0,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.address = address
        """Where the server is."""
        self._role = role
        self._token = address.token if token is None else token
        self._timeout = timeout
        self._patience = patience
        self._tls = tls
        self._lock = threading.RLock()
        self._ids = itertools.count(1)
        self._wire: Wire | None = None
        self._connection: Connection
        self._ready: list[Message] = []
        self.welcome = self._connect(None, ())
        """What the server said of itself."""

    def ask(
        self,
        make: Callable[[int], Request],
        kind: type[AnyReply],
        *,
        longer: float = 0.0,
        on_info: Callable[[Info], None] | None = None,
        check: Callable[[AnyReply], None] | None = None,
    ) -> AnyReply:
        """Make a request and wait for its reply.

        Args:
            make: makes the request, given its id.
            kind: the reply expected.
            longer: seconds that the reply may take besides the timeout.
            on_info: takes what comes before the final reply.
            check: raises ``RemoteProtocolError`` if the reply is none to this request: the connection then ends.

        Raises:
            RequestError: the server answered with an error.
            ConnectionLostError: the server is gone and did not come back in time, or without this client's sessions.
            RemoteProtocolError: the server broke the protocol.
        """
        with self._lock:
            request = make(next(self._ids))
            if self._connection.state is State.CLOSING:
                self._drop()
            if self._wire is None:
                self._come_back(())
            try:
                self._send(request)
                reply = self._wait(request.id, longer, on_info)
            except ConnectionLostError:
                self._drop()
                if self.welcome.ticket is None:
                    raise
                reply = self._go_on(request, longer, on_info)
            if isinstance(reply, Error):
                raise RequestError(reply.code, reply.msg, reply.retry)
            assert isinstance(reply, kind)
            if check is not None:
                try:
                    check(reply)
                except RemoteProtocolError as error:
                    self._sound(self._connection.reject(error))
        return reply

    def close(self) -> None:
        """Say goodbye and end."""
        with self._lock:
            if self._wire is not None:
                with contextlib.suppress(ConnectionLostError, LocalProtocolError):
                    self._send(Bye())
                self._wire.close()
                self._wire = None
            self._patience = 0.0

    def _go_on(self, request: Request, longer: float, on_info: Callable[[Info], None] | None) -> Reply | Error:
        """After a loss: the reply to what was asked over the connection before."""
        self._come_back((request.id,))
        reply = self._wait(request.id, longer, on_info)
        if isinstance(reply, Error) and reply.code == "lost":
            self._send(request)
            reply = self._wait(request.id, longer, on_info)
        return reply

    def _come_back(self, pending: tuple[int, ...]) -> None:
        """Connect anew, with the old sessions."""
        end, pause = time.monotonic() + self._patience, FIRST_PAUSE
        if self._patience <= 0.0:
            raise ConnectionLostError(f"{self.address.url}: expected a connection, it is closed")
        log.warning(f"{self.address.url}: the connection is lost; waiting {self._patience:g} s for it to come back")
        while True:
            try:
                self.welcome = self._connect(self.welcome.ticket, pending)
                break
            except ConnectionLostError:
                if time.monotonic() + pause > end:
                    raise
                time.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE)
        log.warning(f"{self.address.url}: connected again")
        if self.welcome.ticket is not None and not self.welcome.resumed:
            raise ConnectionLostError(
                f"{self.address.url}: the server was started anew: expected this client's sessions, they are gone"
            )

    def _connect(self, resume: str | None, pending: tuple[int, ...]) -> Welcome:
        wire = dial(self.address, self._timeout, self._tls, DEFAULT_FRAME)
        self._wire, self._ready = wire, []
        connection = self._connection = Connection(self._role, dials=True, framed=wire.framed)
        try:
            self._send(
                Hello(
                    proto=(VERSION, VERSION),
                    role=self._role.value,
                    name=f"myoshu.client {__version__}",
                    token=self._token,
                    caps=CAPABILITIES[self._role],
                    heartbeat=0.0,
                    resume=resume,
                    pending=pending if resume is not None else None,
                )
            )
            connection.adopt(asked=dict.fromkeys(pending, ""))
            welcome = self._next(self._timeout)
            if isinstance(welcome, Error):
                raise RequestError(welcome.code, welcome.msg, welcome.retry)
            assert isinstance(welcome, Welcome)
            check_welcome(welcome)
        except BaseException:
            self._drop()
            raise
        return welcome

    def _wait(self, request: int, longer: float, on_info: Callable[[Info], None] | None) -> Reply | Error:
        """The final reply; what else comes is answered or passed on."""
        end = time.monotonic() + self._timeout + longer
        beat, asked = self._heartbeat(), False
        while True:
            try:
                message = self._next(max(0.0, min(end - time.monotonic(), beat)))
                asked = False
            except SilenceError as error:
                if time.monotonic() >= end:
                    raise
                if asked:
                    said = f"{self.address.url}: expected a word within {2 * beat:g} s, got none"
                    raise ConnectionLostError(said) from error
                self._send(Ping(id=next(self._ids)))
                asked = True
                continue
            if isinstance(message, Ping):
                self._send(Pong(id=message.id))
            elif isinstance(message, Error) and message.id is None:
                self._drop()
                raise ConnectionLostError(f"{self.address.url}: {message.code}: {message.msg}")
            elif isinstance(message, Info) and message.id == request:
                if on_info is not None:
                    on_info(message)
            elif isinstance(message, Reply | Error) and message.id == request:
                return message

    def _heartbeat(self) -> float:
        """Seconds of silence after which an agent is asked whether it is there. An environment may be busy for long."""
        beat = self.welcome.heartbeat if self._role is Role.PLAYER else 0.0
        return (DEFAULT_HEARTBEAT if beat is None else beat) or math.inf

    def _next(self, timeout: float) -> Message:
        """The next message."""
        connection, wire = self._connection, self._wire
        if wire is None:
            raise ConnectionLostError(f"{self.address.url}: the connection is closed")
        while True:
            if not wire.framed:
                return self._sound(connection.receive(wire.read(timeout)))
            event = connection.next()
            if event is not None:
                return self._sound(event)
            connection.feed(wire.read(timeout))

    def _sound(self, event: Message | Rejected) -> Message:
        if not isinstance(event, Rejected):
            return event
        if self._wire is not None:
            with contextlib.suppress(ConnectionLostError):
                self._wire.write(self._connection.refuse(event))
        self._drop()
        error = event.error
        raise RemoteProtocolError(error.code, error.field, error.expected, error.got) from error

    def _send(self, message: Message) -> None:
        data = self._connection.send(message)
        if self._wire is None:
            raise ConnectionLostError(f"{self.address.url}: the connection is closed")
        self._wire.write(data)

    def _drop(self) -> None:
        if self._wire is not None:
            self._wire.close()
            self._wire = None
