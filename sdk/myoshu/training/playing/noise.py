"""The noise of searches that are learned from."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from myoshu.search.config import Algorithm, SearchConfig

__all__ = ["root_noise"]


def root_noise(
    search: SearchConfig, legal: NDArray[np.bool_], rng: np.random.Generator
) -> dict[str, NDArray[np.float32]]:
    """Samples for the roots, as arguments of :meth:`myoshu.runtime.planner.Planner.open`.

    Args:
        search: the algorithm, which determines the kind of noise.
        legal: bool [n, actions]: the legal actions.
        rng: draws the noise.
    """
    if search.algorithm is Algorithm.GUMBEL:
        return {"gumbel": rng.gumbel(size=legal.shape).astype(np.float32)}
    gamma = rng.standard_gamma(search.dirichlet_alpha, legal.shape) * legal + 1e-12 * legal
    return {"noise": (gamma / gamma.sum(-1, keepdims=True)).astype(np.float32)}
