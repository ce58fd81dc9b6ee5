"""The results of searches."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

__all__ = ["SearchResult", "SearchResults"]


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class SearchResult:
    """The result of the search of one tree.

    Arrays with one element per action are indexed by action, K being the number of actions; for a root with its own
    action set they follow ``actions``, and K is its length.
    """

    visits: NDArray[np.int32]
    """int32 [K]: visits of each root action, including those kept from an earlier search; 0 where illegal."""
    q: NDArray[np.float32]
    """float32 [K]: r + γ·v(s') of each root action for the player to move. Actions without visits have the root's mixed
    value (Danihelka et al. 2022, eq. 33), the best available guess; at a chance root all are 0."""
    policy: NDArray[np.float32]
    """float32 [K], sums to 1: the improved policy. Gumbel MuZero: softmax(logits + σ(completed Q)) (eq. 11); PUCT: each
    action's share of the visits (MuZero, Appendix B), or the prior before the first visit. 0 where an action
    is not legal."""
    value: NDArray[np.float32]
    """float32 [players]: the root's mean return for each player."""
    action: int
    """The action that the search would play. PUCT: the most visited; Gumbel MuZero: of the actions most visited in this
    search, the one with the greatest gumbel + logit + σ(Q). The lowest action among equals."""
    principal_variation: tuple[int, ...]
    """``action``, then the most visited action of each node on the way down, including chance outcomes."""
    simulations: int
    """Simulations made since the tree was opened or rerooted."""
    actions: NDArray[np.int32] | None = None
    """int32 [K], ascending: the legal actions of the root's own action set, if it has one."""


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class SearchResults:
    """The results of the searches of n trees: :class:`SearchResult` with a first axis of n."""

    visits: NDArray[np.int32]
    """int32 [n, actions]."""
    q: NDArray[np.float32]
    """float32 [n, actions]."""
    policy: NDArray[np.float32]
    """float32 [n, actions]."""
    value: NDArray[np.float32]
    """float32 [n, players]."""
    action: NDArray[np.int64]
    """int64 [n]."""
    simulations: NDArray[np.int32]
    """int32 [n]."""

    def rows(self, principal_variations: Iterable[tuple[int, ...]]) -> Iterator[SearchResult]:
        """The result of each search; its arrays are views of these.

        Args:
            principal_variations: the n lines of play, which are not kept here.
        """
        columns = self.visits, self.q, self.policy, self.value, self.action.tolist(), principal_variations
        return map(SearchResult, *columns, self.simulations.tolist())
