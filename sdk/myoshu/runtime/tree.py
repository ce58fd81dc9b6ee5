"""One tree: what a session needs of it, wherever it lies and however it is searched."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, Unpack

import numpy as np
from numpy.typing import ArrayLike, NDArray

from myoshu.runtime.pace import Pace
from myoshu.search import RootOptions, SearchConfig, SearchResult

__all__ = ["Tree", "Trees"]


class Tree(Protocol):
    """A tree of one position, which belongs to one thread at a time.

    A slot of a planner is one kind, a slot of a planner that sessions share another; a new way to search is a new class
    with these methods.
    """

    @property
    def nodes(self) -> int:
        """The most nodes that it can have."""
        ...

    @property
    def nbytes(self) -> int:
        """Bytes of memory, or its share of shared memory."""
        ...

    @property
    def leaves(self) -> int:
        """How many leaves are evaluated together."""
        ...

    @property
    def remaining(self) -> int:
        """Simulations that the budget still allows."""
        ...

    def open(self, observation: NDArray[np.float32], *, to_play: int, **root: Unpack[RootOptions]) -> None:
        """Begin with a position; the previous tree is dropped.

        Args:
            observation: float32 [1, *observation], checked.
            to_play: the player to move.
            root: see :class:`myoshu.search.RootOptions`, for one search.

        Raises:
            EvaluationError: the network's answer is not finite.
            CapacityError: the budget does not fit.
        """
        ...

    def reuse(self, action: int, *, observation: ArrayLike | None = None, **root: Unpack[RootOptions]) -> int:
        """Keep what is known of the position after a real move: the subtree becomes the tree.

        Args:
            action: the action that was played at the root.
            observation: float32 [*observation]: what the player to move sees now.
            root: see :class:`myoshu.search.RootOptions`, for one search.

        Returns:
            The number of nodes kept; 0 if there is nothing to keep, and then nothing has changed.

        Raises:
            MyoshuError: as :meth:`open`; then nothing has changed.
        """
        ...

    def run(self, deadline: float | None = None, *, aside: bool = False) -> bool:
        """Search until the budget is spent, or until the deadline, as of :func:`time.perf_counter`.

        Args:
            deadline: none if not given.
            aside: whether to yield to other threads; see :meth:`Planner.run`.

        Returns:
            Whether the budget is spent.

        Raises:
            EvaluationError: the network's answer for a leaf is not sound; the tree is as it was before.
        """
        ...

    def result(self) -> SearchResult:
        """What the search found so far."""
        ...

    def root_prior(self) -> NDArray[np.float32]:
        """The network's own probabilities for the position, float32 [actions]."""
        ...

    def principal_variation(self, first: int) -> tuple[int, ...]:
        """The expected line of play from a root action on."""
        ...

    def wave(self) -> Callable[[], None]:
        """A function that makes one evaluation of :attr:`leaves` rows as the search does: for measuring its cost."""
        ...

    def release(self) -> None:
        """Free its memory; it must not be used any more."""
        ...


class Trees(Protocol):
    """A source of trees for sessions."""

    @property
    def pace(self) -> Pace:
        """How long an evaluation takes, as measured while thinking."""
        ...

    def take(self, config: SearchConfig, simulations: int, nodes: int) -> Tree:
        """A new tree.

        Args:
            config: how to search.
            simulations: the greatest budget.
            nodes: the least number of nodes for which it has room.

        Raises:
            CapacityError: there is not enough memory.
        """
        ...
