"""One connection to the server: bytes to the service and back, heartbeat, slow readers."""

from __future__ import annotations

import asyncio
import logging
import secrets
from typing import TYPE_CHECKING

import myoshu
from myoshu.errors import LocalProtocolError, RemoteProtocolError
from myoshu.protocol import Connection, Rejected, Role, State
from myoshu.protocol.handshake import accept
from myoshu.protocol.messages import Bye, Error, Hello, Info, Message, Ping, Reply, Request, Welcome
from myoshu.protocol.roles import CAPABILITIES
from myoshu.server.models import OPTIONS
from myoshu.server.service import AgentService
from myoshu.server.transport import Transport

if TYPE_CHECKING:
    from myoshu.server.server import Server

__all__ = ["Peer"]

log = logging.getLogger("myoshu.server")

ROLES = frozenset({Role.AGENT})


class Peer:
    """Serves one connection until it ends.

    Args:
        server: whose it is.
        transport: its bytes.
        trusted: whether no token is needed (a program that started the server itself).
    """

    def __init__(self, server: Server, transport: Transport, *, trusted: bool = False) -> None:
        self._server = server
        self._transport = transport
        self._token = None if trusted else server.settings.token
        self._connection = Connection(Role.AGENT, dials=False, limit=server.settings.frame, framed=transport.framed)
        self._service: AgentService | None = None
        self._ticket: str | None = None
        self._heartbeat = server.settings.heartbeat
        self._heard = asyncio.get_running_loop().time()
        self._pings = 0
        self._resumable = False
        self._lost = True

    async def run(self) -> None:
        """Serve; returns when the connection is closed."""
        watch = asyncio.create_task(self._watch())
        try:
            await self._transport.receive(self._take, self._server.settings.unread)
        finally:
            watch.cancel()
            self._leave()
            await self._transport.close(self._server.settings.grace)

    def bye(self, reason: str) -> None:
        """Announce the end; what was pending has been answered."""
        if self._connection.state is State.OPEN:
            self._say(Bye(reason=reason))
            self._lost = False

    async def end(self) -> None:
        """Close."""
        self._leave()
        await self._transport.close(self._server.settings.grace)

    def replace(self) -> None:
        """Another connection has taken this one's place."""
        self._service = None
        self._fail(RemoteProtocolError("timeout", "connection", "one that is alive", "another in its place"))

    def _take(self, data: bytes) -> bool:
        """Meet what came; returns whether more may come."""
        self._heard = asyncio.get_running_loop().time()
        connection = self._connection
        if self._transport.framed:
            connection.feed(data)
            while (event := connection.next()) is not None:
                self._meet(event)
        else:
            self._meet(connection.receive(data))
        self._server.proceed()
        return connection.state is not State.CLOSED

    def _write(self, data: bytes) -> None:
        """To be sent by the server's next flush."""
        self._transport.write(data)
        self._server.unflushed.append(self._transport)

    def _meet(self, event: Message | Rejected) -> None:
        if isinstance(event, Rejected):
            self._server.shared.metrics.errors[event.reply.code] += 1
            log.info(str(event.error), extra={"event": "rejected", "peer": self._transport.name})
            self._write(self._connection.refuse(event))
            self._lost = self._lost and not event.fatal
        elif isinstance(event, Hello):
            self._greet(event)
        elif isinstance(event, Request):
            assert self._service is not None
            self._service.handle(event)
        elif isinstance(event, Bye):
            self._lost = False
            self._finish()

    def _greet(self, hello: Hello) -> None:
        server = self._server
        try:
            version = accept(hello, ROLES, self._token)
        except RemoteProtocolError as error:
            self._fail(error)
            return
        if server.closing:
            self._fail(RemoteProtocolError("shutdown", "server", "to go on", "its end"))
            return
        caps = [word for word in CAPABILITIES[Role.AGENT] if word in (hello.caps or ())]
        self._resumable = "resume" in caps
        if hello.heartbeat is not None:
            self._heartbeat = hello.heartbeat
        resumed = server.reclaim(hello.resume) if hello.resume is not None and self._resumable else None
        if self._resumable:
            self._ticket = secrets.token_hex(16)
        self._say(
            Welcome(
                proto=version,
                role="agent",
                name=f"myoshu {myoshu.__version__}",
                caps=tuple(caps),
                frame=server.settings.frame,
                heartbeat=self._heartbeat,
                models=server.shared.models.described(),
                limits=server.settings.limits(),
                options=OPTIONS,
                ticket=self._ticket,
                resumed=None if hello.resume is None else resumed is not None,
            )
        )
        if resumed is None:
            self._service = AgentService(server.shared, self._say, resumable=self._resumable)
        else:
            self._service = resumed
            pending = hello.pending or ()
            self._connection.adopt(pending=dict.fromkeys(pending, ""))
            resumed.attach(self._say, pending)
        if self._ticket is not None:
            server.lend(self._ticket, self._service, self)
        log.info("open", extra={"event": "open", "peer": self._transport.name, "client": hello.name or ""})

    def _say(self, message: Reply | Error | Welcome | Bye | Ping) -> None:
        """Send; an info is left out where the reader is slow, a reply too large becomes an error."""
        if isinstance(message, Info):
            if "stream" not in self._connection.caps:
                return
            if self._transport.unsent > self._server.settings.unread:
                self._server.shared.metrics.infos_left_out += 1
                return
        try:
            data = self._connection.send(message)
        except LocalProtocolError as error:
            if error.code != "too_large" or not isinstance(message, Reply):
                log.warning(str(error), extra={"event": "unsent", "peer": self._transport.name})
                return
            data = self._connection.send(
                Error(id=message.id, code="capacity", msg=f"{error}: hello.frame is too small")
            )
        self._write(data)

    def _fail(self, error: RemoteProtocolError) -> None:
        """Say what is wrong, and end."""
        self._lost = False
        message = Error(
            code=error.code, msg=str(error), field=error.field, expected=error.expected, got=error.got
        )  # fmt: skip
        self._server.shared.metrics.errors[error.code] += 1
        log.info(str(error), extra={"event": "refused", "peer": self._transport.name})
        if self._connection.state is not State.CLOSED:
            try:
                self._write(self._connection.send(message))
            except LocalProtocolError:
                self._connection.state = State.CLOSED

    def _finish(self) -> None:
        """The client has said goodbye: what is pending is answered."""
        if self._service is not None:
            self._service.end()
        self._connection.state = State.CLOSED

    def _leave(self) -> None:
        """Give the sessions back, or keep them for a client that resumes."""
        service, self._service = self._service, None
        if service is None:
            return
        if self._lost and self._ticket is not None and not self._server.closing:
            service.detach()
            self._server.keep(self._ticket)
            return
        if self._ticket is not None:
            self._server.forget(self._ticket)
        service.end()

    async def _watch(self) -> None:
        """Ping where there is silence; give up where it goes on, or where nothing is read."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        settings = self._server.settings
        while True:
            opening = self._connection.state in (State.GREETING, State.WELCOMING)
            beat = settings.handshake if opening else self._heartbeat or 3600.0
            await asyncio.sleep(min(beat / 4, 1.0))
            now = loop.time()
            if opening:
                if now - began > settings.handshake:
                    self._fail(
                        RemoteProtocolError("timeout", "handshake", f"hello within {settings.handshake:g} s", "none")
                    )
                    break
                continue
            if not self._heartbeat:
                continue
            silence = now - self._heard
            if silence > 2 * self._heartbeat:
                self._fail(
                    RemoteProtocolError("timeout", "heartbeat", f"a word within {2 * self._heartbeat:g} s", "none")
                )
                self._lost = True
                break
            if silence > self._heartbeat and not self._pings_pending():
                self._pings += 1
                self._say(Ping(id=self._pings))
                self._server.flush()
        await self._transport.close(0.5)

    def _pings_pending(self) -> bool:
        return bool(self._connection.asked)
