"""An asyncio client: many requests under way at once over one connection."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import ssl
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self, TypeVar

from numpy.typing import ArrayLike

import tesuji
from tesuji.client.address import Address
from tesuji.client.decision import RemoteDecision, decision_of, legal_of, limit_of, tensor_of
from tesuji.client.link import with_id
from tesuji.errors import ArgumentError, ConnectionLostError, RequestError
from tesuji.protocol import Connection, Rejected, Role
from tesuji.protocol.handshake import check_welcome
from tesuji.protocol.messages import (
    VERSION,
    Bye,
    Cancel,
    Close,
    Error,
    Hello,
    Info,
    Message,
    Model,
    Observe,
    Ok,
    Open,
    Opened,
    Ping,
    Pong,
    Reply,
    Request,
    Result,
    Think,
    Welcome,
)
from tesuji.runtime.limit import Limit

__all__ = ["AsyncClient", "AsyncRemoteSession", "connect_async"]

AnyReply = TypeVar("AnyReply", bound=Reply)
READ = 1 << 16
CAPS = ("batch", "stream")


async def connect_async(
    address: str | os.PathLike[str] | None = None,
    *,
    token: str | None = None,
    timeout: float = 30.0,
    heartbeat: float = 10.0,
    tls: ssl.SSLContext | None = None,
) -> AsyncClient:
    """Connect to an agent server.

    ::

        async with await tesuji.client.connect_async("tcp://127.0.0.1:7777") as client:
            session = await client.new_session(seed=1)
            decision = await session.play(observation, legal_actions, limit=tesuji.Limit(time=0.05))

    Args:
        address: ``tcp://``, ``tcps://`` (TLS) or ``unix://``, or a discovery file, as :func:`tesuji.client.connect`.
        token: what the server must be shown; the discovery file's if not given.
        timeout: seconds that connecting may take.
        heartbeat: seconds of silence after which both sides look whether the other is there; one that says nothing for
            twice that is given up.
        tls: for ``tcps``; the system's authorities if not given.

    Raises:
        ArgumentError: another kind of address.
        ConnectionLostError: nobody answers there.
        RequestError: the server refuses; the message says why.
    """
    where = Address.of(address)
    try:
        async with asyncio.timeout(timeout):
            if where.scheme == "unix":
                reader, writer = await asyncio.open_unix_connection(where.host)
            elif where.scheme in ("tcp", "tcps"):
                context = (tls or ssl.create_default_context()) if where.scheme == "tcps" else None
                reader, writer = await asyncio.open_connection(where.host, where.port, ssl=context)
            else:
                raise ArgumentError(f"address: expected tcp, tcps or unix, got {where.url!r}")
            client = AsyncClient(where.url, reader, writer, heartbeat)
            try:
                await client.greet(where.token if token is None else token)
            except BaseException:
                await client.close()
                raise
            return client
    except (OSError, TimeoutError) as error:
        if isinstance(error, ConnectionLostError):
            raise
        said = getattr(error, "strerror", None) or f"nothing within {timeout:g} s"
        raise ConnectionLostError(f"{where.url}: expected a server, got: {said}") from error


class AsyncClient:
    """A connection to an agent server; made by :func:`connect_async`. It belongs to one event loop."""

    def __init__(self, url: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, heartbeat: float) -> None:
        self._url = url
        self._reader, self._writer = reader, writer
        self._heartbeat = heartbeat
        self._connection = Connection(Role.PLAYER, dials=True)
        self._ids = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Reply]] = {}
        self._infos: dict[int, Callable[[Info], None]] = {}
        self._failure: Exception | None = None
        self._listener: asyncio.Task[None] | None = None
        self._welcome: Welcome | None = None

    @property
    def models(self) -> tuple[Model, ...]:
        """What the server can play with; the first is the default."""
        return () if self._welcome is None else self._welcome.models or ()

    async def greet(self, token: str | None) -> None:
        """The handshake."""
        hello = Hello(
            proto=(VERSION, VERSION),
            role="player",
            name=f"tesuji.client {tesuji.__version__}",
            token=token,
            caps=CAPS,
            heartbeat=self._heartbeat,
        )
        self._writer.write(self._connection.send(hello))
        while (event := self._connection.next()) is None:
            self._connection.feed(await self._read())
        if isinstance(event, Rejected):
            raise event.error
        if isinstance(event, Error):
            raise RequestError(event.code, event.msg, event.retry)
        assert isinstance(event, Welcome)
        check_welcome(event)
        self._welcome = event
        self._listener = asyncio.create_task(self._listen())

    async def new_session(
        self,
        seed: int | None = None,
        level: float | None = None,
        temperature: float | None = None,
        *,
        model: str | None = None,
        spec_hash: str | None = None,
        keep_tree: bool = True,
    ) -> AsyncRemoteSession:
        """Take a seat in a game; arguments and errors as :meth:`tesuji.client.Client.new_session`."""
        options: dict[str, bool | int | float] = {"keep_tree": keep_tree}
        if temperature is not None:
            options["temperature"] = temperature
        make = with_id(Open, model=model, hash=spec_hash, seed=seed, level=level, options=options)
        return AsyncRemoteSession(self, await self.ask(make, Opened))

    async def ask(
        self, make: Callable[[int], Request], kind: type[AnyReply], on_info: Callable[[Info], None] | None = None
    ) -> AnyReply:
        """Make a request and wait for its reply. One that is no longer waited for is cancelled on the server too.

        Raises:
            RequestError: the server answered with an error.
            ConnectionLostError: the server is gone.
        """
        if self._failure is not None:
            raise ConnectionLostError(str(self._failure)) from self._failure
        request = make(next(self._ids))
        answer: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._waiting[request.id] = answer
        if on_info is not None:
            self._infos[request.id] = on_info
        try:
            self._writer.write(self._connection.send(request))
            await self._drain()
            reply = await answer
        except asyncio.CancelledError:
            if isinstance(request, Think) and self._failure is None and (answer.cancelled() or not answer.done()):
                self._writer.write(self._connection.send(Cancel(id=next(self._ids), request=request.id)))
            raise
        finally:
            self._waiting.pop(request.id, None)
            self._infos.pop(request.id, None)
        assert isinstance(reply, kind)
        return reply

    async def close(self) -> None:
        """Say goodbye; the server takes all sessions back."""
        if self._failure is None and self._welcome is not None:
            self._writer.write(self._connection.send(Bye()))
        self._fail(ConnectionLostError(f"{self._url}: the connection is closed"))
        if self._listener is not None:
            self._listener.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._listener
        self._writer.close()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()

    async def __aenter__(self) -> Self:
        """Nothing to do."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """See :meth:`close`."""
        await self.close()

    async def _listen(self) -> None:
        """Take in what comes until the end."""
        try:
            while True:
                while (event := self._connection.next()) is not None:
                    self._meet(event)
                self._connection.feed(await self._patiently())
        except ConnectionLostError as error:
            self._fail(error)

    async def _patiently(self) -> bytes:
        """Some bytes; after a silence the server is asked whether it is there."""
        if not self._heartbeat:
            return await self._read()
        reading = asyncio.ensure_future(self._read())
        try:
            done, _ = await asyncio.wait({reading}, timeout=self._heartbeat)
            if not done:
                self._writer.write(self._connection.send(Ping(id=next(self._ids))))
                done, _ = await asyncio.wait({reading}, timeout=self._heartbeat)
            if not done:
                raise ConnectionLostError(f"{self._url}: expected a word within {2 * self._heartbeat:g} s, got none")
            return reading.result()
        finally:
            if not reading.done():
                reading.cancel()
                with contextlib.suppress(asyncio.CancelledError, ConnectionLostError):
                    await reading

    def _meet(self, event: Message | Rejected) -> None:
        if isinstance(event, Rejected):
            self._writer.write(self._connection.refuse(event))
            raise ConnectionLostError(f"{self._url}: the server broke the protocol: {event.error}")
        if isinstance(event, Ping):
            self._writer.write(self._connection.send(Pong(id=event.id)))
        elif isinstance(event, Info):
            take = self._infos.get(event.id)
            if take is not None:
                take(event)
        elif isinstance(event, Error):
            if event.id is None:
                raise ConnectionLostError(f"{self._url}: {event.code}: {event.msg}")
            answer = self._waiting.get(event.id)
            if answer is not None and not answer.done():
                answer.set_exception(RequestError(event.code, event.msg, event.retry))
        elif isinstance(event, Reply):
            answer = self._waiting.get(event.id)
            if answer is not None and not answer.done():
                answer.set_result(event)

    def _fail(self, error: Exception) -> None:
        """Every request under way ends with this error."""
        if self._failure is None:
            self._failure = error
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(ConnectionLostError(str(error)))

    async def _read(self) -> bytes:
        try:
            data = await self._reader.read(READ)
        except OSError as error:
            raise ConnectionLostError(f"{self._url}: expected an answer, got: {error.strerror or error}") from error
        if not data:
            raise ConnectionLostError(f"{self._url}: expected an answer, got the end of the connection")
        return data

    async def _drain(self) -> None:
        with contextlib.suppress(OSError):
            await self._writer.drain()


class AsyncRemoteSession:
    """One seat in one game, on a server. Made by :meth:`AsyncClient.new_session`."""

    def __init__(self, client: AsyncClient, opened: Opened) -> None:
        self._client = client
        self.number = opened.session
        """Its number on the server."""
        self.model = opened.model
        """What it plays with."""

    async def play(
        self,
        observation: ArrayLike,
        legal_actions: ArrayLike | None = None,
        limit: Limit | None = None,
        to_play: int | None = None,
        *,
        on_info: Callable[[Info], None] | None = None,
        every: float = 0.1,
    ) -> RemoteDecision:
        """Decide on a move; arguments and errors as :meth:`tesuji.client.RemoteSession.play`."""
        streamed: dict[str, Any] = {} if on_info is None else {"stream": ("policy", "visits", "pv"), "every": every}
        make = with_id(
            Think,
            session=self.number,
            obs=tensor_of(observation),
            legal=legal_of(legal_actions),
            to_play=to_play,
            **streamed,
            **limit_of(limit),
        )
        return decision_of(await self._client.ask(make, Result, on_info))

    async def observe(self, *actions: int) -> None:
        """Hear of moves that were really made, by whichever player."""
        await self._client.ask(with_id(Observe, session=self.number, moves=tuple(actions)), Ok)

    async def close(self) -> None:
        """Give the seat back."""
        await self._client.ask(with_id(Close, session=self.number), Ok)
