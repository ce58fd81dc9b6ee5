"""A game served to trainers over TCP: the reference for engines in other languages."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
from typing import Self

from myoshu.errors import ArgumentError, RemoteProtocolError
from myoshu.game import Game
from myoshu.protocol import Connection, Rejected, Role, State
from myoshu.protocol.handshake import accept, check_welcome
from myoshu.protocol.messages import VERSION, Bye, Error, Hello, Message, Request, Welcome
from myoshu.server.environment import EnvironmentService
from myoshu.server.realtime import RealtimeService
from myoshu.server.transport import StreamTransport
from myoshu.server.turn import Turn, take_turn
from myoshu.version import __version__

__all__ = ["EnvironmentServer"]

log = logging.getLogger("myoshu.server")

HANDSHAKE = 10.0
"""Seconds that a handshake may take."""
PATIENCE = 5.0
"""Seconds that a trainer may take to read its last replies."""
UNREAD = 1 << 20
"""Bytes that a trainer may leave unread before nothing more is read from it."""


class EnvironmentServer:
    """Serves a game to trainers, each with its own slots.

    ::

        async with EnvironmentServer(game) as server:
            port = await server.listen("127.0.0.1", 0)
            await asyncio.Event().wait()

    Args:
        game: the rules.
        slots: how many games at once for each trainer.
        token: what trainers must show.
        tick: seconds from one tick to the next, for games that run by themselves (``realtime``); if not given, games
            wait for their next step (``lockstep``).
        idle: realtime: the action that a tick plays if the trainer has chosen none. It must always be legal.

    Raises:
        ArgumentError: the tick is not a positive number.
    """

    def __init__(
        self, game: Game, slots: int = 256, token: str | None = None, *, tick: float | None = None, idle: int = 0
    ) -> None:
        if tick is not None and not 0.0 < tick < math.inf:
            raise ArgumentError(f"tick: expected a positive number of seconds, got {tick}")
        self._game, self._slots, self._token, self._tick, self._idle = game, slots, token, tick, idle
        self._caps = ("describe",) if tick is None else ("describe", "realtime")
        self._listeners: list[asyncio.Server] = []
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        """Return the server itself, to be closed at the end of the block."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """End all connections."""
        for listener in self._listeners:
            listener.close()
        for task in list(self._tasks):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        for listener in self._listeners:
            await listener.wait_closed()

    async def listen(self, host: str, port: int) -> int:
        """Accept connections; returns the port."""
        listener = await asyncio.get_running_loop().create_server(lambda: StreamTransport(self._serve), host, port)
        self._listeners.append(listener)
        return int(listener.sockets[0].getsockname()[1])

    async def dial(self, host: str, port: int) -> None:
        """Connect to a trainer that listens (``myoshu train --listen HOST:PORT``) and serve it until it ends.

        Raises:
            OSError: nothing listens there.
            RemoteProtocolError: the trainer refuses; the message says why.
        """
        _, transport = await asyncio.get_running_loop().create_connection(StreamTransport, host, port)
        connection = Connection(Role.ENVIRONMENT, dials=True)
        try:
            hello = Hello(
                proto=(VERSION, VERSION),
                role="environment",
                name=f"myoshu {__version__}",
                token=self._token,
                caps=self._caps,
                heartbeat=0.0,
            )
            transport.write(connection.send(hello))
            transport.flush()
            await self._talk(transport, connection)
        finally:
            await transport.close(PATIENCE)

    async def _serve(self, transport: StreamTransport) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        connection = Connection(Role.ENVIRONMENT, dials=False)
        hurry = asyncio.create_task(_give_up_silence(transport, connection))
        try:
            await self._talk(transport, connection)
        except asyncio.CancelledError:
            pass
        finally:
            hurry.cancel()
            await transport.close(PATIENCE)

    async def _talk(self, transport: StreamTransport, connection: Connection) -> None:
        if self._tick is None:
            await self._listen_to(transport, connection, EnvironmentService(self._game, self._slots))
            return
        service = RealtimeService(self._game, self._slots, tick=self._tick, idle=self._idle)
        clock = asyncio.create_task(_run_clock(transport, connection, service, self._tick))
        try:
            await self._listen_to(transport, connection, service)
        finally:
            clock.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await clock

    async def _listen_to(self, transport: StreamTransport, connection: Connection, service: EnvironmentService) -> None:
        def meet(event: Message | Rejected) -> None:
            answer = self._answer(connection, service, event)
            if answer is not None:
                transport.write(answer)

        def take(data: bytes) -> Turn:
            turn = take_turn(connection, data, meet)
            transport.flush()
            return turn

        if not await transport.receive(take, UNREAD):
            log.warning(f"the trainer {transport.name} is gone without a goodbye", extra={"event": "lost"})

    def _answer(self, connection: Connection, service: EnvironmentService, event: Message | Rejected) -> bytes | None:
        """The answer to an event."""
        if isinstance(event, Rejected):
            return connection.refuse(event)
        if isinstance(event, Request):
            answer = service.handle(event)
            return None if answer is None else connection.send(answer)
        if isinstance(event, Bye):
            connection.state = State.CLOSED
            return None
        if isinstance(event, Error):
            raise RemoteProtocolError(event.code, event.field or "hello", event.expected or "", event.msg)
        if isinstance(event, Welcome):
            check_welcome(event)
            return None
        assert isinstance(event, Hello)
        try:
            version = accept(event, frozenset({Role.ENVIRONMENT}), self._token)
        except RemoteProtocolError as error:
            return connection.send(Error.of(error))
        caps = tuple(word for word in self._caps if word in (event.caps or ()))
        name = f"myoshu {__version__}"
        return connection.send(Welcome(proto=version, role="environment", name=name, caps=caps, heartbeat=0.0))


async def _give_up_silence(transport: StreamTransport, connection: Connection) -> None:
    """End a connection whose handshake does not come."""
    await asyncio.sleep(HANDSHAKE)
    if connection.state not in (State.GREETING, State.WELCOMING):
        return
    error = RemoteProtocolError("timeout", "handshake", f"hello within {HANDSHAKE:g} s", "none")
    transport.write(connection.send(Error.of(error)))
    await transport.close(PATIENCE)


async def _run_clock(transport: StreamTransport, connection: Connection, service: RealtimeService, tick: float) -> None:
    """Tick; if the game takes longer than a tick, the lost time is not made up for."""
    loop = asyncio.get_running_loop()
    due = loop.time() + tick
    while True:
        await asyncio.sleep(due - loop.time())
        due = max(due + tick, loop.time())
        if connection.state is State.CLOSED:
            return
        for states in service.tick():
            transport.write(connection.send(states))
        transport.flush()
