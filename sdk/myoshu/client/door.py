"""A connection to an engine that dials us, instead of one that we dial."""

from __future__ import annotations

import contextlib
import logging
import socket
import time

from myoshu.client.address import Address
from myoshu.client.sync.link import Link
from myoshu.client.sync.wire import SocketWire
from myoshu.errors import ArgumentError, ConnectionLostError, LocalProtocolError, RemoteProtocolError
from myoshu.protocol import Role
from myoshu.protocol.conversation import Conversation
from myoshu.version import __version__

__all__ = ["Door", "DoorLink"]

log = logging.getLogger("myoshu.client")
GLANCE = 0.5
"""Seconds between two checks for Ctrl-C while waiting for a connection."""
HANDSHAKE = 10.0
"""Seconds that a handshake may take."""


class Door:
    """Listens for engines.

    Args:
        host: address to listen on; beyond this machine a token is needed.
        port: 0 for any free one.
        token: what engines must show.

    Raises:
        ArgumentError: it cannot be listened on, or others can reach it and there is no token.
    """

    def __init__(self, host: str, port: int, token: str | None = None) -> None:
        if token is None and host not in ("127.0.0.1", "::1", "localhost"):
            raise ArgumentError(
                f"token: expected one (MYOSHU_TOKEN) to listen on {host}, which others can reach, got none"
            )
        try:
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            self._listener = socket.create_server((host, port), family=family)
        except OSError as error:
            raise ArgumentError(f"{host}:{port}: expected to listen there, got: {error.strerror or error}") from error
        self._listener.settimeout(GLANCE)
        self.token = token
        """What engines must show."""
        self.address = Address("tcp", host, int(self._listener.getsockname()[1]))
        """The address that engines connect to."""

    def wait(self, seconds: float | None) -> SocketWire:
        """The next connection.

        Args:
            seconds: to wait for it; forever if None.

        Raises:
            ConnectionLostError: none came.
        """
        end = None if seconds is None else time.monotonic() + seconds
        while True:
            with contextlib.suppress(TimeoutError):
                held = self._listener.accept()[0]
                held.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                return SocketWire(held, self.address.url)
            if end is not None and time.monotonic() >= end:
                raise ConnectionLostError(
                    f"{self.address.url}: expected an engine within {seconds:g} s, none connected"
                )

    def close(self) -> None:
        """Stop listening."""
        self._listener.close()


class DoorLink(Link):
    """Asks the engine that connected; waits for one that is lost to come back.

    Args:
        door: where engines connect.
        timeout: seconds that a reply may take.
        patience: seconds to wait for an engine that was lost. The first may take as long as it likes.
    """

    def __init__(self, door: Door, *, timeout: float, patience: float) -> None:
        self._door = door
        self._waits: float | None = None
        conversation = Conversation(
            Role.TRAINER,
            where=door.address.url,
            name=f"myoshu {__version__}",
            dials=False,
            token=door.token,
            patience=patience,
        )
        super().__init__(door.address, Role.TRAINER, timeout=timeout, patience=patience, conversation=conversation)
        self._waits = patience

    def close(self) -> None:
        """Say goodbye and stop listening."""
        super().close()
        self._door.close()

    def _connect(self) -> None:
        """Wait for a connection, up to its hello; a peer that is not an engine is ignored."""
        while True:
            wire = self._door.wait(self._waits)
            try:
                return self._greet(wire, HANDSHAKE)
            except (ConnectionLostError, RemoteProtocolError, LocalProtocolError) as error:
                said = str(error).removeprefix(f"{self.address.url}: ")
                log.warning(f"{self.address.url}: one that connected is no engine: {said}")
