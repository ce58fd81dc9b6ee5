"""A move drawn from what a search found, in plain Python: what the native core's :func:`draw_move` is held to."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from myoshu.search.elementary import exp, log
from myoshu.search.reference_random import pick

__all__ = ["draw_move"]


def draw_move(
    temperature: float,
    mix: float,
    slack: float,
    legal: Sequence[bool],
    policy: Sequence[float],
    prior: Sequence[float],
    q: Sequence[float],
    action: int,
    sample: float,
) -> int:
    """A legal action: how a level of strength plays worse than it could.

    Those whose Q is less than the best by no more than the slack, and the search's own, are drawn in proportion to
    share^(1 / temperature), where a share is ``mix`` of the prior and the rest of the policy.

    Args:
        temperature: above 0.
        mix: from 0 to 1.
        slack: in the game's units; infinity for any.
        legal: [actions], one of them at least.
        policy: [actions], the search's.
        prior: [actions], the network's.
        q: [actions].
        action: what the search itself would play, and what is played where every share is 0.
        sample: in [0, 1): decides which.
    """
    there = [index for index, allowed in enumerate(legal) if allowed]
    best = max(q[index] for index in there)
    mass = 0.0
    for index in there:
        mass += prior[index]
    shares = [0.0] * len(legal)
    for index in there:
        if q[index] >= best - slack or index == action:
            shares[index] = (1.0 - mix) * policy[index] + mix * (prior[index] / max(mass, 1e-30))
    greatest = max(shares)
    if greatest <= 0.0:
        return action
    ratios = [share / greatest for share in shares]
    weights = [0.0 if ratio < sys.float_info.min else exp(log(ratio) / temperature) for ratio in ratios]
    return pick(weights, sample)
