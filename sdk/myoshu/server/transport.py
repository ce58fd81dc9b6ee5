"""Transports of bytes: streams (TCP, TLS, Unix, stdio) and WebSocket, behind one interface."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any, Protocol

from myoshu.server.turn import FRAMES, SECONDS, Turn

__all__ = ["StreamTransport", "Transport", "WebSocketTransport"]

STOPPING = 0.5
"""Seconds that a peer may take to read why its connection ends."""


Take = Callable[[bytes], Turn]
"""A function that takes some bytes of a stream, or one message."""


class Transport(Protocol):
    """The byte transport of one connection. Output is sent when it is flushed, or the transport is closed."""

    framed: bool
    """Whether frames have a length prefix."""
    name: str
    """The peer's name, for the log."""

    async def receive(self, take: Take, unread: int, came: Callable[[], None]) -> bool:
        """Hand over everything that arrives; nothing is read while more than ``unread`` bytes wait for the peer.

        Args:
            take: called with it.
            unread: see above.
            came: called when bytes arrived that are not handed over yet.

        Returns:
            Whether ``take`` had enough; if not, the peer is gone.
        """
        ...

    def stop(self) -> None:
        """Make :meth:`receive` return."""
        ...

    def write(self, data: bytes) -> None:
        """Queue bytes to be sent."""
        ...

    def flush(self) -> None:
        """Send what was written, without waiting."""
        ...

    @property
    def behind(self) -> bool:
        """Whether something that arrived waits to be handed over."""
        ...

    @property
    def unfinished(self) -> int:
        """Bytes that arrived and were not handed over."""
        ...

    @property
    def unsent(self) -> int:
        """Bytes that the peer has not received yet."""
        ...

    async def close(self, patience: float) -> None:
        """Send what is unsent, for at most this many seconds, and close."""
        ...


class StreamTransport(asyncio.Protocol):
    """A stream of bytes, as an asyncio protocol: bytes are handed over as soon as they arrive.

    Args:
        serve: called as a new task for a new connection, on the side that listens.
        name: the peer's name; its address if not given.
    """

    framed = True

    def __init__(
        self, serve: Callable[[StreamTransport], Coroutine[Any, Any, None]] | None = None, name: str = ""
    ) -> None:
        loop = asyncio.get_running_loop()
        self.name = name
        self._serve = serve
        self._task: asyncio.Task[None] | None = None
        self._reading: asyncio.ReadTransport | None = None
        self._writing: asyncio.WriteTransport | None = None
        self._open = 0
        self._waiting: list[bytes] = []
        self._take: Take | None = None
        self._again: asyncio.Handle | None = None
        self._behind = False
        self._slow = False
        self._ended = False
        self._enough: asyncio.Future[bool] = loop.create_future()
        self._lost: asyncio.Future[None] = loop.create_future()
        self._outgoing: list[bytes] = []
        self._held = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Asyncio has a connection, or one direction of it: of two pipes, the one to read from comes first."""
        self._open += 1
        if self._reading is None and isinstance(transport, asyncio.ReadTransport):
            self._reading = transport
        if isinstance(transport, asyncio.WriteTransport):
            self._writing = transport
        self.name = self.name or _peer(transport)
        if self._serve is not None:
            self._task = asyncio.create_task(self._serve(self))

    def data_received(self, data: bytes) -> None:
        """Handle received bytes."""
        if self._enough.done():
            return
        self._waiting.append(data)
        if self._take is None:
            return
        if self._behind or self._slow:
            self._behind = True
        else:
            self._turn()

    def eof_received(self) -> bool:
        """Note that nothing more will arrive, though the peer may still read."""
        self._ended = True
        if not self.behind:
            self._end()
        return self._reading is None or self._reading.get_extra_info("sslcontext") is None

    def connection_lost(self, error: Exception | None) -> None:
        """Note that the connection has ended, or one direction of it."""
        self._open -= 1
        if self._open:
            self.eof_received()
            return
        self._end()
        self._lost.set_result(None)

    def pause_writing(self) -> None:
        """Note that the peer does not read."""
        self._slow = True
        self._listen()

    def resume_writing(self) -> None:
        """Note that the peer reads again."""
        self._slow = False
        self._listen()

    async def receive(self, take: Take, unread: int, came: Callable[[], None] = lambda: None) -> bool:
        """Hand over everything that arrives until ``take`` has enough, or the peer is gone."""
        assert self._writing is not None
        self._writing.set_write_buffer_limits(high=unread)
        self._take = take
        if self._waiting:
            self._turn()
        try:
            return await self._enough
        finally:
            self._take = None
            self._waiting.clear()

    def stop(self) -> None:
        """Make :meth:`receive` return."""
        self._end(enough=True)

    @property
    def behind(self) -> bool:
        """Whether something that arrived waits to be handed over."""
        return self._behind or bool(self._waiting)

    @property
    def unfinished(self) -> int:
        """0: all bytes are handed over at once."""
        return 0

    def write(self, data: bytes) -> None:
        """Queue bytes to be sent."""
        self._outgoing.append(data)
        self._held += len(data)

    def flush(self) -> None:
        """Send what was written, in one piece."""
        outgoing, self._outgoing, self._held = self._outgoing, [], 0
        if outgoing and self._writing is not None and not self._writing.is_closing():
            self._writing.write(b"".join(outgoing))

    @property
    def unsent(self) -> int:
        """Bytes in the output buffers."""
        return self._held + (0 if self._writing is None else self._writing.get_write_buffer_size())

    async def close(self, patience: float) -> None:
        """Send what was written, and close."""
        self._end(enough=True)
        self.flush()
        for each in {self._reading, self._writing}:
            if each is not None:
                each.close()
        try:
            async with asyncio.timeout(patience):
                await asyncio.shield(self._lost)
        except TimeoutError:
            self.abort()

    def abort(self) -> None:
        """Close at once, without sending the rest."""
        if self._writing is not None and not self._lost.done():
            self._writing.abort()

    def _turn(self) -> None:
        """Hand over what waits, as much as fits into one turn."""
        self._again = None
        if self._take is None or self._slow or self._enough.done():
            return
        waiting, self._waiting, self._behind = self._waiting, [], False
        try:
            turn = self._take(waiting[0] if len(waiting) == 1 else b"".join(waiting))
        except Exception as error:  # noqa: BLE001 -- raised again by receive()
            if not self._enough.done():
                self._enough.set_exception(error)
            return
        self._behind = turn is Turn.AGAIN
        if turn is Turn.ENOUGH:
            self._end(enough=True)
        elif self._ended and not self._behind:
            self._end()
        self._listen()

    def _listen(self) -> None:
        """Read, and hand over what waits, unless the peer does not read."""
        if self._reading is None or self._enough.done():
            return
        if self._slow or self._behind:
            self._reading.pause_reading()
        else:
            self._reading.resume_reading()
        if self._behind and not self._slow and self._again is None:
            self._again = asyncio.get_running_loop().call_soon(self._turn)

    def _end(self, *, enough: bool = False) -> None:
        if not self._enough.done():
            self._enough.set_result(enough)


class WebSocketTransport:
    """A WebSocket, whose binary messages are payloads."""

    framed = False

    def __init__(self, socket: Any) -> None:
        self._socket = socket
        self._outgoing: deque[bytes] = deque()
        self._unsent = 0
        self._some = asyncio.Event()
        self._less = asyncio.Event()
        self._sender = asyncio.create_task(self._send())
        self._stopping: asyncio.Task[None] | None = None
        self.name = f"ws {socket.remote_address}"

    async def receive(self, take: Take, unread: int, came: Callable[[], None]) -> bool:
        """Hand over messages; a text message becomes an invalid payload."""
        from websockets.exceptions import ConnectionClosed

        self._socket.came = came
        try:
            return await self._receive(take, unread, ConnectionClosed)
        finally:
            self._socket.came = None

    async def _receive(self, take: Take, unread: int, closed: type[Exception]) -> bool:
        loop = asyncio.get_running_loop()
        frames, begun = 0, loop.time()
        while True:
            try:
                message = await self._socket.recv()
            except closed:
                return False
            if take(message if isinstance(message, bytes) else b"\xc1") is Turn.ENOUGH:
                return True
            while self._unsent > unread and not self._sender.done():
                await self._drain()
            frames += 1
            if frames >= FRAMES or loop.time() > begun + SECONDS:
                await asyncio.sleep(0.0)
                frames, begun = 0, loop.time()

    def stop(self) -> None:
        """Close, in a separate task, so that :meth:`receive` returns."""
        self._stopping = asyncio.create_task(self.close(STOPPING))

    @property
    def behind(self) -> bool:
        """Whether something that arrived waits to be handed over; it does not wait for long."""
        return False

    @property
    def unfinished(self) -> int:
        """Bytes of an incomplete message, as far as the library reports them."""
        reader = getattr(self._socket.protocol, "reader", None)
        return len(getattr(reader, "buffer", b""))

    def write(self, data: bytes) -> None:
        """Queue bytes to be sent."""
        self._outgoing.append(data)
        self._unsent += len(data)

    def flush(self) -> None:
        """Send, without waiting."""
        self._some.set()

    @property
    def unsent(self) -> int:
        """Bytes of messages that were not handed over yet."""
        return self._unsent

    async def close(self, patience: float) -> None:
        """Send what is left and close."""
        self.flush()
        try:
            async with asyncio.timeout(patience):
                while self._unsent and not self._sender.done():
                    await self._drain()
        except TimeoutError:
            pass
        self._sender.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._sender
        try:
            async with asyncio.timeout(patience):
                await self._socket.close()
        except TimeoutError:
            self.abort()
        finally:
            reader = getattr(self._socket.protocol, "reader", None)
            if reader is not None:  # it refers to itself: an incomplete message would stay until a garbage collection
                reader.discard()

    def abort(self) -> None:
        """Close at once, without sending the rest."""
        self._socket.transport.abort()

    async def _drain(self) -> None:
        """Wait until a message was handed over."""
        if self._unsent and not self._sender.done():
            self._less.clear()
            await self._less.wait()

    async def _send(self) -> None:
        from websockets.exceptions import ConnectionClosed

        try:
            while True:
                while self._outgoing:
                    data = self._outgoing.popleft()
                    await self._socket.send(data)
                    self._unsent -= len(data)
                    self._less.set()
                self._some.clear()
                await self._some.wait()
        except ConnectionClosed:
            pass
        finally:
            self._less.set()


def _peer(transport: asyncio.BaseTransport) -> str:
    name = transport.get_extra_info("peername")
    return f"{name[0]}:{name[1]}" if isinstance(name, tuple) else "unix"
