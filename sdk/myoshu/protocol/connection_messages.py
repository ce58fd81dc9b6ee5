"""What concerns the connection as a whole."""

from __future__ import annotations

from myoshu.errors import ProtocolError
from myoshu.protocol.fields import Name, RequestId, Text
from myoshu.protocol.message import Message, Reply, Request

__all__ = ["Bye", "Error", "Ping", "Pong"]


class Ping(Request, frozen=True, kw_only=True, omit_defaults=True, tag="ping"):
    """Are you there?"""


class Pong(Reply, frozen=True, kw_only=True, omit_defaults=True, tag="pong"):
    """Yes."""


class Bye(Message, frozen=True, kw_only=True, omit_defaults=True, tag="bye"):
    """This side is about to end."""

    reason: Text | None = None
    """For the log."""


class Error(Message, frozen=True, kw_only=True, omit_defaults=True, tag="error"):
    """Final reply of a request, or the end of the connection."""

    id: RequestId | None = None
    """Number of the request; without it the connection is closed after this."""
    code: Name
    """What is wrong, in one word."""
    msg: Text
    """One line for a person."""
    field: Text | None = None
    """Where."""
    expected: Text | None = None
    """What was expected."""
    got: Text | None = None
    """What came."""
    retry: float | None = None
    """Seconds after which to try again."""

    @staticmethod
    def of(error: ProtocolError, request: int | None = None, retry: float | None = None) -> Error:
        """What tells the peer of an error: as the reply to its request, or else as the connection's end."""
        return Error(
            id=request,
            code=error.code,
            msg=str(error),
            field=error.field,
            expected=error.expected,
            got=error.got,
            retry=retry,
        )
