"""The base classes of all messages."""

from __future__ import annotations

import msgspec

from myoshu.protocol.fields import RequestId

__all__ = ["Message", "Reply", "Request"]


class Message(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="t"):
    """The contents of one frame."""


class Request(Message, frozen=True, kw_only=True, omit_defaults=True):
    """A message that gets exactly one final reply."""

    id: RequestId
    """Id of the request, chosen by the asking side."""


class Reply(Message, frozen=True, kw_only=True, omit_defaults=True):
    """A reply to a request."""

    id: RequestId
    """Id of the request."""
