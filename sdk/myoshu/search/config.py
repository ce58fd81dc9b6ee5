"""The settings of a search: one frozen value, written into bundles."""

from __future__ import annotations

import enum

import msgspec

from myoshu.checks import integer, interval, number
from myoshu.errors import ArgumentError

__all__ = ["Algorithm", "Normalization", "SearchConfig"]


class Algorithm(enum.StrEnum):
    """Which published search is run."""

    PUCT = "puct"
    """MuZero (Schrittwieser et al. 2020, Appendix B)."""
    GUMBEL = "gumbel"
    """Gumbel MuZero (Danihelka et al. 2022)."""


class Normalization(enum.StrEnum):
    """How Q values are brought to a common scale before they meet the prior."""

    TREE = "tree"
    """By the least and greatest Q found anywhere in the tree so far (MuZero, eq. 5)."""
    NODE = "node"
    """By the least and greatest at the node itself: its value and its visited children's Q (PUCT), or its completed
    Q values (Gumbel MuZero), as in the mctx library."""
    RANGE = "range"
    """By a fixed interval, ``value_range``."""
    NONE = "none"
    """No scaling: Q values are used as they are."""


class SearchConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The settings of a search. Everything random (noise) is passed to the search, not drawn by it."""

    algorithm: Algorithm = Algorithm.GUMBEL
    """Which published search is run."""
    simulations: int = 50
    """Simulations of a move if no limit is given."""
    discount: float = 1.0
    """γ: what a reward one step later is worth, in [0, 1]."""
    normalization: Normalization = Normalization.NODE
    """How Q values are scaled."""
    value_range: tuple[float, float] = (-1.0, 1.0)
    """The interval of Q for :attr:`Normalization.RANGE`."""
    c1: float = 1.25
    """PUCT: weight of the prior (MuZero, eq. 2)."""
    c2: float = 19652.0
    """PUCT: visits at which the prior's weight begins to grow (MuZero, eq. 2)."""
    dirichlet_alpha: float = 0.3
    """PUCT in self-play: concentration of the noise at the root."""
    dirichlet_fraction: float = 0.25
    """PUCT: share of the noise in the root's prior, where noise is given."""
    root_counts: bool = True
    """Whether the root's own evaluation is its first visit (mctx), or the root begins unvisited (MuZero's
    pseudocode)."""
    considered_actions: int = 16
    """Gumbel: m, how many root actions sequential halving begins with."""
    c_visit: float = 50.0
    """Gumbel: σ(q) = (c_visit + max_b N(b)) · c_scale · q (Danihelka et al., eq. 8)."""
    c_scale: float = 1.0
    """Gumbel: see ``c_visit``."""
    max_depth: int = 128
    """How many moves ahead a simulation goes at most. One that comes to a position at this depth backs that position's
    own value up again: beyond it, a learned model has long ceased to be right."""
    leaves: int = 1
    """Leaves of one tree that are evaluated together; above 1, virtual losses keep them apart."""
    virtual_loss: float = 1.0
    """How much worse a pending visit counts than the action's other visits, for the player who chose it: in units
    of the normalised Q. Removed once the leaf is evaluated."""

    def __post_init__(self) -> None:
        integer("simulations", self.simulations, 1, 1 << 30, exact=True)
        number("discount", self.discount, 0.0, 1.0)
        low, high = interval("value_range", self.value_range)
        if low == high:
            raise ArgumentError(f"value_range: expected two different numbers, got {self.value_range!r}")
        number("c1", self.c1, 0.0)
        number("c2", self.c2, 1.0)
        number("dirichlet_alpha", self.dirichlet_alpha, 1e-6)
        number("dirichlet_fraction", self.dirichlet_fraction, 0.0, 1.0)
        integer("considered_actions", self.considered_actions, 1, 1 << 20, exact=True)
        number("c_visit", self.c_visit, 0.0)
        number("c_scale", self.c_scale, 0.0)
        integer("max_depth", self.max_depth, 1, 1 << 30, exact=True)
        integer("leaves", self.leaves, 1, 1 << 16, exact=True)
        number("virtual_loss", self.virtual_loss, 0.0)
