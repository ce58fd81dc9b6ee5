"""A planner that sessions share, and one session's tree in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import perf_counter
from typing import NamedTuple, Unpack, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from myoshu.errors import CapacityError, EvaluationError
from myoshu.runtime.planner import Planner
from myoshu.search import RootOptions, SearchConfig, SearchResult
from myoshu.server.pace import WavePace
from myoshu.server.timed_evaluator import TimedEvaluator

__all__ = ["Chunk", "Opening", "SharedTree"]


class Opening(NamedTuple):
    """A tree that waits to be opened together with others."""

    observation: NDArray[np.float32]
    """float32 [1, *observation]: what the player to move sees."""
    legal: NDArray[np.bool_]
    """bool [actions]: the legal actions."""
    to_play: int
    simulations: int
    planned: int


class SharedTree:
    """A :class:`myoshu.runtime.tree.Tree` in a slot of a planner that many sessions share.

    :meth:`open` only takes note: trees are begun together, with one call of the network, by :meth:`Chunk.flush`.

    Args:
        chunk: the chunk that the slot belongs to.
        slot: the slot's number in the planner.
        nodes: how many nodes a separate planner of the session would have. The slot has as many or more; trees are
            kept or dropped as if it had exactly these, so that a session plays the same moves in either.
    """

    def __init__(self, chunk: Chunk, slot: int, nodes: int) -> None:
        self.chunk = chunk
        """The chunk that the slot belongs to."""
        self.slot = slot
        """The slot's number in the planner."""
        self.nodes = nodes
        """See :class:`Tree`: as many as a separate planner would have."""
        self.opening: Opening | None = None
        """The opening that waits for :meth:`Chunk.flush`, if any."""
        self.failure: Exception | None = None
        """Why the tree could not be begun or searched."""
        self._prior: NDArray[np.float32] | None = None

    @property
    def nbytes(self) -> int:
        return self.chunk.planner.nbytes // self.chunk.planner.slots

    @property
    def leaves(self) -> int:
        return self.chunk.planner.config.leaves

    @property
    def remaining(self) -> int:
        if self.opening is not None:
            return self.opening.simulations
        return self.chunk.planner.forest.remaining(self.slot)

    def open(self, observation: NDArray[np.float32], *, to_play: int, **root: Unpack[RootOptions]) -> None:
        """See :class:`Tree`; the session has checked all arguments."""
        budget = cast(int, root["simulations"])
        if budget >= self.nodes:
            raise CapacityError(f"simulations: expected at most {self.nodes - 1}, got {budget}")
        self.failure = None
        self.opening = Opening(
            observation, np.asarray(root["legal"]), to_play, budget, cast(int, root.get("planned", budget))
        )
        self.chunk.waiting.append(self)

    def reuse(self, action: int, *, observation: ArrayLike | None = None, **root: Unpack[RootOptions]) -> int:
        planner, wanted = self.chunk.planner, cast(int, root.get("simulations", 0))
        self.failure = None
        kept = planner.reuse(self.slot, action, observation=observation, **root)
        if observation is not None:
            self._prior = planner.root_prior()[0]
        if kept + wanted > self.nodes:
            raise CapacityError(f"simulations: expected at most {self.nodes - kept}, got {wanted}")
        return kept

    def run(self, deadline: float | None = None, *, aside: bool = False) -> bool:
        """See :class:`Tree`; searches this tree alone, where :meth:`Chunk.run` searches many together."""
        self.chunk.flush()
        if self.failure is not None:
            raise self.failure
        return self.chunk.planner.run(deadline, [self.slot], aside=aside)

    def result(self) -> SearchResult:
        self.chunk.flush()
        if self.failure is not None:
            raise self.failure
        return self.chunk.planner.result(self.slot)

    def root_prior(self) -> NDArray[np.float32]:
        self.chunk.flush()
        assert self._prior is not None
        return self._prior

    def principal_variation(self, first: int) -> tuple[int, ...]:
        self.chunk.flush()
        return self.chunk.planner.forest.principal_variation(self.slot, first)

    def wave(self) -> Callable[[], None]:
        return self.chunk.planner.bound(self.leaves)

    def release(self) -> None:
        """See :class:`Tree`: the slot is freed."""
        self.chunk.release(self)

    def begun(self, prior: NDArray[np.float32]) -> None:
        """Take note that the tree was begun.

        Args:
            prior: float32 [actions], for its position.
        """
        self.opening = None
        self._prior = prior


class Chunk:
    """A planner that sessions share: its slots' owners, and the trees that wait to be opened.

    Args:
        evaluator: the network.
        config: how to search.
        slots: the number of trees.
        simulations: the simulations of one tree; it has twice the nodes, for what is kept between moves.
    """

    def __init__(self, evaluator: TimedEvaluator, config: SearchConfig, slots: int, simulations: int) -> None:
        self.evaluator = evaluator
        """The evaluator that runs the network."""
        self.planner = Planner(evaluator, config, slots=slots, simulations=simulations, nodes=2 * simulations + 1)
        """The planner that holds all trees."""
        self.waiting: list[SharedTree] = []
        """Trees to be opened."""
        self.pace = WavePace()
        """Seconds of one wave."""
        self.idle = False
        """Whether it was unused at the last check, and no slot was taken since."""
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
        """Free a tree's slot."""
        if tree in self.waiting:
            self.waiting.remove(tree)
        if self.planner.forest.is_open(tree.slot):
            self.planner.close(tree.slot)
        self._free.append(tree.slot)

    def flush(self) -> None:
        """Open all waiting trees, with one call of the network. A failure of one does not affect the others."""
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
            The trees that are done: their budgets are spent, or they failed.
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
            legal=np.stack([opening.legal for opening in openings]),
            to_play=_integers([opening.to_play for opening in openings]),
            simulations=_integers([opening.simulations for opening in openings]),
            planned=_integers([opening.planned for opening in openings]),
        )
        prior = self.planner.root_prior(len(trees))
        for row, tree in enumerate(trees):
            tree.begun(prior[row])


def _integers(numbers: list[int]) -> NDArray[np.int32]:
    return np.array(numbers, np.int32)
