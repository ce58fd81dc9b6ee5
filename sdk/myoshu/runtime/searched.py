"""One search that a tree came of."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from myoshu.errors import CapacityError
from myoshu.runtime.session_state import Search, observation_of
from myoshu.runtime.tree import Tree
from myoshu.spec import ModelSpec

__all__ = ["Searched"]


class Searched(NamedTuple):
    """One search: how its tree was begun, and how far it came."""

    observation: NDArray[np.float32]
    """float32 [1, *observation], checked."""
    legal: NDArray[np.bool_]
    """bool [actions]."""
    to_play: int
    """The player to move."""
    moves: list[int]
    """From the root of the search before, whose tree it went on with; none where it began afresh."""
    budget: int
    """Simulations it was opened for."""
    planned: int
    """What sequential halving was laid out for."""
    made: int = 0
    """Simulations made, once that is known."""

    @staticmethod
    def of(search: Search, model: ModelSpec) -> Searched:
        """What was saved of a search.

        Raises:
            ArgumentError: its observation is of another size, or not finite.
        """
        return Searched(
            observation_of(search.observation, model),
            np.frombuffer(search.legal, np.bool_).copy(),
            search.to_play,
            search.moves,
            search.budget,
            search.planned,
            search.made,
        )

    def saved(self) -> Search:
        """The search as data."""
        return Search(
            observation=self.observation.astype("<f4").tobytes(),
            legal=self.legal.tobytes(),
            to_play=self.to_play,
            moves=self.moves,
            budget=self.budget,
            planned=self.planned,
            made=self.made,
        )

    def open(self, tree: Tree, simulations: int) -> None:
        """Begin a tree with the position; errors as :meth:`Tree.open`."""
        tree.open(
            self.observation, legal=self.legal, to_play=self.to_play, simulations=simulations, planned=self.planned
        )

    def follow(self, tree: Tree, simulations: int) -> bool:
        """Let the subtree under the moves become the tree, if there is one and it fits."""
        try:
            for action in self.moves[:-1]:
                if not tree.reuse(action, simulations=0):
                    return False
            kept = tree.reuse(
                self.moves[-1],
                observation=self.observation[0],
                legal=self.legal,
                simulations=simulations,
                planned=self.planned,
            )
        except CapacityError:
            return False
        return kept > 0
