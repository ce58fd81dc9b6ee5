"""The searches of a server, between what comes and goes on its sockets."""

from __future__ import annotations

import asyncio
import logging

from myoshu.server.outbox import Outbox
from myoshu.server.shared import Shared

__all__ = ["SearchLoop"]

log = logging.getLogger("myoshu.server")

TRIM = 30.0
"""Seconds between two looks for planners that nobody uses; what is unused at two of them is given back."""


class SearchLoop:
    """Searches a slice of time after the other while there is something to search, as calls of asyncio's loop.

    Args:
        shared: what is searched, and how long a slice is.
        outbox: what is sent after each slice.
    """

    def __init__(self, shared: Shared, outbox: Outbox) -> None:
        self._shared = shared
        self._outbox = outbox
        self._searching: asyncio.Handle | None = None
        self._trimming: asyncio.TimerHandle | None = None

    def wake(self) -> None:
        """There is something to search: begin when all that came with it has been read."""
        loop = asyncio.get_running_loop()
        if self._searching is None:
            self._searching = loop.call_soon(self._search)
        if self._trimming is None:
            self._trimming = loop.call_later(TRIM, self._trim)

    def proceed(self) -> None:
        """All that had come of a connection was read. Where it is the only one, there is no other to wait for."""
        if self._searching is not None and self._shared.alone:
            self._searching.cancel()
            self._search()
        else:
            self._outbox.flush()

    def stop(self) -> None:
        """Look for unused planners no more."""
        if self._trimming is not None:
            self._trimming.cancel()

    def _search(self) -> None:
        """Search for a slice of time, and send what was found; between two slices the sockets are served."""
        self._searching = None
        scheduler = self._shared.scheduler
        try:
            more = scheduler.step(self._shared.settings.slice)
        except Exception:
            log.exception("the search failed", extra={"event": "fault"})
            scheduler.stop_all()
            more = False
        self._outbox.flush()
        if more:  # not before what has come meanwhile was read, which is after the loop's next call
            loop = asyncio.get_running_loop()
            self._searching = loop.call_soon(self._go_on)

    def _go_on(self) -> None:
        self._searching = asyncio.get_running_loop().call_soon(self._search)

    def _trim(self) -> None:
        """Give back memory that nobody uses any more."""
        self._trimming = None
        if self._shared.pools.trim():
            self._trimming = asyncio.get_running_loop().call_later(TRIM, self._trim)
