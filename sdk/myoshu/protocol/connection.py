"""One side of one connection: bytes to events and messages to bytes. It has no socket and no clock."""

from __future__ import annotations

import dataclasses
import enum
from typing import Any

from myoshu.errors import LocalProtocolError, ProtocolError, RemoteProtocolError
from myoshu.protocol.codec import MOST_ELEMENTS, decode, encode
from myoshu.protocol.framing import FrameReader, check_size, frame
from myoshu.protocol.messages import (
    DEFAULT_FRAME,
    FIRST_FRAME,
    MESSAGES,
    Error,
    Hello,
    Message,
    Ponder,
    Reply,
    Request,
    Think,
    Welcome,
)
from myoshu.protocol.roles import FINAL, NEEDED, PARTIAL, REQUESTS, Role

__all__ = ["TRANSITIONS", "Connection", "Group", "Rejected", "State"]


FIRST_ELEMENTS = 8192
"""How many elements the first payload from a dialler may have."""
PLAYERS_ELEMENTS = 32768
"""How many elements a payload from a player may have: an agent serves many, which must not wait for one."""


class State(enum.Enum):
    """A stage in the life of a connection."""

    GREETING = "greeting"
    """Nothing has been sent."""
    WELCOMING = "welcoming"
    """``hello`` was sent."""
    OPEN = "open"
    """``welcome`` was sent."""
    CLOSING = "closing"
    """One side sent ``bye``: what is pending is answered."""
    CLOSED = "closed"
    """Nothing more is sent."""


class Group(enum.Enum):
    """A message's kind, for the state machine."""

    HELLO = "hello"
    """The dialler's first message."""
    WELCOME = "welcome"
    """The acceptor's first message."""
    REQUEST = "request"
    """A request that the sender's role may make."""
    REPLY = "reply"
    """A reply, or an ``error`` with an id."""
    BYE = "bye"
    """The announcement of the end."""
    FATAL = "fatal"
    """An ``error`` without an id."""


class Sender(enum.Enum):
    """The side that sends a message."""

    DIALLER = "dialler"
    """The side that connected."""
    ACCEPTOR = "acceptor"
    """The side that was connected to."""


TAGS: dict[type[Message], str] = {struct: kind for kind, struct in MESSAGES.items()}
GROUPS: dict[type[Message], Group] = {
    struct: Group.REQUEST if issubclass(struct, Request) else Group.REPLY if issubclass(struct, Reply) else
    Group.FATAL if struct is Error else Group(kind)
    for struct, kind in TAGS.items()
}  # fmt: skip
"""The group of each message; an ``error`` with an id is a reply."""

TRANSITIONS: dict[tuple[State, Sender, Group], State] = {
    (State.GREETING, Sender.DIALLER, Group.HELLO): State.WELCOMING,
    (State.GREETING, Sender.ACCEPTOR, Group.FATAL): State.CLOSED,
    (State.WELCOMING, Sender.ACCEPTOR, Group.WELCOME): State.OPEN,
    (State.WELCOMING, Sender.ACCEPTOR, Group.FATAL): State.CLOSED,
    **{
        (state, sender, group): State.OPEN if state is State.OPEN else State.CLOSING
        for state in (State.OPEN, State.CLOSING)
        for sender in Sender
        for group in (Group.REQUEST, Group.REPLY)
    },
    **{(state, sender, Group.BYE): State.CLOSING for state in (State.OPEN, State.CLOSING) for sender in Sender},
    **{(state, sender, Group.FATAL): State.CLOSED for state in (State.OPEN, State.CLOSING) for sender in Sender},
}
"""What may be said when, by whom, and where it leads. A request after ``bye`` is let through so that it is answered."""


@dataclasses.dataclass(frozen=True, slots=True)
class Rejected:
    """A refusal of what the peer sent; :attr:`reply` is to be sent."""

    error: RemoteProtocolError
    """The peer's error."""
    reply: Error
    """The message to send to the peer."""

    @property
    def fatal(self) -> bool:
        """Whether the connection is to be closed after the reply."""
        return self.reply.id is None


class Connection:
    """The protocol as one side sees it.

    ::

        connection.feed(data)                    # or receive(payload) on a transport of whole messages
        while (event := connection.next()) is not None:
            ...                                  # a Message, or Rejected
        socket.send(connection.send(message))

    Args:
        role: this side's role.
        dials: whether this side sends the first message.
        limit: the largest payload that this side takes, in bytes; its ``hello`` or ``welcome`` announces it.
        framed: whether frames have a length prefix, as on streams.
    """

    def __init__(self, role: Role, *, dials: bool, limit: int = DEFAULT_FRAME, framed: bool = True) -> None:
        self.role = role
        """The role of this side."""
        self.state = State.GREETING
        """Where the connection is in its life."""
        self.caps: frozenset[str] = frozenset()
        """Capabilities that both sides named."""
        self.asked: dict[int, str] = {}
        """Requests that this side made and that have no final reply: type by id."""
        self.pending: dict[int, str] = {}
        """Requests that the peer made and that have no final reply: type by id."""
        self._us, self._peer = (Sender.DIALLER, Sender.ACCEPTOR) if dials else (Sender.ACCEPTOR, Sender.DIALLER)
        self._limit = limit
        self._reader = FrameReader(limit if dials else FIRST_FRAME)
        self._most_elements = MOST_ELEMENTS if dials else FIRST_ELEMENTS
        self._framed = framed
        self._sendable = FIRST_FRAME if dials else DEFAULT_FRAME
        self._wanted: frozenset[str] = frozenset()

    @property
    def receive_limit(self) -> int:
        """The largest payload that is taken now, in bytes."""
        return self._reader.limit

    @property
    def unfinished(self) -> int:
        """Bytes received of frames that are not yet complete or handed out."""
        return len(self._reader)

    def lose(self) -> None:
        """Nothing more will come: drop the incomplete frame."""
        self._reader.clear()

    def feed(self, data: bytes) -> None:
        """Add received bytes of a stream."""
        if self.state is not State.CLOSED:
            self._reader.feed(data)

    def next(self) -> Message | Rejected | None:
        """The next event of the stream, or None until more bytes come."""
        if self.state is State.CLOSED:
            return None
        try:
            payload = self._reader.next()
        except RemoteProtocolError as error:
            return self._reject(error)
        return None if payload is None else self.receive(payload)

    def receive(self, payload: bytes) -> Message | Rejected:
        """The event of one payload."""
        try:
            check_size(len(payload), self._reader.limit)
            message = decode(payload, self._most_elements)
            self._take(message)
        except RemoteProtocolError as error:
            return self._reject(error)
        return message

    def send(self, message: Message) -> bytes:
        """The bytes of a message to be sent; the state machine takes note of it.

        Raises:
            LocalProtocolError: it may not be sent now, or is larger than the peer accepts; nothing has changed.
        """
        kind = _type(message)
        group = self._group(message, kind, self.role, self.asked, self.pending, LocalProtocolError)
        target = TRANSITIONS.get((self.state, self._us, group))
        if target is None or (group is Group.REQUEST and self.state is State.CLOSING):
            raise LocalProtocolError("unexpected", "t", f"what may be sent while {self.state.value}", kind)
        payload = encode(message)
        if len(payload) > self._sendable:
            raise LocalProtocolError("too_large", kind, f"at most {self._sendable} bytes", str(len(payload)))
        self._note(message, kind, group, self.asked, self.pending)
        if isinstance(message, Welcome):
            self.caps = self._wanted & frozenset(message.caps or ())
        elif isinstance(message, Hello):
            self._wanted = frozenset(message.caps or ())
        self.state = target
        return frame(payload) if self._framed else payload

    def answers(self, request: int) -> bool:
        """Whether a request of the peer still waits for its final reply."""
        return request in self.pending

    def adopt(self, *, asked: dict[int, str] | None = None, pending: dict[int, str] | None = None) -> None:
        """Take over requests of a connection that was lost."""
        self.asked.update(asked or {})
        self.pending.update(pending or {})

    def _take(self, message: Message) -> None:
        """Check a received message against the state, and take note of it."""
        kind = _type(message)
        group = self._group(message, kind, self.role.counterpart, self.pending, self.asked, RemoteProtocolError)
        target = TRANSITIONS.get((self.state, self._peer, group))
        if target is None:
            expected = f"what may come while {self.state.value}"
            raise RemoteProtocolError("unexpected", "t", expected, kind)
        if group is Group.REQUEST:
            assert isinstance(message, Request)
            self._admit(message, kind)
        elif isinstance(message, Hello):
            self._greet(message)
        elif isinstance(message, Welcome):
            self._settle(message)
        self._note(message, kind, group, self.pending, self.asked)
        self.state = target

    def _admit(self, request: Request, kind: str) -> None:
        """Check a request of the peer against what is pending, and what was agreed on."""
        if request.id in self.pending:
            expected = "an id that is not pending"
            raise RemoteProtocolError(
                "duplicate_id", f"{kind}.id", expected, str(request.id), request=request.id, kind=kind
            )
        needed = NEEDED.get(kind)
        if needed is not None and needed not in self.caps:
            expected = f"capability {needed} in the handshake"
            raise RemoteProtocolError("unsupported", kind, expected, "none", request=request.id, kind=kind)
        if isinstance(request, Think | Ponder) and request.stream is not None and "stream" not in self.caps:
            expected = "capability stream in the handshake"
            raise RemoteProtocolError("unsupported", f"{kind}.stream", expected, "none", request=request.id, kind=kind)
        if self.state is State.CLOSING and kind != "ping":
            expected = "no request after bye"
            raise RemoteProtocolError("shutdown", kind, expected, "one", request=request.id, kind=kind)

    def _group(
        self,
        message: Message,
        kind: str,
        sender: Role,
        asked: dict[int, str],
        pending: dict[int, str],
        kind_of_error: type[ProtocolError],
    ) -> Group:
        """A message's group, if its sender may send it.

        Args:
            message: the message.
            kind: its type.
            sender: the side that sends it.
            asked: the sender's own requests.
            pending: requests to the sender.
            kind_of_error: the error that blames the right side.
        """
        group = GROUPS[type(message)]
        if group is Group.REQUEST:
            assert isinstance(message, Request)
            if kind not in REQUESTS[sender]:
                raise kind_of_error("unexpected", "t", f"a request of the {sender}", kind)
            if kind_of_error is LocalProtocolError and message.id in asked:
                raise kind_of_error("duplicate_id", f"{kind}.id", "an id that is not pending", str(message.id))
        elif group is Group.REPLY:
            assert isinstance(message, Reply)
            request = pending.get(message.id)
            if request is None:
                raise kind_of_error("unexpected", f"{kind}.id", "a pending request", str(message.id))
            if request and kind != FINAL[request] and kind != PARTIAL.get(request):
                raise kind_of_error("unexpected", "t", f"a reply to {request}", kind)
        elif isinstance(message, Error) and message.id is not None:
            if message.id not in pending:
                raise kind_of_error("unexpected", "error.id", "a pending request", str(message.id))
            return Group.REPLY
        return group

    @staticmethod
    def _note(message: Any, kind: str, group: Group, asked: dict[int, str], pending: dict[int, str]) -> None:
        if group is Group.REQUEST:
            asked[message.id] = kind
        elif group is Group.REPLY and kind != "info":
            pending.pop(message.id, None)

    def _greet(self, hello: Hello) -> None:
        """Apply what a dialler announces."""
        self._reader.limit = self._limit
        self._most_elements = PLAYERS_ELEMENTS if self.role is Role.AGENT else MOST_ELEMENTS
        self._sendable = hello.frame or DEFAULT_FRAME
        self._wanted = frozenset(hello.caps or ())

    def _settle(self, welcome: Welcome) -> None:
        """Apply what an acceptor announces."""
        expected = self.role.counterpart
        if welcome.role != expected:
            raise RemoteProtocolError("role", "welcome.role", expected, welcome.role)
        self._sendable = welcome.frame or DEFAULT_FRAME
        self.caps = self._wanted & frozenset(welcome.caps or ())

    def _reject(self, error: RemoteProtocolError) -> Rejected:
        """The refusal to send to the peer; if it is not about one of its requests, the connection ends."""
        request = error.request
        if error.kind is not None and error.kind not in REQUESTS[self.role.counterpart]:
            request = None
        if self.state not in (State.OPEN, State.CLOSING):
            request = None
        if request is None:
            self.state = State.CLOSED
        return Rejected(error, Error.of(error, request))

    def reject(self, error: RemoteProtocolError) -> Rejected:
        """The refusal where the peer broke the protocol as only the role's code can see: the connection ends."""
        return self._reject(error)

    def refuse(self, rejected: Rejected) -> bytes:
        """The bytes of a refusal's reply. A request that was refused has never been pending."""
        payload = encode(rejected.reply)
        return frame(payload) if self._framed else payload


def _type(message: Message) -> str:
    return TAGS[type(message)]
