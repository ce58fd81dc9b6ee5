"""Freed memory kept for reuse: training frees and asks for the same arrays over and over."""

from __future__ import annotations

import ctypes
import sys

__all__ = ["keep_freed_memory"]

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
LARGE = 1 << 28


def keep_freed_memory() -> bool:
    """Have the C library keep what this process frees, up to 256 MiB, instead of giving it back at once.

    Otherwise glibc takes arrays of 128 KiB and more from the system anew each time, and a step of a small network
    spends a fifth of its time in page faults.

    Returns:
        Whether the C library could be told so: on Linux with glibc.
    """
    if not sys.platform.startswith("linux"):
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return False
    return all(mallopt(parameter, LARGE) == 1 for parameter in (M_MMAP_THRESHOLD, M_TRIM_THRESHOLD))
