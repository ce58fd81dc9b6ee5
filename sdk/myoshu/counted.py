"""Numbers of things, in words for people."""

from __future__ import annotations

__all__ = ["counted"]


def counted(count: float, noun: str) -> str:
    """A number of things: ``1 step``, ``1,200 steps``, ``0.5 minutes``."""
    return f"{count:,g} {noun}{'' if count == 1 else 's'}" if count < 1e6 else f"{count:,.0f} {noun}s"
