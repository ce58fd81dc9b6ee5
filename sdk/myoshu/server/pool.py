"""Planners that sessions share: many trees, one batched evaluation."""

from __future__ import annotations

import gc
import sys
from collections.abc import Mapping, Sequence
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from myoshu.errors import EvaluationError
from myoshu.runtime.agent import Agent
from myoshu.runtime.deliberation import Pace
from myoshu.runtime.evaluator import Bindable, Binding, Graph
from myoshu.runtime.planner import Planner
from myoshu.search import SearchConfig
from myoshu.server.pace import WavePace
from myoshu.server.tree import SharedTree
from myoshu.spec import ModelSpec

__all__ = ["Chunk", "Pools", "TimedEvaluator"]

LEAST_SIMULATIONS = 64
"""Trees have room for so many at least, so that sessions of different budgets share planners."""
LEAST_SLOTS = 64
MOST_SLOTS = 1024
CHUNK_BYTES = 1 << 28 if sys.platform == "win32" else 1 << 30
"""A planner has as many slots as fit, within these bounds. What is not used is never touched; Windows counts it."""


class TimedEvaluator:
    """An evaluator that knows how long it has computed."""

    def __init__(self, evaluator: Bindable) -> None:
        self._evaluator = evaluator
        self.seconds = 0.0
        """Seconds in the network."""
        self.runs = 0
        """Calls of the network."""

    @property
    def model(self) -> ModelSpec:
        """What goes into the graphs and comes out."""
        return self._evaluator.model

    @property
    def generation(self) -> int:
        """The evaluator's own."""
        return self._evaluator.generation

    def bind(self, graph: Graph, arrays: Mapping[str, NDArray[Any]]) -> Binding:
        """Tie a graph to memory; each run is timed."""
        binding = self._evaluator.bind(graph, arrays)

        def run() -> None:
            begin = perf_counter()
            binding.run()
            self.seconds += perf_counter() - begin
            self.runs += 1

        return Binding(run, binding.arrays, binding)


class Chunk:
    """One planner and who has its slots.

    Args:
        evaluator: the network.
        config: how to search.
        slots: how many trees.
        simulations: of one tree; it has twice the nodes, for what is kept between moves.
    """

    def __init__(self, evaluator: TimedEvaluator, config: SearchConfig, slots: int, simulations: int) -> None:
        self.evaluator = evaluator
        """The network."""
        self.planner = Planner(evaluator, config, slots=slots, simulations=simulations, nodes=2 * simulations + 1)
        """What all trees are in."""
        self.waiting: list[SharedTree] = []
        """Trees to be begun."""
        self.pace = WavePace()
        """Seconds of one wave."""
        self.idle = False
        """Whether it was unused when this was last asked, and nobody took a slot since."""
        self._free = list(range(slots - 1, -1, -1))

    @property
    def full(self) -> bool:
        """Whether all slots are taken."""
        return not self._free

    @property
    def unused(self) -> bool:
        """Whether no slot is taken."""
        return len(self._free) == self.planner.slots

    def take(self, nodes: int) -> SharedTree:
        """A slot for a session."""
        self.idle = False
        return SharedTree(self, self._free.pop(), nodes)

    def release(self, tree: SharedTree) -> None:
        """Take a slot back."""
        if tree in self.waiting:
            self.waiting.remove(tree)
        if self.planner.forest.is_open(tree.slot):
            self.planner.close(tree.slot)
        self._free.append(tree.slot)

    def flush(self) -> None:
        """Begin all trees that wait, with one call of the network. One that fails leaves the others alone."""
        waiting, self.waiting = self.waiting, []
        waiting = [tree for tree in waiting if tree.opening is not None]
        if not waiting:
            return
        try:
            self._open(waiting)
        except EvaluationError:
            for tree in waiting:
                try:
                    self._open([tree])
                except EvaluationError as error:
                    tree.failure = error
                    tree.opening = None

    def run(self, trees: Sequence[SharedTree], deadline: float) -> list[bool]:
        """Search some trees until their budgets are spent or the deadline, as of :func:`time.perf_counter`.

        Returns:
            Which trees have nothing more to search: their budgets are spent, or they failed.
        """
        slots = _integers([tree.slot for tree in trees])
        begin, before = perf_counter(), self.evaluator.runs
        try:
            all_spent = self.planner.run(deadline, slots)
            self.pace.note(len(trees), self.evaluator.runs - before, perf_counter() - begin)
            if all_spent:
                return [True] * len(trees)
        except EvaluationError:
            for tree in trees:
                try:
                    self.planner.run(deadline, [tree.slot])
                except EvaluationError as error:
                    tree.failure = error
        left = self.planner.forest.all_remaining(slots)
        return [remaining == 0 or tree.failure is not None for remaining, tree in zip(left, trees, strict=True)]

    def _open(self, trees: Sequence[SharedTree]) -> None:
        openings = [tree.opening for tree in trees if tree.opening is not None]
        one = len(openings) == 1
        self.planner.open(
            _integers([tree.slot for tree in trees]),
            openings[0].observation if one else np.concatenate([opening.observation for opening in openings]),
            legal=openings[0].legal if one else np.concatenate([opening.legal for opening in openings]),
            to_play=_integers([opening.to_play for opening in openings]),
            simulations=_integers([opening.simulations for opening in openings]),
            planned=_integers([opening.planned for opening in openings]),
        )
        prior = self.planner.root_prior(len(trees))
        for row, tree in enumerate(trees):
            tree.begun(prior[row : row + 1])


def _integers(numbers: list[int]) -> NDArray[np.int32]:
    return np.array(numbers, np.int32)


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
        """Seconds in networks."""
        return sum(evaluator.seconds for evaluator in self._evaluators.values())

    @property
    def network_runs(self) -> int:
        """Calls of networks."""
        return sum(evaluator.runs for evaluator in self._evaluators.values())

    def chunks(self) -> list[Chunk]:
        """All planners."""
        return [chunk for chunks in self._chunks.values() for chunk in chunks]

    def pace(self, agent: Agent) -> Pace:
        """Seconds of a simulation, measured once for each model."""
        return self._paces.setdefault(id(agent), Pace())

    def trim(self) -> bool:
        """Give back planners that were unused the last time too; returns whether there are any left.

        A planner refers to itself: its memory is free when Python has looked for that.
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
        """A tree of so many nodes.

        Raises:
            CapacityError: there is no memory for it.
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
