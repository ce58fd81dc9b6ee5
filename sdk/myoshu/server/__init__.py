"""Agents behind sockets: the scheduler that batches their searches, and asyncio around the protocol."""

from myoshu.server.server import Server
from myoshu.server.settings import Settings

__all__ = ["Server", "Settings"]
