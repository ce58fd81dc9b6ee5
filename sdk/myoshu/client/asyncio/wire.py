"""Bytes to a server and back, with asyncio."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from typing import Any, Protocol

from myoshu.client.address import Address
from myoshu.errors import ConnectionLostError, DependencyError

__all__ = ["AsyncWire", "dial_async"]

READ = 1 << 16


class AsyncWire(Protocol):
    """The byte transport of one connection."""

    framed: bool
    """Whether frames have a length prefix."""

    async def read(self) -> bytes:
        """Some bytes of a stream, or one message.

        Raises:
            ConnectionLostError: the connection has ended.
        """
        ...

    async def write(self, data: bytes) -> None:
        """Send bytes. A failure to send is noticed by :meth:`read`."""
        ...

    async def close(self) -> None:
        """Close the connection."""
        ...


class _StreamWire:
    framed = True

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, where: str) -> None:
        self._reader, self._writer, self._where = reader, writer, where

    async def read(self) -> bytes:
        try:
            data = await self._reader.read(READ)
        except OSError as error:
            raise ConnectionLostError(f"{self._where}: expected an answer, got: {error.strerror or error}") from error
        if not data:
            raise ConnectionLostError(f"{self._where}: expected an answer, got the end of the connection")
        return data

    async def write(self, data: bytes) -> None:
        self._writer.write(data)
        with contextlib.suppress(OSError):
            await self._writer.drain()

    async def close(self) -> None:
        self._writer.close()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()


class _WebSocketWire:
    framed = False

    def __init__(self, held: Any, where: str) -> None:
        self._socket, self._where = held, where

    async def read(self) -> bytes:
        from websockets.exceptions import ConnectionClosed

        try:
            message = await self._socket.recv()
        except (ConnectionClosed, OSError) as error:
            raise ConnectionLostError(
                f"{self._where}: expected an answer, got the end of the connection: {error}"
            ) from error
        return message if isinstance(message, bytes) else b"\xc1"

    async def write(self, data: bytes) -> None:
        from websockets.exceptions import ConnectionClosed

        with contextlib.suppress(ConnectionClosed, OSError):
            await self._socket.send(data)

    async def close(self) -> None:
        with contextlib.suppress(OSError):
            await self._socket.close()


async def dial_async(address: Address, timeout: float, tls: ssl.SSLContext | None, limit: int) -> AsyncWire:
    """Connect; arguments and errors as :func:`myoshu.client.sync.wire.dial`."""
    try:
        async with asyncio.timeout(timeout):
            if address.scheme in ("ws", "wss"):
                return await _dial_websocket(address, tls, limit)
            if address.scheme == "unix":
                return _StreamWire(*await asyncio.open_unix_connection(address.host), address.url)
            context = (tls or ssl.create_default_context()) if address.scheme == "tcps" else None
            return _StreamWire(*await asyncio.open_connection(address.host, address.port, ssl=context), address.url)
    except (OSError, TimeoutError) as error:
        said = getattr(error, "strerror", None) or str(error) or f"nothing within {timeout:g} s"
        raise ConnectionLostError(f"{address.url}: expected a server, got: {said}") from None


async def _dial_websocket(address: Address, tls: ssl.SSLContext | None, limit: int) -> AsyncWire:
    try:
        from websockets.asyncio.client import connect
        from websockets.exceptions import InvalidHandshake
    except ImportError as error:
        raise DependencyError("websockets is not installed: pip install 'myoshu[server]'") from error
    secure: dict[str, Any] = {} if tls is None else {"ssl": tls}
    try:
        held = await connect(
            address.url,
            subprotocols=["myoshu.v1"],  # type: ignore[list-item]  # a NewType of str
            open_timeout=None,
            max_size=limit,
            compression=None,
            ping_interval=None,
            proxy=None,
            **secure,
        )
    except InvalidHandshake as error:
        raise ConnectionLostError(f"{address.url}: expected a WebSocket server, got: {error}") from error
    return _WebSocketWire(held, address.url)
