"""The number of cores available."""

from __future__ import annotations

import math
import os

from myoshu.cgroup import cpu_quota

__all__ = ["available_cores"]


def available_cores() -> int:
    """How many cores this process may keep busy: at least 1.

    Those that it may run on, or the quota of its control group if that is less: a container with a limit of half a
    core on a machine of 64 has one.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota = cpu_quota()
    return cores if quota is None else max(1, min(cores, math.ceil(quota)))
