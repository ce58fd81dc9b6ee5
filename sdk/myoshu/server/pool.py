"""All planners that sessions share, by model, search and size of tree."""

from __future__ import annotations

import gc
import sys

from myoshu.runtime.agent import Agent
from myoshu.runtime.pace import Pace
from myoshu.search import SearchConfig
from myoshu.server.chunk import Chunk, SharedTree
from myoshu.server.timed_evaluator import TimedEvaluator

__all__ = ["Pools", "SharedTrees"]

LEAST_SIMULATIONS = 64
"""The least number of simulations for which trees have room, so that sessions of different budgets share planners."""
LEAST_SLOTS = 64
MOST_SLOTS = 1024
CHUNK_BYTES = 1 << 28 if sys.platform == "win32" else 1 << 30
"""A planner has as many slots as fit into these bytes. Unused memory is never touched, but counts on Windows."""


class Pools:
    """All planners of a server, by model, search and size of tree."""

    def __init__(self) -> None:
        self._evaluators: dict[int, TimedEvaluator] = {}
        self._chunks: dict[tuple[int, SearchConfig, int], list[Chunk]] = {}
        self._paces: dict[int, Pace] = {}

    @property
    def nbytes(self) -> int:
        """Bytes of all planners, touched or not."""
        return sum(chunk.planner.nbytes for chunk in self.chunks())

    @property
    def network_seconds(self) -> float:
        """Total seconds in networks."""
        return sum(evaluator.seconds for evaluator in self._evaluators.values())

    @property
    def network_runs(self) -> int:
        """Total number of calls of networks."""
        return sum(evaluator.runs for evaluator in self._evaluators.values())

    def chunks(self) -> list[Chunk]:
        """The chunks of all planners."""
        return [chunk for chunks in self._chunks.values() for chunk in chunks]

    def pace(self, agent: Agent) -> Pace:
        """Seconds of a simulation, measured once for each model."""
        return self._paces.setdefault(id(agent), Pace())

    def trim(self) -> bool:
        """Free planners that were unused at the last check too; returns whether there are any left.

        A planner refers to itself: its memory is free after a garbage collection.
        """
        gone = False
        for key, chunks in list(self._chunks.items()):
            kept = [chunk for chunk in chunks if not (chunk.unused and chunk.idle)]
            gone = gone or len(kept) < len(chunks)
            for chunk in kept:
                chunk.idle = chunk.unused
            if kept:
                self._chunks[key] = kept
            else:
                del self._chunks[key]
        if gone:
            gc.collect()
        return bool(self._chunks)

    def take(self, agent: Agent, config: SearchConfig, nodes: int) -> SharedTree:
        """A tree of this many nodes.

        Raises:
            CapacityError: there is not enough memory.
        """
        simulations = max(LEAST_SIMULATIONS, (nodes - 1) // 2)
        chunks = self._chunks.setdefault((id(agent), config, simulations), [])
        for chunk in chunks:
            if not chunk.full:
                return chunk.take(nodes)
        evaluator = self._evaluators.setdefault(id(agent), TimedEvaluator(agent.evaluator))
        model = agent.model
        each = (2 * simulations + 1) * (4 * model.latent_size + 32 * model.actions + 128)
        slots = min(max(LEAST_SLOTS, 1 << len(chunks) + 5), max(1, CHUNK_BYTES // each), MOST_SLOTS)
        chunks.append(Chunk(evaluator, config, slots, simulations))
        return chunks[-1].take(nodes)


class SharedTrees:
    """A :class:`myoshu.runtime.tree.Trees` for the sessions of one agent.

    Args:
        pools: the pools that hold the trees.
        agent: the agent.
    """

    def __init__(self, pools: Pools, agent: Agent) -> None:
        self._pools = pools
        self._agent = agent
        self.pace = pools.pace(agent)
        """See :class:`Trees`."""

    def take(self, config: SearchConfig, simulations: int, nodes: int) -> SharedTree:
        return self._pools.take(self._agent, config, nodes)
