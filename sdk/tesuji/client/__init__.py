"""Agents in other processes, used as those in this process are."""

from tesuji.client.blocking import Client, RemoteSession, connect
from tesuji.client.decision import RemoteDecision

__all__ = ["Client", "RemoteDecision", "RemoteSession", "connect"]
