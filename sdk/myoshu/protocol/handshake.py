"""The handshake's decisions: version, role and token."""

from __future__ import annotations

import hmac

from myoshu.errors import RemoteProtocolError
from myoshu.protocol.messages import VERSION, Hello, Welcome
from myoshu.protocol.roles import Role

__all__ = ["accept", "check_welcome"]


def accept(hello: Hello, roles: frozenset[Role], token: str | None) -> int:
    """Check a ``hello``.

    Args:
        hello: the dialler's message.
        roles: the roles that this side can play.
        token: what the dialler must send, if anything.

    Returns:
        The version to speak.

    Raises:
        RemoteProtocolError: with code ``unauthorized``, ``version`` or ``role``.
    """
    if token is not None and not hmac.compare_digest((hello.token or "").encode(), token.encode()):
        raise RemoteProtocolError(
            "unauthorized", "hello.token", "the server's token", "another" if hello.token else "none"
        )
    low, high = hello.proto
    if not low <= VERSION <= high:
        raise RemoteProtocolError("version", "hello.proto", f"a range with {VERSION}", f"[{low}, {high}]")
    if Role(hello.role).counterpart not in roles:
        expected = " or ".join(sorted(role.counterpart for role in roles))
        raise RemoteProtocolError("role", "hello.role", expected, hello.role)
    return VERSION


def check_welcome(welcome: Welcome) -> None:
    """Check the version in a ``welcome``.

    Raises:
        RemoteProtocolError: it is not one that this side offered.
    """
    if welcome.proto != VERSION:
        raise RemoteProtocolError("version", "welcome.proto", str(VERSION), str(welcome.proto))
