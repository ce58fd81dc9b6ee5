"""A few moves that are the same wherever they are played."""

from __future__ import annotations

from typing import Any

import myoshu

MOVES = (12, 40, 1, 90, 33)
"""Simulations of one after the other."""


def played(session: Any, observations: Any, budgets: tuple[int, ...] = MOVES) -> list[tuple[int, list[int], float]]:
    """A few moves, each observed, as a list that can be compared."""
    moves = []
    for observation, simulations in zip(observations, budgets, strict=False):
        decision = session.play(observation, range(1, 9), myoshu.Limit(simulations=simulations))
        moves.append((decision.action, decision.visits.tolist(), decision.value))
        session.observe(decision.action)
    return moves
