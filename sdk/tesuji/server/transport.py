"""Ways for bytes to come and go: streams (TCP, TLS, Unix, stdio) and WebSocket, behind one face."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from typing import Any, Protocol

__all__ = ["StreamTransport", "Transport", "WebSocketTransport"]

READ = 1 << 16


class Transport(Protocol):
    """One connection's bytes."""

    framed: bool
    """Whether frames have a length."""
    name: str
    """Who is at the other end, for the log."""

    async def read(self) -> bytes | None:
        """Some bytes of a stream, or one message; None at the end."""
        ...

    def write(self, data: bytes) -> None:
        """Send, without waiting."""
        ...

    @property
    def unsent(self) -> int:
        """Bytes that the other end has not taken yet."""
        ...

    async def drain(self) -> None:
        """Wait until less is unsent."""
        ...

    async def close(self, patience: float) -> None:
        """Send what is unsent, for so many seconds at most, and close."""
        ...


class StreamTransport:
    """A stream of bytes. What is written between two looks at the sockets goes out at once."""

    framed = True

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, name: str = "") -> None:
        self._reader, self._writer = reader, writer
        self._outgoing: list[bytes] = []
        self._held = 0
        self.name = name or _peer(writer)

    async def read(self) -> bytes | None:
        """What has come; None at the end."""
        try:
            return await self._reader.read(READ) or None
        except (OSError, EOFError):
            return None

    def write(self, data: bytes) -> None:
        """Send, without waiting."""
        if not self._outgoing:
            asyncio.get_running_loop().call_soon(self._flush)
        self._outgoing.append(data)
        self._held += len(data)

    @property
    def unsent(self) -> int:
        """Bytes in the buffers."""
        return self._held + self._writer.transport.get_write_buffer_size()

    async def drain(self) -> None:
        """Wait until the buffer has room."""
        self._flush()
        with contextlib.suppress(OSError):
            await self._writer.drain()

    async def close(self, patience: float) -> None:
        """Flush and close."""
        self._flush()
        self._writer.close()
        try:
            async with asyncio.timeout(patience):
                await self._writer.wait_closed()
        except (TimeoutError, OSError):
            self._writer.transport.abort()

    def _flush(self) -> None:
        """Hand over what was written."""
        outgoing, self._outgoing, self._held = self._outgoing, [], 0
        if outgoing and not self._writer.is_closing():
            self._writer.write(b"".join(outgoing))


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
        self.name = f"ws {socket.remote_address}"

    async def read(self) -> bytes | None:
        """One message; a text is what no payload can be."""
        from websockets.exceptions import ConnectionClosed

        try:
            message = await self._socket.recv()
        except ConnectionClosed:
            return None
        return message if isinstance(message, bytes) else b"\xc1"

    def write(self, data: bytes) -> None:
        """Send, without waiting."""
        self._outgoing.append(data)
        self._unsent += len(data)
        self._some.set()

    @property
    def unsent(self) -> int:
        """Bytes of messages that were not handed over yet."""
        return self._unsent

    async def drain(self) -> None:
        """Wait until a message was handed over."""
        if self._unsent and not self._sender.done():
            self._less.clear()
            await self._less.wait()

    async def close(self, patience: float) -> None:
        """Send what is left and close."""
        try:
            async with asyncio.timeout(patience):
                while self._unsent and not self._sender.done():
                    await self.drain()
        except TimeoutError:
            pass
        self._sender.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._sender
        await self._socket.close()

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


def _peer(writer: asyncio.StreamWriter) -> str:
    name = writer.get_extra_info("peername")
    return f"{name[0]}:{name[1]}" if isinstance(name, tuple) else "unix"
