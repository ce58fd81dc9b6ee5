"""A conversation over one asyncio connection: many requests at once, heartbeat, and coming back after a loss."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import itertools
import ssl
import time
from collections.abc import Callable
from typing import Any, TypeVar

from myoshu.client.address import Address
from myoshu.client.async_wire import AsyncWire, dial_async
from myoshu.client.link import FIRST_PAUSE, LONGEST_PAUSE
from myoshu.errors import ConnectionLostError, LocalProtocolError, RemoteProtocolError, RequestError
from myoshu.protocol import Connection, Rejected, Role, State
from myoshu.protocol.handshake import check_welcome
from myoshu.protocol.messages import (
    DEFAULT_FRAME,
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
from myoshu.protocol.roles import CAPABILITIES
from myoshu.version import __version__

__all__ = ["AsyncLink"]

AnyReply = TypeVar("AnyReply", bound=Reply)


@dataclasses.dataclass(slots=True)
class _Asked:
    """A request under way."""

    request: Request
    answer: asyncio.Future[Reply]
    on_info: Callable[[Info], None] | None
    check: Callable[[Any], None] | None


class AsyncLink:
    """Asks an agent server for replies; arguments as :class:`myoshu.client.link.Link`. It belongs to one event loop.

    A connection that is lost is made anew for ``patience`` seconds; if the server still has this client's sessions, the
    requests under way are gone on with as if nothing had happened.

    Args:
        address: where the server is.
        token: what it must be shown; the discovery file's if not given.
        timeout: seconds that connecting may take.
        heartbeat: seconds of silence after which both sides look whether the other is there; 0 for never.
        patience: seconds for which a lost connection is tried anew; 0 for not at all.
        tls: for ``tcps`` and ``wss``.
    """

    def __init__(
        self,
        address: Address,
        token: str | None,
        timeout: float,
        heartbeat: float,
        patience: float,
        tls: ssl.SSLContext | None,
    ) -> None:
        self.address = address
        """Where the server is."""
        self.welcome: Welcome
        """What the server said of itself."""
        self._token = address.token if token is None else token
        self._timeout, self._heartbeat, self._patience, self._tls = timeout, heartbeat, patience, tls
        self._ids = itertools.count(1)
        self._asked: dict[int, _Asked] = {}
        self._wire: AsyncWire | None = None
        self._connection: Connection
        self._listener: asyncio.Task[None] | None = None
        self._restoring: asyncio.Task[None] | None = None
        self._closed = False

    async def open(self) -> None:
        """Connect for the first time.

        Raises:
            ConnectionLostError: nobody answers there.
            RequestError: the server refuses.
            RemoteProtocolError: the server broke the protocol.
        """
        await self._connect(None)

    async def ask(
        self,
        make: Callable[[int], Request],
        kind: type[AnyReply],
        on_info: Callable[[Info], None] | None = None,
        check: Callable[[AnyReply], None] | None = None,
    ) -> AnyReply:
        """Make a request and wait for its reply; ``check`` as :meth:`myoshu.client.link.Link.ask` has it.

        One that is no longer waited for is cancelled on the server too.

        Raises:
            RequestError: the server answered with an error.
            ConnectionLostError: the server is gone and did not come back in time, or without this client's sessions.
            RemoteProtocolError: the server broke the protocol.
        """
        if self._wire is not None and self._connection.state is State.CLOSING:
            await self._drop()
        if self._wire is None:
            await self._restore()
        request = make(next(self._ids))
        asked = _Asked(request, asyncio.get_running_loop().create_future(), on_info, check)
        self._asked[request.id] = asked
        try:
            await self._send(request)
            reply = await asked.answer
        except asyncio.CancelledError:
            if isinstance(request, Think | ActBatch) and request.id in self._connection.asked:
                with contextlib.suppress(ConnectionLostError, LocalProtocolError):
                    await self._send(Cancel(id=next(self._ids), request=request.id))
            raise
        finally:
            self._asked.pop(request.id, None)
        assert isinstance(reply, kind)
        return reply

    async def close(self) -> None:
        """Say goodbye and end."""
        if self._closed:
            return
        self._closed = True
        if self._wire is not None:
            with contextlib.suppress(ConnectionLostError, LocalProtocolError):
                await self._send(Bye())
        for task in (self._restoring, self._listener):
            if task is not None:
                task.cancel()
                with contextlib.suppress(
                    asyncio.CancelledError, ConnectionLostError, RequestError, RemoteProtocolError
                ):
                    await task
        await self._drop()
        self._fail(ConnectionLostError(f"{self.address.url}: expected a connection, it is closed"))

    async def _connect(self, resume: str | None) -> None:
        """The handshake; afterwards what comes is listened to."""
        pending = tuple(self._asked) if resume is not None else ()
        wire = await dial_async(self.address, self._timeout, self._tls, DEFAULT_FRAME)
        connection = Connection(Role.PLAYER, dials=True, framed=wire.framed)
        try:
            hello = Hello(
                proto=(VERSION, VERSION),
                role="player",
                name=f"myoshu.client {__version__}",
                token=self._token,
                caps=CAPABILITIES[Role.PLAYER],
                heartbeat=self._heartbeat,
                resume=resume,
                pending=pending if resume is not None else None,
            )
            await wire.write(connection.send(hello))
            connection.adopt(asked=dict.fromkeys(pending, ""))
            async with asyncio.timeout(self._timeout):
                event = await _next(connection, wire)
            if isinstance(event, Rejected):
                await wire.write(connection.refuse(event))
                raise _broken(event)
            if isinstance(event, Error):
                raise RequestError(event.code, event.msg, event.retry)
            assert isinstance(event, Welcome)
            check_welcome(event)
        except BaseException as error:
            await wire.close()
            if isinstance(error, TimeoutError):
                said = f"{self.address.url}: expected welcome within {self._timeout:g} s, got none"
                raise ConnectionLostError(said) from error
            raise
        self._wire, self._connection, self.welcome = wire, connection, event
        self._listener = asyncio.create_task(self._listen(connection, wire))

    async def _restore(self) -> None:
        """Connect anew, together with all who wait for it."""
        if self._closed or self._patience <= 0.0:
            raise ConnectionLostError(f"{self.address.url}: expected a connection, it is closed")
        if self._restoring is None or self._restoring.done():
            self._restoring = asyncio.create_task(self._come_back())
        await asyncio.shield(self._restoring)

    async def _come_back(self) -> None:
        end, pause = time.monotonic() + self._patience, FIRST_PAUSE
        ticket = self.welcome.ticket
        while True:
            try:
                await self._connect(ticket)
                break
            except ConnectionLostError:
                if time.monotonic() + pause > end:
                    raise
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE)
        if ticket is not None and not self.welcome.resumed:
            raise ConnectionLostError(
                f"{self.address.url}: the server was started anew: expected this client's sessions, they are gone"
            )

    async def _listen(self, connection: Connection, wire: AsyncWire) -> None:
        """Take in what comes until the end; then come back, if the server may still have our sessions."""
        try:
            while True:
                await self._meet(await self._patiently(connection, wire))
        except RemoteProtocolError as error:
            if self._wire is not None:
                await self._wire.write(connection.refuse(connection.reject(error)))
            await self._drop()
            self._fail(error)
        except ConnectionLostError as error:
            ended = connection.state is State.CLOSING
            await self._drop()
            if self.welcome.ticket is None or ended or self._patience <= 0.0:
                self._fail(error)
                return
            try:
                await self._restore()
            except (ConnectionLostError, RequestError, RemoteProtocolError) as failure:
                self._fail(failure)

    async def _patiently(self, connection: Connection, wire: AsyncWire) -> Message | Rejected:
        """The next event; after a silence the server is asked whether it is there."""
        beat = self._heartbeat if self.welcome.heartbeat is None else self.welcome.heartbeat
        if not beat:
            return await _next(connection, wire)
        reading = asyncio.ensure_future(_next(connection, wire))
        try:
            done, _ = await asyncio.wait({reading}, timeout=beat)
            if not done:
                await self._send(Ping(id=next(self._ids)))
                done, _ = await asyncio.wait({reading}, timeout=beat)
            if not done:
                raise ConnectionLostError(f"{self.address.url}: expected a word within {2 * beat:g} s, got none")
            return reading.result()
        finally:
            if not reading.done():
                reading.cancel()
                with contextlib.suppress(asyncio.CancelledError, ConnectionLostError):
                    await reading

    async def _meet(self, event: Message | Rejected) -> None:
        if isinstance(event, Rejected):
            raise _broken(event)
        if isinstance(event, Ping):
            await self._send(Pong(id=event.id))
        elif isinstance(event, Error) and event.id is None:
            raise ConnectionLostError(f"{self.address.url}: {event.code}: {event.msg}")
        elif isinstance(event, Reply | Error):
            assert event.id is not None
            asked = self._asked.get(event.id)
            if asked is None or asked.answer.done():
                return
            if isinstance(event, Info):
                if asked.on_info is not None:
                    asked.on_info(event)
            elif not isinstance(event, Error):
                if asked.check is not None:
                    asked.check(event)
                asked.answer.set_result(event)
            elif event.code == "lost":
                await self._send(asked.request)
            else:
                asked.answer.set_exception(RequestError(event.code, event.msg, event.retry))

    async def _send(self, message: Message) -> None:
        if self._wire is None:
            raise ConnectionLostError(f"{self.address.url}: expected a connection, it is closed")
        await self._wire.write(self._connection.send(message))

    async def _drop(self) -> None:
        wire, self._wire = self._wire, None
        if wire is not None:
            await wire.close()

    def _fail(self, error: Exception) -> None:
        """Every request under way ends with this error."""
        for asked in self._asked.values():
            if not asked.answer.done():
                asked.answer.set_exception(error)


async def _next(connection: Connection, wire: AsyncWire) -> Message | Rejected:
    """The next event of a connection."""
    if not wire.framed:
        return connection.receive(await wire.read())
    while (event := connection.next()) is None:
        connection.feed(await wire.read())
    return event


def _broken(event: Rejected) -> RemoteProtocolError:
    error = event.error
    return RemoteProtocolError(error.code, error.field, error.expected, error.got)
