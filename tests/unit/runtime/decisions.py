"""What sessions are shown in these tests, and whether they decided alike."""

from __future__ import annotations

import numpy as np

from myoshu.runtime.decision import Decision
from myoshu.runtime.limit import Limit
from myoshu.search import Algorithm, SearchConfig

OBSERVATION = np.random.default_rng(0).standard_normal(27)
LATER = np.random.default_rng(1).standard_normal(27)
"""What is seen after a move."""

QUICK = Limit(simulations=20)
PUCT = SearchConfig(algorithm=Algorithm.PUCT, simulations=20)


def same(one: Decision, other: Decision) -> bool:
    return (
        one.action == other.action
        and one.policy.tobytes() == other.policy.tobytes()
        and one.visits.tobytes() == other.visits.tobytes()
        and one.values.tobytes() == other.values.tobytes()
        and one.principal_variation == other.principal_variation
    )
