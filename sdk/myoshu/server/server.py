"""The agent server: listeners, connections, and a graceful end."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import logging
import os
import socket
import ssl
import stat
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from myoshu.errors import ArgumentError, DependencyError, RemoteProtocolError
from myoshu.protocol.codec import encode
from myoshu.protocol.framing import frame
from myoshu.protocol.messages import Error
from myoshu.runtime.agent import Agent
from myoshu.server.leases import Leases
from myoshu.server.metrics import Metrics
from myoshu.server.metrics_page import serve_metrics
from myoshu.server.models import Models
from myoshu.server.outbox import Outbox
from myoshu.server.peer import Peer
from myoshu.server.pool import Pools
from myoshu.server.scheduler import Scheduler
from myoshu.server.search_loop import SearchLoop
from myoshu.server.settings import Settings
from myoshu.server.shared import Shared
from myoshu.server.transport import StreamTransport, Transport, WebSocketTransport
from myoshu.server.unfinished import UnfinishedFrames

__all__ = ["Server"]

log = logging.getLogger("myoshu.server")

SUBPROTOCOL = "myoshu.v1"
PATIENCE = 0.5
"""Seconds that one that cannot be taken on may take to read why."""
RETRY = 1.0
"""Seconds after which it may try again."""


class Server:
    """Plays with agents for clients in any language.

    ::

        async with Server({"four": agent}) as server:
            port = await server.listen_tcp("127.0.0.1", 0)
            await server.wait()

    Args:
        agents: what to play with, by name; the first is what clients get that name none.
        settings: bounds.

    Raises:
        ArgumentError: there is no agent.
    """

    def __init__(self, agents: Mapping[str, Agent], settings: Settings | None = None) -> None:
        self.settings = Settings() if settings is None else settings
        """Its bounds."""
        self.shared = Shared(
            models=Models(agents),
            settings=self.settings,
            pools=Pools(),
            scheduler=Scheduler(),
            metrics=Metrics(),
            soon=lambda call: asyncio.get_running_loop().call_soon(call),
        )
        """What its connections share."""
        self._outbox = Outbox()
        self._leases = Leases(self.settings.resume)
        self._unfinished = UnfinishedFrames(self.settings.unfinished)
        self._loop = SearchLoop(self.shared, self._outbox)
        self.shared.wake, self.shared.make_room = self._loop.wake, self._leases.make_room
        self._peers: dict[Peer, asyncio.Task[Any] | None] = {}
        self._listeners: list[Any] = []
        self._sockets: dict[Path, int] = {}
        self._ended = asyncio.Event()

    async def __aenter__(self) -> Server:
        """Nothing to do."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """End; see :meth:`close`."""
        await self.close()

    async def listen_tcp(self, host: str, port: int, tls: ssl.SSLContext | None = None) -> int:
        """Take TCP connections; returns the port.

        Raises:
            ArgumentError: it cannot be listened on, or is not this machine's own and there is no token.
        """
        self._guard(host)
        secure: dict[str, Any] = {} if tls is None else {"ssl": tls, "ssl_handshake_timeout": self.settings.handshake}
        with _listening(host, port):
            listener = await asyncio.get_running_loop().create_server(
                lambda: StreamTransport(self._serve), host, port, backlog=1024, **secure
            )
        self._listeners.append(listener)
        return int(listener.sockets[0].getsockname()[1])

    async def listen_unix(self, path: Path) -> None:
        """Take connections on a Unix socket, which only its owner may open; one that a server left behind is replaced.

        Raises:
            ArgumentError: another server answers there, there is another kind of file, or it cannot be made.
        """
        _clear_socket(path)
        held = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            held.bind(os.fspath(path))
            path.chmod(0o600)  # before anybody can connect: that is from when it is listened on
            listener = await asyncio.get_running_loop().create_unix_server(
                lambda: StreamTransport(self._serve), sock=held, backlog=1024
            )
        except OSError as error:
            held.close()
            raise ArgumentError(f"{path}: expected to listen there, got: {_reason(error)}") from error
        self._sockets[path] = path.stat().st_ino
        self._listeners.append(listener)

    async def listen_websocket(
        self, host: str, port: int, tls: ssl.SSLContext | None = None, origins: tuple[str, ...] = ()
    ) -> int:
        """Take WebSocket connections; returns the port.

        Args:
            host: address.
            port: 0 for one that is free.
            tls: for ``wss``.
            origins: web pages that may connect besides those on this machine, as ``https://example.org``.

        Raises:
            ArgumentError: as for :meth:`listen_tcp`.
            DependencyError: the package ``websockets`` is not installed.
        """
        self._guard(host)
        try:
            from websockets.asyncio.server import ServerConnection, serve
        except ImportError as error:
            raise DependencyError("websockets is not installed: pip install 'myoshu[server]'") from error
        import re

        own = re.compile(r"https?://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?")

        class Noticing(ServerConnection):
            """Lets it be known that bytes came, though they may not be a message yet."""

            came: Callable[[], None] | None = None

            def data_received(self, data: bytes) -> None:
                super().data_received(data)
                if self.came is not None:
                    self.came()

        with _listening(host, port):
            listener = await serve(
                self._on_websocket,
                host,
                port,
                ssl=tls,
                subprotocols=[SUBPROTOCOL],  # type: ignore[list-item]  # a NewType of str
                select_subprotocol=_choose_subprotocol,
                origins=[None, own, *origins],  # type: ignore[list-item]  # a NewType of str
                max_size=self.settings.frame,
                compression=None,
                ping_interval=None,
                open_timeout=self.settings.handshake,
                create_connection=Noticing,
            )
        self._listeners.append(listener)
        return int(next(iter(listener.sockets)).getsockname()[1])

    async def listen_metrics(self, host: str, port: int) -> int:
        """Serve the metrics over HTTP; returns the port. Beyond this machine they are for those who show the token.

        Raises:
            ArgumentError: as for :meth:`listen_tcp`.
        """
        self._guard(host)
        token = None if _own(host) else self.settings.token
        with _listening(host, port):
            listener = await serve_metrics(host, port, self.metrics_text, token)
        self._listeners.append(listener)
        return int(listener.sockets[0].getsockname()[1])

    async def serve_stdio(self) -> None:
        """Serve the program that started this one, on standard input and output, until it ends."""
        loop = asyncio.get_running_loop()
        transport = StreamTransport(name="stdio")
        await loop.connect_read_pipe(lambda: transport, sys.stdin.buffer)
        await loop.connect_write_pipe(lambda: transport, sys.stdout.buffer)
        await self._serve(transport, trusted=True)

    async def wait(self) -> None:
        """Wait until :meth:`close` was called."""
        await self._ended.wait()

    async def close(self) -> None:
        """Take no more connections, answer every pending request with the best so far, say goodbye, and end."""
        if self.shared.closing:
            await self._ended.wait()
            return
        self.shared.closing = True
        for listener in self._listeners:
            listener.close(**({"close_connections": False} if hasattr(listener, "connections") else {}))
        self.shared.scheduler.stop_all()
        for peer in list(self._peers):
            peer.bye("the server ends")
        await asyncio.gather(*(peer.end() for peer in list(self._peers)), return_exceptions=True)
        for task in [task for task in self._peers.values() if task is not None]:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        self._leases.end()
        for listener in self._listeners:
            await listener.wait_closed()
        for path, inode in self._sockets.items():
            with contextlib.suppress(OSError):
                if path.stat().st_ino == inode:  # it may be another server's by now
                    path.unlink()
        self._loop.stop()
        self._ended.set()

    def metrics_text(self) -> str:
        """All counters, in Prometheus' text format."""
        scheduler, pools = self.shared.scheduler, self.shared.pools
        return self.shared.metrics.text(
            [
                ("searches_under_way", "gauge", "Searches under way.", len(scheduler)),
                ("searches_total", "counter", "Searches answered.", scheduler.searches),
                ("simulations_total", "counter", "Simulations of searches answered.", scheduler.simulations),
                ("network_seconds_total", "counter", "Seconds in the network.", pools.network_seconds),
                ("network_runs_total", "counter", "Calls of the network.", pools.network_runs),
                ("tree_bytes", "gauge", "Bytes reserved for trees.", pools.nbytes),
            ]
        )

    def _guard(self, host: str) -> None:
        """Beyond the loopback interface only with a token."""
        if not self.settings.token and not _own(host):
            raise ArgumentError(f"token: expected one to listen on {host}, which others can reach, got none")

    async def _on_websocket(self, socket: Any) -> None:
        await self._serve(WebSocketTransport(socket))

    async def _serve(self, transport: Transport, *, trusted: bool = False) -> None:
        metrics = self.shared.metrics
        if self.shared.closing:
            await transport.close(0.0)
            return
        if len(self._peers) >= self.settings.connections and not self._oust():
            await self._turn_away(transport)
            return
        peer = Peer(
            self.shared,
            transport,
            loop=self._loop,
            outbox=self._outbox,
            leases=self._leases,
            unfinished=self._unfinished,
            trusted=trusted,
        )
        self._peers[peer] = asyncio.current_task()
        metrics.connections += 1
        metrics.open_connections += 1
        try:
            await peer.run()
        except asyncio.CancelledError:
            if not self.shared.closing:
                raise
        finally:
            metrics.open_connections -= 1
            self._peers.pop(peer, None)

    def _oust(self) -> bool:
        """End the connection that has been silent longest, to make room for one; returns whether there was any."""
        silent = next((peer for peer in self._peers if peer.silent), None)
        if silent is None or len(self._peers) >= 2 * self.settings.connections:
            return False
        silent.give_up(self._full())
        return True

    async def _turn_away(self, transport: Transport) -> None:
        error = self._full()
        self.shared.metrics.errors[error.code] += 1
        payload = encode(Error.of(error, retry=RETRY))
        transport.write(frame(payload) if transport.framed else payload)
        await transport.close(PATIENCE)

    def _full(self) -> RemoteProtocolError:
        expected = f"at most {self.settings.connections} connections"
        return RemoteProtocolError("busy", "connection", expected, "one more")


def _own(host: str) -> bool:
    """Whether only this machine reaches the address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@contextlib.contextmanager
def _listening(host: str, port: int) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ArgumentError(f"{host}:{port}: expected to listen there, got: {_reason(error)}") from error


def _reason(error: OSError) -> str:
    """What the system says, without what asyncio adds to it."""
    number = error.errno or 0
    return os.strerror(number) if number > 0 else str(error.strerror or error)


def _clear_socket(path: Path) -> None:
    """Take away a socket on which nobody answers.

    Raises:
        ArgumentError: somebody does, or it is no socket.
    """
    try:
        mode = path.lstat().st_mode
    except OSError:
        return
    if not stat.S_ISSOCK(mode):
        raise ArgumentError(f"{path}: expected a new name for a socket, got that of another file")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(PATIENCE)
        try:
            probe.connect(os.fspath(path))
        except (ConnectionRefusedError, FileNotFoundError):
            path.unlink(missing_ok=True)
            return
        except OSError:  # somebody is there, whatever it is
            pass
    raise ArgumentError(f"{path}: expected a new name for a socket, got one on which a server answers")


def _choose_subprotocol(connection: Any, offered: Any) -> Any:
    from websockets.exceptions import NegotiationError

    if SUBPROTOCOL not in offered:
        raise NegotiationError(f"expected the subprotocol {SUBPROTOCOL}")
    return SUBPROTOCOL
