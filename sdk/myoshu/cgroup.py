"""What a Linux control group (a container's, a batch system's) allows this process: read from files, without any state.

Both kinds are read: version 2 (one tree, ``cpu.max``, ``memory.max``) and version 1 (a tree for each controller). A
limit of a group holds for all below it, so the least on the way up to the root counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

__all__ = ["cpu_quota", "memory_left"]

UNLIMITED = 1 << 60
"""Version 1 writes "no limit" of memory as a number about as large as there is."""


def cpu_quota(root: Path = Path("/")) -> float | None:
    """The CPU limit of this process, in cores, such as 0.5; None without a limit.

    Args:
        root: the folder that holds ``proc`` and ``sys``.
    """
    quotas = []
    for folder in _folders(root, "cpu"):
        both = _words(folder / "cpu.max")
        if both is None:
            quota, period = _words(folder / "cpu.cfs_quota_us"), _words(folder / "cpu.cfs_period_us")
            both = None if quota is None or period is None else quota + period
        if both is not None and len(both) == 2 and both[0].isdecimal() and both[1].isdecimal() and int(both[1]):
            quotas.append(int(both[0]) / int(both[1]))
    return min((quota for quota in quotas if quota > 0), default=None)


def memory_left(root: Path = Path("/")) -> int | None:
    """The bytes that this process and its children may still take before a limit is reached; None without a limit.

    The kernel's reclaimable file cache counts as free.

    Args:
        root: the folder that holds ``proc`` and ``sys``.
    """
    left = []
    for folder in _folders(root, "memory"):
        for most, used, cached in (
            ("memory.max", "memory.current", "inactive_file"),
            ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
        ):
            limit, usage = _words(folder / most), _words(folder / used)
            if not limit or not usage or not limit[0].isdecimal() or not usage[0].isdecimal():
                continue
            if int(limit[0]) < UNLIMITED:
                left.append(max(0, int(limit[0]) - int(usage[0]) + _statistic(folder / "memory.stat", cached)))
    return min(left, default=None)


def _folders(root: Path, controller: str) -> Iterator[Path]:
    """The folders of this process's groups for a controller, each with all above it."""
    for line in _lines(root / "proc/self/cgroup"):
        number, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        names = controllers.split(",")
        if number == "0" and not controllers:
            top = root / "sys/fs/cgroup"
        elif controller in names:
            top = _mounted(root, controllers, controller)
        else:
            continue
        group = top / path.lstrip("/")
        # In a container the path is the host's, but the group itself is mounted.
        yield from (group, *[folder for folder in group.parents if folder == top or top in folder.parents])


def _mounted(root: Path, controllers: str, controller: str) -> Path:
    """The tree of a version 1 controller, which may be mounted together with others."""
    top = root / "sys/fs/cgroup"
    return next((top / name for name in (controllers, controller) if (top / name).is_dir()), top / controller)


def _statistic(path: Path, name: str) -> int:
    for line in _lines(path):
        words = line.split()
        if len(words) == 2 and words[0] == name and words[1].isdecimal():
            return int(words[1])
    return 0


def _words(path: Path) -> list[str] | None:
    lines = _lines(path)
    return lines[0].split() if lines else None


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:  # another system, or a missing file
        return []
