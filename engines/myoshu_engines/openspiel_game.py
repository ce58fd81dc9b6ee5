"""OpenSpiel's games, as ``openspiel:NAME``; see :mod:`myoshu_engines.openspiel.game`."""

from __future__ import annotations

from myoshu_engines.openspiel.game import load

__all__ = ["load"]
