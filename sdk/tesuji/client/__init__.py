"""Agents in other processes, used as those in this process are."""

from tesuji.client.asynchronous import AsyncClient, AsyncRemoteSession, connect_async
from tesuji.client.blocking import Client, RemoteSession, connect
from tesuji.client.decision import RemoteDecision

__all__ = [
    "AsyncClient",
    "AsyncRemoteSession",
    "Client",
    "RemoteDecision",
    "RemoteSession",
    "connect",
    "connect_async",
]
