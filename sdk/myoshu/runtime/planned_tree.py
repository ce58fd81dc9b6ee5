"""A tree in a separate planner."""

from __future__ import annotations

from collections.abc import Callable
from typing import Unpack

import numpy as np
from numpy.typing import ArrayLike, NDArray

from myoshu.runtime.evaluators.binding import Bindable
from myoshu.runtime.pace import Pace
from myoshu.runtime.planner import Planner
from myoshu.search import RootOptions, SearchConfig, SearchResult

__all__ = ["PlannedTree", "PlannedTrees"]

SLOT = 0
SLOTS = np.array([SLOT], np.int32)


class PlannedTree:
    """A :class:`myoshu.runtime.tree.Tree`: the only one of a planner.

    Args:
        planner: of one slot.
    """

    def __init__(self, planner: Planner) -> None:
        self._planner = planner
        self._forest = planner.forest

    @property
    def nodes(self) -> int:
        return self._planner.nodes

    @property
    def nbytes(self) -> int:
        return self._planner.nbytes

    @property
    def leaves(self) -> int:
        return self._planner.config.leaves

    @property
    def remaining(self) -> int:
        return self._forest.remaining(SLOT)

    def open(self, observation: NDArray[np.float32], *, to_play: int, **root: Unpack[RootOptions]) -> None:
        for name in ("legal", "noise", "gumbel"):
            if root.get(name) is not None:
                root[name] = np.asarray(root[name])[np.newaxis]
        self._planner.open(SLOTS, observation, to_play=to_play, **root)

    def reuse(self, action: int, *, observation: ArrayLike | None = None, **root: Unpack[RootOptions]) -> int:
        return self._planner.reuse(SLOT, action, observation=observation, **root)

    def run(self, deadline: float | None = None, *, aside: bool = False) -> bool:
        return self._planner.run(deadline, aside=aside)

    def result(self) -> SearchResult:
        return self._planner.result(SLOT)

    def root_prior(self) -> NDArray[np.float32]:
        prior: NDArray[np.float32] = self._planner.root_prior()[SLOT]
        return prior

    def principal_variation(self, first: int) -> tuple[int, ...]:
        return self._forest.principal_variation(SLOT, first)

    def wave(self) -> Callable[[], None]:
        return self._planner.bound(self.leaves)

    def release(self) -> None:
        """See :class:`Tree`: the memory goes with the planner."""


class PlannedTrees:
    """A :class:`myoshu.runtime.tree.Trees`: each tree in a separate planner.

    Args:
        evaluator: the network.
    """

    def __init__(self, evaluator: Bindable) -> None:
        self._evaluator = evaluator
        self.pace = Pace()
        """See :class:`Trees`."""

    def take(self, config: SearchConfig, simulations: int, nodes: int) -> PlannedTree:
        return PlannedTree(Planner(self._evaluator, config, simulations=simulations, nodes=nodes))
