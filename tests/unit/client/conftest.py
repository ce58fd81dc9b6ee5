"""The servers and agents of the server's tests."""

from __future__ import annotations

from tests.unit.server.conftest import agent, observations, other_agent, serve

__all__ = ["agent", "observations", "other_agent", "serve"]
