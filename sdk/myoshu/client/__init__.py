"""Agents in other processes, used like those in this process."""

from myoshu.client.asyncio.session import AsyncClient, AsyncRemoteSession, connect_async
from myoshu.client.decision import RemoteDecision
from myoshu.client.sync.session import Client, RemoteSession, connect

__all__ = [
    "AsyncClient",
    "AsyncRemoteSession",
    "Client",
    "RemoteDecision",
    "RemoteSession",
    "connect",
    "connect_async",
]
