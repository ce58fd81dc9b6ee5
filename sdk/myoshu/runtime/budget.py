"""How many simulations a search may make where time, not their number, is limited."""

from __future__ import annotations

from myoshu.runtime.limit import Limit
from myoshu.spec import ModelSpec

__all__ = ["most_simulations", "timed_budget"]

MOST_SIMULATIONS = 100_000
MOST_MEMORY = 1 << 28
LEAST_CAPACITY = 512
"""Simulations that a tree has room for at least where only time is limited: the first estimate of speed is rough."""


def most_simulations(model: ModelSpec) -> int:
    """How many simulations a tree of 256 MiB has room for with as many nodes again, at most 100,000."""
    node = 4 * model.latent_size + 48 * model.actions + 16 * model.players + 128
    return max(64, min(MOST_SIMULATIONS, MOST_MEMORY // (2 * node)))


def timed_budget(limit: Limit, seconds: float, fastest: float, most: int) -> tuple[int, int]:
    """What a tree needs room for, and how many simulations sequential halving is to be laid out for.

    Args:
        limit: limits the time.
        seconds: what one simulation is expected to take.
        fastest: the least that one took: a machine that was busy may be idle in this search.
        most: simulations after which thinking ends all the same where the limit does not say.
    """
    assert limit.time is not None
    planned = max(1, int(min(limit.time / seconds, MOST_SIMULATIONS)))
    if limit.simulations is not None:
        most = limit.simulations
    if limit.simulations is None or planned < MOST_SIMULATIONS:
        room = max(8.0 * planned, min(2.0 * limit.time / fastest, MOST_SIMULATIONS))
        most = min(max(int(room), LEAST_CAPACITY), most)
    return most, min(planned, most)
