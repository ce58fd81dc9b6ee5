"""How a move is drawn rather than chosen."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from myoshu.runtime.tree import Tree
from myoshu.search import SearchResult, _core

__all__ = ["Draw"]


class Draw(NamedTuple):
    """A legal action with probability in proportion to policy^(1 / temperature), if it is not much too bad."""

    temperature: float
    """More than 0."""
    mix: float
    """The network's own prior's share of the policy that moves are sampled from; the search's has the rest."""
    slack: float
    """How much less than the best a sampled move may be worth in the search's eyes, in the game's units."""
    sample: float
    """In [0, 1): decides which."""

    def action(self, result: SearchResult, legal: NDArray[np.bool_], tree: Tree) -> int:
        """The action.

        Args:
            result: what a search found.
            legal: bool [actions].
            tree: what was searched.
        """
        prior = tree.root_prior() if self.mix > 0.0 else result.policy  # else it is not looked at
        return _core.draw_move(
            self.temperature,
            self.mix,
            self.slack,
            legal,
            result.policy,
            prior,
            result.q,
            result.action,
            self.sample,
        )
