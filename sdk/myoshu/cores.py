"""How many cores there are to compute on."""

from __future__ import annotations

import math
import os

from myoshu.cgroup import cpu_quota

__all__ = ["available_cores"]


def available_cores() -> int:
    """How many cores this process may keep busy: at least 1.

    Those it may run on, or as many as the quota of its control group is worth if that is fewer: a container that is
    given half a core's time on a machine of 64 has one.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota = cpu_quota()
    return cores if quota is None else max(1, min(cores, math.ceil(quota)))
