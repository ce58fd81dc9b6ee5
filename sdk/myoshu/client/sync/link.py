"""A conversation over blocking connections: one request at a time, and resuming after a loss."""

from __future__ import annotations

import contextlib
import logging
import ssl
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from myoshu.client.address import Address
from myoshu.client.sync.wire import SilenceError, Wire, dial
from myoshu.errors import ConnectionLostError, RequestError
from myoshu.protocol import Role
from myoshu.protocol.conversation import Conversation
from myoshu.protocol.messages import DEFAULT_FRAME, Error, Info, Message, Reply, Request, Welcome
from myoshu.version import __version__

__all__ = ["Link"]

AnyReply = TypeVar("AnyReply", bound=Reply)

log = logging.getLogger("myoshu.client")


class Link:
    """Asks one request at a time and waits for its final reply. May be shared between threads, which then take turns.

    A lost connection is restored within ``patience`` seconds if possible; if the server still has this client's
    sessions, the request under way is resumed as if nothing had happened. Where the other side keeps nothing (an
    environment), the request under way fails, and the next one tries to connect again.

    Args:
        address: the server's address.
        role: ``player`` or ``trainer``.
        token: what the server requires; the discovery file's if not given.
        timeout: seconds that a reply may be late: after a request's own time limit, if it has one.
        patience: seconds to try to restore a lost connection; 0 for not at all.
        tls: for ``tcps`` and ``wss``.
        conversation: the conversation, if this side is not the one that dials.
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
        conversation: Conversation | None = None,
    ) -> None:
        self.address = address
        """The server's address."""
        self._timeout = timeout
        self._patience = patience
        self._tls = tls
        self._lock = threading.RLock()
        self._wire: Wire | None = None
        self._conversation = conversation or Conversation(
            role,
            where=address.url,
            name=f"myoshu.client {__version__}",
            token=address.token if token is None else token,
            patience=patience,
        )
        self._connect()

    @property
    def welcome(self) -> Welcome:
        """The server's ``welcome``."""
        return self._conversation.welcome

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
            longer: seconds that the reply may take beyond the timeout.
            on_info: called with each info before the final reply.
            check: raises ``RemoteProtocolError`` if the reply does not answer this request: the connection then ends.

        Raises:
            RequestError: the server answered with an error.
            ConnectionLostError: the server is gone and did not come back in time, or without this client's sessions.
            RemoteProtocolError: the server broke the protocol.
        """
        with self._lock:
            if self._wire is not None and self._conversation.ending:
                self._drop()
            if self._wire is None:
                self._resume()
            request = self._conversation.ask(make, check)
            try:
                try:
                    reply = self._wait(longer, on_info)
                except ConnectionLostError:
                    if not self._conversation.resumable:
                        raise
                    self._resume()
                    reply = self._wait(longer, on_info)
            finally:
                self._conversation.forget(request.id)
        if isinstance(reply, Error):
            raise RequestError(reply.code, reply.msg, reply.retry)
        assert isinstance(reply, kind)
        return reply

    def close(self) -> None:
        """Say goodbye and end the connection."""
        with self._lock:
            self._conversation.close()
            if self._wire is not None:
                with contextlib.suppress(ConnectionLostError):
                    self._flush(self._wire)
            self._drop()

    def _connect(self) -> None:
        """Make a connection, up to the welcome."""
        self._greet(dial(self.address, self._timeout, self._tls, DEFAULT_FRAME), self._timeout)

    def _greet(self, wire: Wire, within: float) -> None:
        """The handshake, within this many seconds."""
        self._conversation.begin(framed=wire.framed)
        self._wire = wire
        try:
            self._next(wire, within)
        except BaseException:
            self._drop()
            raise

    def _resume(self) -> None:
        """Connect again, with the old sessions."""
        attempts = self._conversation.attempts(time.monotonic())
        log.warning(f"{self.address.url}: the connection is lost; waiting {self._patience:g} s for it to come back")
        while True:
            try:
                self._connect()
                break
            except ConnectionLostError:
                pause = attempts.pause(time.monotonic())
                if pause is None:
                    raise
                time.sleep(pause)
        log.warning(f"{self.address.url}: connected again")
        self._conversation.check_resumed()

    def _wait(self, longer: float, on_info: Callable[[Info], None] | None) -> Message:
        """The final reply; infos are passed on. If it does not come, the connection is over."""
        end = time.monotonic() + self._timeout + longer
        while True:
            wire = self._wire
            assert wire is not None
            try:
                try:
                    message = self._next(wire, max(0.0, min(end - time.monotonic(), self._conversation.beat)))
                except SilenceError:
                    if time.monotonic() >= end:
                        raise
                    self._conversation.silent()
                    continue
            except ConnectionLostError:
                self._drop()
                raise
            if not isinstance(message, Info):
                return message
            if on_info is not None:
                on_info(message)

    def _next(self, wire: Wire, within: float) -> Message:
        """The next message that the caller waits for; ends the connection if the peer breaks the protocol."""
        while True:
            try:
                message = self._conversation.next()
            except Exception:
                with contextlib.suppress(ConnectionLostError):
                    self._flush(wire)
                self._drop()
                raise
            self._flush(wire)
            if message is not None:
                return message
            self._conversation.feed(wire.read(within))

    def _flush(self, wire: Wire) -> None:
        """Send the conversation's output."""
        while (data := self._conversation.output()) is not None:
            wire.write(data)

    def _drop(self) -> None:
        if self._wire is not None:
            self._wire.close()
            self._wire = None
