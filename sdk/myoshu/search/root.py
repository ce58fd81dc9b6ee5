"""A caller's options for a search, defined once: the keywords of every call that begins one."""

from __future__ import annotations

from typing import TypedDict

import numpy as np
from numpy.typing import ArrayLike

from myoshu.search import _core
from myoshu.search.arrays import as_booleans, as_floats, as_integers

__all__ = ["RootOptions", "core_options"]


class RootOptions(TypedDict, total=False):
    """Keywords of :meth:`Forest.open <myoshu.search.Forest.open>` and of everything that begins a search through it.

    With K actions in the root's set: one search takes arrays [K] and numbers; n at once take [n, K], and [n] or one
    number for all.
    """

    legal: ArrayLike | None
    """bool [K]; all if not given."""
    noise: ArrayLike | None
    """float32 [K]: a sample of the Dirichlet distribution, of which the prior takes ``config.dirichlet_fraction``
    (PUCT)."""
    gumbel: ArrayLike | None
    """float32 [K]: samples of the standard Gumbel distribution (Gumbel MuZero); 0 if not given."""
    simulations: ArrayLike | None
    """The tree's budget of new simulations; ``config.simulations`` if not given."""
    planned: ArrayLike | None
    """The number of simulations for which sequential halving is planned; the budget if not given."""


def core_options(
    shape: tuple[int, ...],
    default: int,
    *,
    legal: ArrayLike | None = None,
    noise: ArrayLike | None = None,
    gumbel: ArrayLike | None = None,
    simulations: ArrayLike | None = None,
    planned: ArrayLike | None = None,
) -> _core.RootOptions:
    """:class:`RootOptions` as the core takes them.

    Args:
        shape: [K] for one search, [n, K] for n.
        default: the budget if none is given.
        legal: see :class:`RootOptions`, like all that follow.
        noise: likewise.
        gumbel: likewise.
        simulations: likewise.
        planned: likewise.

    Raises:
        ArgumentError: an option has the wrong shape or type.
    """
    count = shape[:-1] or (1,)
    given = default if simulations is None else simulations
    budget = as_integers("simulations", given, count)
    if planned is not None:
        layout = as_integers("planned", planned, count)
    else:
        layout = budget if isinstance(given, int) and given > 0 else np.maximum(budget, 1)
    return _core.RootOptions(
        budget,
        layout,
        None if legal is None else as_booleans("legal", legal, shape),
        None if noise is None else as_floats("noise", noise, shape),
        None if gumbel is None else as_floats("gumbel", gumbel, shape),
    )
