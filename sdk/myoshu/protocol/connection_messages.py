"""Messages that concern the connection as a whole."""

from __future__ import annotations

from myoshu.errors import ProtocolError
from myoshu.protocol.fields import Name, RequestId, Text
from myoshu.protocol.message import Message, Reply, Request

__all__ = ["Bye", "Error", "Ping", "Pong"]


class Ping(Request, frozen=True, kw_only=True, omit_defaults=True, tag="ping"):
    """Ask whether the other side is there."""


class Pong(Reply, frozen=True, kw_only=True, omit_defaults=True, tag="pong"):
    """Reply to ``ping``: this side is there."""


class Bye(Message, frozen=True, kw_only=True, omit_defaults=True, tag="bye"):
    """This side is about to end."""

    reason: Text | None = None
    """Why it ends, for the log."""


class Error(Message, frozen=True, kw_only=True, omit_defaults=True, tag="error"):
    """Final reply of a request, or the end of the connection."""

    id: RequestId | None = None
    """Id of the request; without it the connection is closed after this."""
    code: Name
    """What is wrong: one of the protocol's codes."""
    msg: Text
    """One line for a person: the field, what was expected, what came."""
    field: Text | None = None
    """The field's path, as ``think.obs.sh``."""
    expected: Text | None = None
    """What was expected there."""
    got: Text | None = None
    """What came instead."""
    retry: float | None = None
    """Seconds after which to try again."""

    @staticmethod
    def of(error: ProtocolError, request: int | None = None, retry: float | None = None) -> Error:
        """The message that reports an error to the peer: the reply to its request, or else the connection's end."""
        return Error(
            id=request,
            code=error.code,
            msg=str(error),
            field=error.field,
            expected=error.expected,
            got=error.got,
            retry=retry,
        )
