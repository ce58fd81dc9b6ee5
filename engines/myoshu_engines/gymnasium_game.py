"""Gymnasium's games, as ``gymnasium:NAME``; see :mod:`myoshu_engines.gymnasium.game`."""

from __future__ import annotations

from myoshu_engines.gymnasium.game import load

__all__ = ["load"]
