"""Connections that were written to, until their turn to send."""

from __future__ import annotations

from myoshu.server.transport import Transport

__all__ = ["Outbox"]


class Outbox:
    """What is written to any connection waits here, so that one turn's messages to it leave together."""

    def __init__(self) -> None:
        self._transports: list[Transport] = []
        self._flushes = 0

    def write(self, transport: Transport, data: bytes) -> None:
        """To be sent by the next :meth:`flush`."""
        transport.write(data)
        self._transports.append(transport)

    def flush(self) -> None:
        """Send what was written. Who hears first can ask first: it is another one's turn each time."""
        transports, self._transports = list(dict.fromkeys(self._transports)), []
        if not transports:
            return
        self._flushes += 1
        first = self._flushes % len(transports)
        for transport in transports[first:] + transports[:first]:
            transport.flush()
