"""One connection to the server: bytes to the service and back, heartbeat, slow readers."""

from __future__ import annotations

import asyncio
import logging
import math
import secrets

from myoshu.errors import LocalProtocolError, RemoteProtocolError
from myoshu.protocol import Connection, Rejected, Role, State
from myoshu.protocol.handshake import accept
from myoshu.protocol.messages import Bye, Error, Hello, Info, Message, Ping, Reply, Request, Welcome
from myoshu.protocol.roles import CAPABILITIES
from myoshu.server.leases import Leases
from myoshu.server.models import OPTIONS
from myoshu.server.outbox import Outbox
from myoshu.server.search_loop import SearchLoop
from myoshu.server.service import AgentService
from myoshu.server.shared import Shared
from myoshu.server.transport import Transport
from myoshu.server.turn import Turn, take_turn
from myoshu.server.unfinished import UnfinishedFrames
from myoshu.version import __version__

__all__ = ["Peer"]

log = logging.getLogger("myoshu.server")

ROLES = frozenset({Role.AGENT})
PATIENCE = 0.5
"""Seconds that one that is given up may take to read why."""
MOST_PINGS = 16
"""Pings that may be unanswered although other words come."""


class Peer:
    """Serves one connection until it ends.

    Args:
        shared: what all connections share.
        transport: its bytes.
        loop: what searches, once all that came has been read.
        outbox: where what it says waits to be sent.
        leases: who may resume.
        unfinished: what has come of frames, on all connections.
        trusted: whether no token is needed (a program that started the server itself).
    """

    def __init__(
        self,
        shared: Shared,
        transport: Transport,
        *,
        loop: SearchLoop,
        outbox: Outbox,
        leases: Leases,
        unfinished: UnfinishedFrames,
        trusted: bool = False,
    ) -> None:
        settings = shared.settings
        self._shared = shared
        self._transport = transport
        self._loop = loop
        self._outbox = outbox
        self._leases = leases
        self._unfinished = unfinished
        self._token = None if trusted else settings.token
        self._connection = Connection(Role.AGENT, dials=False, limit=settings.frame, framed=transport.framed)
        self._service: AgentService | None = None
        self._ticket: str | None = None
        self._heartbeat = settings.heartbeat
        self._heard = asyncio.get_running_loop().time()
        self._greeted = asyncio.Event()
        self._pinged = -math.inf
        self._pings = 0
        self._leaving = False
        self._patience = settings.grace
        self._resumable = False
        self._lost = True

    @property
    def silent(self) -> bool:
        """Whether its handshake is not over."""
        return not self._greeted.is_set()

    @property
    def unfinished(self) -> int:
        """Bytes of frames that have not come in whole, or wait for their turn."""
        return self._connection.unfinished + self._transport.unfinished

    async def run(self) -> None:
        """Serve; returns when the connection is closed."""
        watch = asyncio.create_task(self._watch())
        try:
            await self._transport.receive(self._take, self._shared.settings.unread, self._came)
        finally:
            watch.cancel()
            self._connection.lose()
            self._unfinished.note(self, 0)
            self._leave()
            await self._transport.close(self._patience)

    def bye(self, reason: str) -> None:
        """Announce the end; what was pending has been answered."""
        if self._connection.state is State.OPEN:
            self._say(Bye(reason=reason))
            self._lost = False

    async def end(self) -> None:
        """Close."""
        self._leave()
        await self._transport.close(self._shared.settings.grace)

    def replace(self) -> None:
        """Another connection has taken this one's place."""
        self._service = None
        self.give_up(RemoteProtocolError("replaced", "connection", "the only one with its ticket", "another"))

    def give_up(self, error: RemoteProtocolError, *, lost: bool = False) -> None:
        """End the connection, with a word why.

        Args:
            error: what is wrong.
            lost: whether its sessions are kept for one that resumes.
        """
        self._fail(error)
        self._lost = lost
        self._patience = PATIENCE
        self._outbox.flush()
        self._transport.stop()

    def _take(self, data: bytes) -> Turn:
        """Meet what came."""
        if data:
            self._heard = asyncio.get_running_loop().time()
        connection = self._connection
        if self._transport.framed:
            turn = take_turn(connection, data, self._meet, alone=self._shared.alone)
        else:
            self._meet(connection.receive(data))
            turn = Turn.MORE if connection.state is not State.CLOSED else Turn.ENOUGH
        if self._leaving and turn is not Turn.AGAIN:
            connection.state = State.CLOSED
            turn = Turn.ENOUGH
        if turn is Turn.AGAIN:
            self._outbox.flush()
        else:
            self._loop.proceed()
        self._unfinished.note(self, self.unfinished)
        return turn

    def _came(self) -> None:
        """Bytes came that are no frame yet."""
        self._heard = asyncio.get_running_loop().time()
        self._unfinished.note(self, self.unfinished)

    def _meet(self, event: Message | Rejected) -> None:
        if isinstance(event, Rejected):
            self._shared.metrics.errors[event.reply.code] += 1
            log.info(str(event.error), extra={"event": "rejected", "peer": self._transport.name})
            self._outbox.write(self._transport, self._connection.refuse(event))
            self._lost = self._lost and not event.fatal
        elif isinstance(event, Hello):
            self._greet(event)
        elif isinstance(event, Request):
            assert self._service is not None
            self._service.handle(event)
        elif isinstance(event, Bye):
            self._lost = False
            self._leaving = True  # what came with it is answered, with `shutdown`
            if self._service is not None:
                self._service.end()

    def _greet(self, hello: Hello) -> None:
        shared = self._shared
        try:
            version = accept(hello, ROLES, self._token)
        except RemoteProtocolError as error:
            self._fail(error)
            return
        if shared.closing:
            self._fail(RemoteProtocolError("shutdown", "server", "to go on", "its end"))
            return
        caps = [word for word in CAPABILITIES[Role.AGENT] if word in (hello.caps or ())]
        self._resumable = "resume" in caps
        if hello.heartbeat is not None:
            self._heartbeat = hello.heartbeat
        resumed = self._leases.reclaim(hello.resume) if hello.resume is not None and self._resumable else None
        if self._resumable:
            self._ticket = secrets.token_hex(16)
        self._greeted.set()
        self._say(
            Welcome(
                proto=version,
                role="agent",
                name=f"myoshu {__version__}",
                caps=tuple(caps),
                frame=shared.settings.frame,
                heartbeat=self._heartbeat,
                models=shared.models.described(),
                limits=shared.settings.limits(),
                options=OPTIONS,
                ticket=self._ticket,
                resumed=None if hello.resume is None else resumed is not None,
            )
        )
        if resumed is None:
            self._service = AgentService(shared, self._say, resumable=self._resumable)
        else:
            self._service = resumed
            pending = hello.pending or ()
            self._connection.adopt(pending=dict.fromkeys(pending, ""))
            resumed.attach(self._say, pending)
        if self._ticket is not None:
            self._leases.lend(self._ticket, self._service, self)
        log.info("open", extra={"event": "open", "peer": self._transport.name, "client": hello.name or ""})

    def _say(self, message: Reply | Error | Welcome | Bye | Ping) -> None:
        """Send; an info is left out where the reader is slow, a reply too large becomes an error."""
        if isinstance(message, Info):
            if "stream" not in self._connection.caps:
                return
            if self._transport.unsent > self._shared.settings.unread:
                self._shared.metrics.infos_left_out += 1
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
        self._outbox.write(self._transport, data)

    def _fail(self, error: RemoteProtocolError) -> None:
        """Say what is wrong, and end."""
        self._lost = False
        self._shared.metrics.errors[error.code] += 1
        log.info(str(error), extra={"event": "refused", "peer": self._transport.name})
        if self._connection.state is not State.CLOSED:
            try:
                self._outbox.write(self._transport, self._connection.send(Error.of(error)))
            except LocalProtocolError:
                self._connection.state = State.CLOSED

    def _leave(self) -> None:
        """Give the sessions back, or keep them for a client that resumes."""
        service, self._service = self._service, None
        if service is None:
            return
        if self._lost and self._ticket is not None and not self._shared.closing:
            service.detach()
            self._leases.keep(self._ticket)
            return
        if self._ticket is not None:
            self._leases.forget(self._ticket)
        service.end()

    async def _watch(self) -> None:
        """Ping where there is silence; give up where it lasts in spite of the ping."""
        loop = asyncio.get_running_loop()
        patience = self._shared.settings.handshake
        try:
            async with asyncio.timeout(patience):
                await self._greeted.wait()
        except TimeoutError:
            if self.silent:
                self.give_up(RemoteProtocolError("timeout", "handshake", f"hello within {patience:g} s", "none"))
                return
        beat = self._heartbeat
        while beat:
            await asyncio.sleep(min(beat / 4, 1.0))
            now = loop.time()
            if now - self._heard <= beat or self._transport.behind:
                continue
            if self._pinged > self._heard:
                if now - self._pinged > beat:
                    break
            elif len(self._connection.asked) >= MOST_PINGS:
                break
            else:
                self._pings += 1
                self._pinged = now
                self._say(Ping(id=self._pings))
                self._outbox.flush()
        else:
            return
        error = RemoteProtocolError("timeout", "heartbeat", f"an answer to a ping within {beat:g} s", "none")
        self.give_up(error, lost=True)
