"""Agents in other processes, used as those in this process are."""

from myoshu.client.asynchronous import AsyncClient, AsyncRemoteSession, connect_async
from myoshu.client.blocking import Client, RemoteSession, connect
from myoshu.client.decision import RemoteDecision

__all__ = [
    "AsyncClient",
    "AsyncRemoteSession",
    "Client",
    "RemoteDecision",
    "RemoteSession",
    "connect",
    "connect_async",
]
