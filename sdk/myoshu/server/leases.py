"""Sessions of connections that may be resumed, by the ticket that each client holds."""

from __future__ import annotations

import asyncio
from typing import Protocol

from myoshu.server.service import AgentService

__all__ = ["Holder", "Leases"]


class Holder(Protocol):
    """A connection that has a service."""

    def replace(self) -> None:
        """Another connection has taken its place."""
        ...


class Leases:
    """Which services may be resumed, and for how long where their connection was lost.

    Args:
        seconds: how long they are then kept.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._lent: dict[str, tuple[AgentService, Holder | None]] = {}
        self._expiries: dict[str, asyncio.TimerHandle] = {}

    def lend(self, ticket: str, service: AgentService, holder: Holder) -> None:
        """Take note of who may come back."""
        self._lent[ticket] = service, holder

    def keep(self, ticket: str) -> None:
        """A connection was lost: its sessions are kept for a while."""
        if ticket in self._lent:
            self._lent[ticket] = self._lent[ticket][0], None
            loop = asyncio.get_running_loop()
            self._expiries[ticket] = loop.call_later(self._seconds, self._expire, ticket)

    def forget(self, ticket: str) -> None:
        """A connection ended on purpose."""
        self._lent.pop(ticket, None)

    def reclaim(self, ticket: str) -> AgentService | None:
        """The service of a connection that was lost, for the one in its place."""
        lent = self._lent.pop(ticket, None)
        if lent is None:
            return None
        service, holder = lent
        expiry = self._expiries.pop(ticket, None)
        if expiry is not None:
            expiry.cancel()
        elif holder is not None:
            holder.replace()
        return service

    def make_room(self) -> bool:
        """Give up the sessions of the connection that was lost first; returns whether there was one."""
        ticket = next(iter(self._expiries), None)
        if ticket is None:
            return False
        self._expiries[ticket].cancel()
        self._expire(ticket)
        return True

    def end(self) -> None:
        """Give up all sessions."""
        for ticket in list(self._lent):
            self._expire(ticket)

    def _expire(self, ticket: str) -> None:
        self._expiries.pop(ticket, None)
        lent = self._lent.pop(ticket, None)
        if lent is not None:
            lent[0].end()
