"""What every message is."""

from __future__ import annotations

import msgspec

from myoshu.protocol.fields import RequestId

__all__ = ["Message", "Reply", "Request"]


class Message(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="t"):
    """What one frame holds."""


class Request(Message, frozen=True, kw_only=True, omit_defaults=True):
    """A message that gets exactly one final reply."""

    id: RequestId
    """Number of the request, chosen by who asks."""


class Reply(Message, frozen=True, kw_only=True, omit_defaults=True):
    """A message for a request."""

    id: RequestId
    """Number of the request."""
