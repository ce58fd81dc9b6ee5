"""How a move is drawn rather than chosen."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from myoshu.runtime.tree import Tree
from myoshu.search import SearchResult

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
        actions = np.flatnonzero(legal)
        if self.slack < math.inf:
            worth = result.q[actions]
            actions = actions[(worth >= worth.max() - self.slack) | (actions == result.action)]
        with np.errstate(all="ignore"):  # a weight may be 0, by division or because it is too small
            shares = result.policy[actions].astype(np.float64)
            if self.mix > 0.0:
                prior = tree.root_prior().astype(np.float64)
                rest = max(float(prior[legal].sum()), 1e-30)
                shares = (1.0 - self.mix) * shares + self.mix * prior[actions] / rest
            if not shares.max() > 0.0:
                return result.action
            weights = np.exp(np.log(shares / shares.max()) / self.temperature)
            ends = np.cumsum(weights / weights.sum())
        return int(actions[min(int(np.searchsorted(ends, self.sample, side="right")), len(actions) - 1)])
