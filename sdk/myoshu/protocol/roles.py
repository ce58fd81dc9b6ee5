"""Tables of who may ask what, and which replies a request gets."""

from __future__ import annotations

import enum

__all__ = ["CAPABILITIES", "FINAL", "NEEDED", "PARTIAL", "REQUESTS", "Role"]


class Role(enum.StrEnum):
    """The role of one side of a connection."""

    PLAYER = "player"
    """Asks an agent for moves."""
    AGENT = "agent"
    """Serves an agent's moves."""
    TRAINER = "trainer"
    """Plays games whose rules live on the other side."""
    ENVIRONMENT = "environment"
    """Serves the rules of a game."""

    @property
    def counterpart(self) -> Role:
        """The role of the other side."""
        return _COUNTERPARTS[self]


_COUNTERPARTS = {
    Role.PLAYER: Role.AGENT,
    Role.AGENT: Role.PLAYER,
    Role.TRAINER: Role.ENVIRONMENT,
    Role.ENVIRONMENT: Role.TRAINER,
}

REQUESTS: dict[Role, frozenset[str]] = {
    Role.PLAYER: frozenset(
        {
            "ping",
            "open",
            "think",
            "observe",
            "ponder",
            "cancel",
            "act_batch",
            "level",
            "swap",
            "close",
            "examples",
            "check",
        }
    ),
    Role.AGENT: frozenset({"ping"}),
    Role.TRAINER: frozenset({"ping", "env_spec", "reset", "step", "describe"}),
    Role.ENVIRONMENT: frozenset({"ping"}),
}
"""The requests that each role may make."""

FINAL: dict[str, str] = {
    "ping": "pong",
    "open": "opened",
    "think": "result",
    "ponder": "result",
    "observe": "ok",
    "cancel": "ok",
    "act_batch": "acts",
    "level": "ok",
    "swap": "ok",
    "close": "ok",
    "examples": "positions",
    "check": "checked",
    "env_spec": "spec",
    "reset": "states",
    "step": "states",
    "describe": "description",
}
"""The final reply of each request, if it is not an ``error``."""

PARTIAL: dict[str, str] = {"think": "info", "ponder": "info"}
"""The reply that may come before the final one."""

NEEDED: dict[str, str] = {
    "act_batch": "batch",
    "examples": "examples",
    "check": "examples",
    "describe": "describe",
}
"""The capability that a request needs."""

CAPABILITIES: dict[Role, tuple[str, ...]] = {
    Role.PLAYER: ("batch", "examples", "resume", "stream"),
    Role.AGENT: ("batch", "examples", "resume", "stream"),
    Role.TRAINER: ("describe", "realtime"),
    Role.ENVIRONMENT: ("describe", "realtime"),
}
"""The capabilities of each role."""
