"""A conversation over asyncio connections: many requests at once, heartbeat, and resuming after a loss."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import math
import ssl
import time
from collections.abc import Callable
from typing import TypeVar

from myoshu.client.address import Address
from myoshu.client.asyncio.wire import AsyncWire, dial_async
from myoshu.errors import ConnectionLostError, RemoteProtocolError, RequestError
from myoshu.protocol import Role
from myoshu.protocol.conversation import Attempts, Conversation
from myoshu.protocol.messages import DEFAULT_FRAME, Error, Info, Message, Reply, Request, Welcome
from myoshu.version import __version__

__all__ = ["AsyncLink"]

AnyReply = TypeVar("AnyReply", bound=Reply)


@dataclasses.dataclass(slots=True)
class _Waiting:
    """A caller that waits for a reply."""

    answer: asyncio.Future[Message]
    on_info: Callable[[Info], None] | None


class AsyncLink:
    """Asks an agent server for replies; as :class:`myoshu.client.sync.link.Link`. It belongs to one event loop.

    A lost connection is restored within ``patience`` seconds if possible; if the server still has this client's
    sessions, the requests under way are resumed as if nothing had happened.

    Args:
        address: the server's address.
        token: what the server requires; the discovery file's if not given.
        timeout: seconds that connecting may take.
        heartbeat: seconds of silence after which each side checks whether the other is there; 0 for never.
        patience: seconds to try to restore a lost connection; 0 for not at all.
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
        """The server's address."""
        self._timeout, self._tls = timeout, tls
        self._conversation = Conversation(
            Role.PLAYER,
            where=address.url,
            name=f"myoshu.client {__version__}",
            token=address.token if token is None else token,
            heartbeat=heartbeat,
            silence=heartbeat,
            patience=patience,
        )
        self._waiting: dict[int, _Waiting] = {}
        self._begun: AsyncWire | None = None
        self._wire: AsyncWire | None = None
        self._listener: asyncio.Task[None] | None = None
        self._resuming: asyncio.Task[None] | None = None
        self._closed = False

    @property
    def welcome(self) -> Welcome:
        """The server's ``welcome``."""
        return self._conversation.welcome

    async def open(self) -> None:
        """Connect for the first time.

        Raises:
            ConnectionLostError: nothing answers there.
            RequestError: the server refuses.
            RemoteProtocolError: the server broke the protocol.
        """
        await self._connect()

    async def ask(
        self,
        make: Callable[[int], Request],
        kind: type[AnyReply],
        on_info: Callable[[Info], None] | None = None,
        check: Callable[[AnyReply], None] | None = None,
    ) -> AnyReply:
        """Make a request and wait for its reply; ``check`` as for :meth:`myoshu.client.sync.link.Link.ask`.

        A request that is no longer awaited is cancelled on the server too.

        Raises:
            RequestError: the server answered with an error.
            ConnectionLostError: the server is gone and did not come back in time, or without this client's sessions.
            RemoteProtocolError: the server broke the protocol.
        """
        if self._wire is not None and self._conversation.ending:
            await self._drop()
            self._fail(ConnectionLostError(f"{self.address.url}: expected an answer, got the end of the connection"))
        if self._wire is None:
            await self._resume()
        if self._wire is None:
            raise ConnectionLostError(f"{self.address.url}: expected a connection, it is closed")
        request = self._conversation.ask(make, check)
        waiting = _Waiting(asyncio.get_running_loop().create_future(), on_info)
        self._waiting[request.id] = waiting
        try:
            await self._flush(self._wire)
            reply = await waiting.answer
        except asyncio.CancelledError:
            self._conversation.cancel(request.id)
            if self._wire is not None:
                await self._flush(self._wire)
            raise
        finally:
            self._conversation.forget(request.id)
            del self._waiting[request.id]
        if isinstance(reply, Error):
            raise RequestError(reply.code, reply.msg, reply.retry)
        assert isinstance(reply, kind)
        return reply

    async def close(self) -> None:
        """Say goodbye and end the connection."""
        if self._closed:
            return
        self._closed = True
        self._conversation.close()
        if self._wire is not None:
            await self._flush(self._wire)
        for task in (self._resuming, self._listener):
            if task is not None:
                task.cancel()
                with contextlib.suppress(
                    asyncio.CancelledError, ConnectionLostError, RequestError, RemoteProtocolError
                ):
                    await task
        await self._drop()
        self._fail(ConnectionLostError(f"{self.address.url}: expected a connection, it is closed"))

    async def _connect(self) -> None:
        """Make a connection, up to the welcome; a task then listens to it."""
        wire = await dial_async(self.address, self._timeout, self._tls, DEFAULT_FRAME)
        self._begun = wire
        self._conversation.begin(framed=wire.framed)
        try:
            async with asyncio.timeout(self._timeout):
                while await self._said(wire) is None:
                    self._conversation.feed(await wire.read())
        except BaseException as error:
            await wire.close()
            if isinstance(error, TimeoutError):
                said = f"{self.address.url}: expected welcome within {self._timeout:g} s, got none"
                raise ConnectionLostError(said) from error
            raise
        self._wire = wire
        self._listener = asyncio.create_task(self._listen(wire))

    async def _resume(self) -> None:
        """Connect again, on behalf of all callers that wait for it."""
        attempts = self._conversation.attempts(time.monotonic())
        if self._resuming is None or self._resuming.done():
            self._resuming = asyncio.create_task(self._try_again(attempts))
        await asyncio.shield(self._resuming)

    async def _try_again(self, attempts: Attempts) -> None:
        while True:
            try:
                await self._connect()
                break
            except ConnectionLostError:
                pause = attempts.pause(time.monotonic())
                if pause is None:
                    raise
                await asyncio.sleep(pause)
        self._conversation.check_resumed()

    async def _listen(self, wire: AsyncWire) -> None:
        """Process what arrives until the end; then resume, if the server may still have our sessions."""
        try:
            while self._wire is wire:
                message = await self._said(wire)
                if message is not None:
                    self._pass_on(message)
                    continue
                data = await self._read(wire)
                if self._begun is wire:
                    self._conversation.feed(data)
        except RemoteProtocolError as error:
            await self._drop()
            self._fail(error)
        except ConnectionLostError as error:
            if self._wire is not wire:
                return
            resumable = self._conversation.resumable
            await self._drop()
            if not resumable:
                self._fail(error)
                return
            try:
                await self._resume()
            except (ConnectionLostError, RequestError, RemoteProtocolError) as failure:
                self._fail(failure)

    async def _read(self, wire: AsyncWire) -> bytes:
        """Some bytes; after a silence the server is pinged."""
        beat = self._conversation.beat
        if beat == math.inf:
            return await wire.read()
        reading = asyncio.ensure_future(wire.read())
        try:
            while not (await asyncio.wait({reading}, timeout=beat))[0]:
                self._conversation.silent()
                await self._flush(wire)
            return reading.result()
        finally:
            if not reading.done():
                reading.cancel()
                with contextlib.suppress(asyncio.CancelledError, ConnectionLostError):
                    await reading

    async def _said(self, wire: AsyncWire) -> Message | None:
        """The next message that a caller waits for, if its bytes have arrived; pending output is sent."""
        try:
            return self._conversation.next()
        finally:
            await self._flush(wire)

    def _pass_on(self, message: Message) -> None:
        """Give a message to the caller that waits for it."""
        assert isinstance(message, Reply | Error)
        assert message.id is not None
        waiting = self._waiting.get(message.id)
        if waiting is None or waiting.answer.done():
            return
        if not isinstance(message, Info):
            waiting.answer.set_result(message)
        elif waiting.on_info is not None:
            try:
                waiting.on_info(message)
            except Exception as error:  # noqa: BLE001 -- user code may raise anything
                waiting.answer.set_exception(error)

    async def _flush(self, wire: AsyncWire) -> None:
        """Send the conversation's output, unless it has begun over another connection in the meantime."""
        while self._begun is wire and (data := self._conversation.output()) is not None:
            await wire.write(data)

    async def _drop(self) -> None:
        wire, self._wire = self._wire, None
        if wire is not None:
            await wire.close()

    def _fail(self, error: Exception) -> None:
        """End every pending request with this error."""
        for waiting in self._waiting.values():
            if not waiting.answer.done():
                waiting.answer.set_exception(error)
