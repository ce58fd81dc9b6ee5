"""Memory: how much is in use and left; and freed memory kept, since training asks for the same arrays over and over."""

from __future__ import annotations

import ctypes
import sys
from pathlib import Path

from myoshu.cgroup import memory_left

__all__ = ["available_memory", "keep_freed_memory", "resident_megabytes"]

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
LARGE = 1 << 28


def keep_freed_memory() -> bool:
    """Have the C library keep what this process frees, up to 256 MiB, instead of returning it at once.

    Otherwise glibc takes arrays of 128 KiB and more from the system again each time, and a step of a small network
    spends a fifth of its time in page faults.

    Returns:
        Whether the C library supports that: on Linux with glibc.
    """
    if not sys.platform.startswith("linux"):
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return False
    return all(mallopt(parameter, LARGE) == 1 for parameter in (M_MMAP_THRESHOLD, M_TRIM_THRESHOLD))


def resident_megabytes() -> float:
    """Megabytes (10⁶ bytes) of memory that this process holds; NaN if the system has no ``/proc``."""
    try:
        for line in Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024 / 1e6
    except OSError:
        pass
    return float("nan")


def available_memory() -> int | None:
    """Bytes that may still be allocated: what the system and the process's control group have left; None if unknown."""
    left = [memory_left()]
    try:
        for line in Path("/proc/meminfo").read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith("MemAvailable:"):
                left.append(int(line.split()[1]) * 1024)
    except OSError:
        pass
    return min((amount for amount in left if amount is not None), default=None)
