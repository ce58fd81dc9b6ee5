"""One session's tree among many in a planner that sessions share."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from myoshu.errors import CapacityError
from myoshu.runtime.planner import Planner
from myoshu.search import SearchResult

if TYPE_CHECKING:
    from myoshu.server.pool import Chunk

__all__ = ["Opening", "SharedTree"]


class Opening:
    """A tree that waits to be begun together with others: float32 [1, *observation], bool [1, actions]."""

    __slots__ = ("legal", "observation", "planned", "simulations", "to_play")

    def __init__(
        self, observation: NDArray[Any], legal: NDArray[np.bool_], to_play: int, simulations: int, planned: int
    ) -> None:
        self.observation = observation
        self.legal = legal
        self.to_play = to_play
        self.simulations = simulations
        self.planned = planned


class _SharedForest:
    """What a session asks of a forest, for its own tree."""

    def __init__(self, tree: SharedTree) -> None:
        self._tree = tree

    def remaining(self, slot: int) -> int:
        """Simulations that the tree's budget still allows."""
        return self._tree.remaining

    def principal_variation(self, slot: int, first: int | None = None) -> tuple[int, ...]:
        """See :meth:`myoshu.search.Forest.principal_variation`."""
        self._tree.chunk.flush()
        return self._tree.chunk.planner.forest.principal_variation(self._tree.slot, first)


class SharedTree(Planner):
    """A planner of one slot, as a session sees it; in truth a slot of a planner that many sessions share.

    :meth:`open` only takes note: trees are begun together, with one call of the network, by :meth:`Chunk.flush`.

    Args:
        chunk: whose slot it is.
        slot: which.
        nodes: how many nodes a planner of the session's own would have. The slot has as many or more; trees are kept
            or begun anew as if it had exactly these, so that a session plays the same moves in either.
    """

    def __init__(self, chunk: Chunk, slot: int, nodes: int) -> None:
        self.chunk = chunk
        self.slot = slot
        self.evaluator = chunk.planner.evaluator
        self.config = chunk.planner.config
        self.simulations = chunk.planner.simulations
        self.forest = _SharedForest(self)  # type: ignore[assignment]  # as much of one as a session uses
        self.opening: Opening | None = None
        """What waits for :meth:`Chunk.flush`."""
        self.failure: Exception | None = None
        """Why the tree could not be begun or searched."""
        self._nodes = nodes
        self._prior: NDArray[np.float32] | None = None

    @property
    def slots(self) -> int:
        """One."""
        return 1

    @property
    def nodes(self) -> int:
        """How many nodes the session may believe it has."""
        return self._nodes

    @property
    def nbytes(self) -> int:
        """Its share of the memory."""
        return self.chunk.planner.nbytes // self.chunk.planner.slots

    @property
    def remaining(self) -> int:
        """Simulations that the budget still allows."""
        if self.opening is not None:
            return self.opening.simulations
        return self.chunk.planner.forest.remaining(self.slot)

    def open(
        self,
        slots: ArrayLike,
        observations: ArrayLike,
        *,
        legal: ArrayLike | None = None,
        to_play: ArrayLike | int = 0,
        noise: ArrayLike | None = None,
        gumbel: ArrayLike | None = None,
        simulations: ArrayLike | int | None = None,
        planned: ArrayLike | int | None = None,
    ) -> None:
        """Take note of a tree to be begun; the session has checked all that is given."""
        assert isinstance(to_play, int)
        assert isinstance(simulations, int)
        budget = simulations
        if budget >= self.nodes:
            raise CapacityError(f"simulations: expected at most {self.nodes - 1}, got {budget}")
        self.failure = None
        self.opening = Opening(
            np.asarray(observations),
            np.asarray(legal),
            to_play,
            budget,
            planned if isinstance(planned, int) else budget,
        )
        self.chunk.waiting.append(self)

    def reuse(
        self,
        slot: int,
        action: int,
        *,
        observation: ArrayLike | None = None,
        legal: ArrayLike | None = None,
        noise: ArrayLike | None = None,
        gumbel: ArrayLike | None = None,
        simulations: int | None = None,
        planned: int | None = None,
    ) -> int:
        """See :meth:`Planner.reuse`."""
        planner = self.chunk.planner
        self.failure = None
        kept = planner.reuse(
            self.slot, action, observation=observation, legal=legal, noise=noise, gumbel=gumbel,
            simulations=simulations, planned=planned,
        )  # fmt: skip
        if observation is not None:
            self._prior = planner.root_prior()
        if kept + (simulations or 0) > self._nodes:
            raise CapacityError(f"simulations: expected at most {self._nodes - kept}, got {simulations}")
        return kept

    def result(self, slot: int = 0) -> SearchResult:
        """What the search found so far."""
        self.chunk.flush()
        if self.failure is not None:
            raise self.failure
        return self.chunk.planner.result(self.slot)

    def root_prior(self, rows: int = 1) -> NDArray[np.float32]:
        """The network's own probabilities for the tree's observation."""
        self.chunk.flush()
        assert self._prior is not None
        return self._prior

    def begun(self, prior: NDArray[np.float32]) -> None:
        """Take note that the tree was begun; its prior, float32 [1, actions]."""
        self.opening = None
        self._prior = prior

    def bound(self, rows: int) -> Callable[[], None]:
        """See :meth:`Planner.bound`."""
        return self.chunk.planner.bound(rows)

    def release(self) -> None:
        """Give the slot back."""
        self.chunk.release(self)
