"""Agents behind sockets: the scheduler that batches their searches, and asyncio around the protocol."""

from tesuji.server.server import Server
from tesuji.server.settings import Settings

__all__ = ["Server", "Settings"]
