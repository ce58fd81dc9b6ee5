"""Bytes to a server and back, with blocking sockets."""

from __future__ import annotations

import contextlib
import socket
import ssl
from typing import Any, Protocol

from myoshu.client.address import Address
from myoshu.errors import ConnectionLostError, DependencyError

__all__ = ["SilenceError", "SocketWire", "WebSocketWire", "Wire", "dial"]

READ = 1 << 16


class SilenceError(ConnectionLostError):
    """Nothing arrived in time; the connection itself may be intact."""


class Wire(Protocol):
    """The byte transport of one connection."""

    framed: bool
    """Whether frames have a length prefix."""

    def read(self, timeout: float | None) -> bytes:
        """Some bytes of a stream, or one message.

        Args:
            timeout: seconds to wait; forever if None.

        Raises:
            ConnectionLostError: the connection has ended, or nothing arrived in time.
        """
        ...

    def write(self, data: bytes) -> None:
        """Send bytes.

        Raises:
            ConnectionLostError: it cannot be sent.
        """
        ...

    def close(self) -> None:
        """Close the connection."""
        ...


class SocketWire:
    """A stream: TCP, TLS or a Unix socket.

    Args:
        held: the socket.
        where: the address that errors name.
    """

    framed = True

    def __init__(self, held: socket.socket, where: str) -> None:
        self._socket, self._where = held, where

    def read(self, timeout: float | None) -> bytes:
        """Some bytes of the stream."""
        try:
            self._socket.settimeout(timeout)
            data = self._socket.recv(READ)
        except TimeoutError as error:
            raise SilenceError(f"{self._where}: expected an answer within {timeout:g} s, got none") from error
        except OSError as error:
            raise ConnectionLostError(f"{self._where}: expected an answer, got: {error.strerror or error}") from error
        if not data:
            raise ConnectionLostError(f"{self._where}: expected an answer, got the end of the connection")
        return data

    def write(self, data: bytes) -> None:
        """Send bytes."""
        try:
            self._socket.sendall(data)
        except OSError as error:
            raise ConnectionLostError(f"{self._where}: expected to send, got: {error.strerror or error}") from error

    def close(self) -> None:
        """Close the connection."""
        with contextlib.suppress(OSError):
            self._socket.close()


class WebSocketWire:
    """A WebSocket; arguments as :class:`SocketWire`."""

    framed = False

    def __init__(self, held: Any, where: str) -> None:
        self._socket, self._where = held, where

    def read(self, timeout: float | None) -> bytes:
        """The bytes of one message."""
        from websockets.exceptions import ConnectionClosed

        try:
            message = self._socket.recv(timeout)
        except TimeoutError as error:
            raise SilenceError(f"{self._where}: expected an answer within {timeout:g} s, got none") from error
        except (ConnectionClosed, OSError) as error:
            raise ConnectionLostError(
                f"{self._where}: expected an answer, got the end of the connection: {error}"
            ) from error
        return message if isinstance(message, bytes) else b"\xc1"

    def write(self, data: bytes) -> None:
        """Send bytes."""
        from websockets.exceptions import ConnectionClosed

        try:
            self._socket.send(data)
        except (ConnectionClosed, OSError) as error:
            raise ConnectionLostError(
                f"{self._where}: expected to send, got the end of the connection: {error}"
            ) from error

    def close(self) -> None:
        """Close the connection."""
        with contextlib.suppress(OSError):
            self._socket.close()


def dial(address: Address, timeout: float, tls: ssl.SSLContext | None, limit: int) -> Wire:
    """Connect to a server.

    Args:
        address: the server's address.
        timeout: seconds that it may take.
        tls: for ``tcps`` and ``wss``; the system's authorities if not given.
        limit: the largest payload taken, in bytes.

    Raises:
        ConnectionLostError: nothing answers there.
        DependencyError: WebSocket needs the package ``websockets``.
    """
    try:
        if address.scheme in ("ws", "wss"):
            return _dial_websocket(address, timeout, tls, limit)
        if address.scheme == "unix":
            held = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            held.settimeout(timeout)
            held.connect(address.host)
            return SocketWire(held, address.url)
        held = socket.create_connection((address.host, address.port), timeout)
        held.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if address.scheme == "tcps":
            context = ssl.create_default_context() if tls is None else tls
            held = context.wrap_socket(held, server_hostname=address.host)
        return SocketWire(held, address.url)
    except OSError as error:
        raise ConnectionLostError(f"{address.url}: expected a server, got: {error.strerror or error}") from None


def _dial_websocket(address: Address, timeout: float, tls: ssl.SSLContext | None, limit: int) -> Wire:
    try:
        from websockets.exceptions import InvalidHandshake
        from websockets.sync.client import connect
    except ImportError as error:
        raise DependencyError("websockets is not installed: pip install 'myoshu[server]'") from error
    secure: dict[str, Any] = {} if tls is None else {"ssl": tls}
    try:
        held = connect(
            address.url,
            subprotocols=["myoshu.v1"],  # type: ignore[list-item]  # a NewType of str
            open_timeout=timeout,
            max_size=limit,
            compression=None,
            ping_interval=None,
            proxy=None,
            **secure,
        )
    except InvalidHandshake as error:
        raise ConnectionLostError(f"{address.url}: expected a WebSocket server, got: {error}") from error
    return WebSocketWire(held, address.url)
