"""Limits of control groups, read from a made-up system."""

from __future__ import annotations

from pathlib import Path

import pytest

from myoshu import cores
from myoshu.cgroup import cpu_quota, memory_left


def system(root: Path, groups: str, files: dict[str, str]) -> Path:
    for name, text in {
        "proc/self/cgroup": groups,
        **{f"sys/fs/cgroup/{path}": text for path, text in files.items()},
    }.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


@pytest.mark.parametrize(
    ("groups", "files", "quota"),
    [
        ("0::/a/b\n", {"a/b/cpu.max": "50000 100000\n"}, 0.5),
        ("0::/a/b\n", {"a/b/cpu.max": "max 100000\n", "a/cpu.max": "250000 100000\n"}, 2.5),
        ("0::/a/b\n", {"a/b/cpu.max": "max 100000\n", "a/cpu.max": "max 100000\n"}, None),
        ("0::/the/host's/path\n", {"cpu.max": "150000 100000\n"}, 1.5),
        (
            "4:cpu,cpuacct:/a\n0::/\n",
            {"cpu,cpuacct/a/cpu.cfs_quota_us": "50000\n", "cpu,cpuacct/a/cpu.cfs_period_us": "100000\n"},
            0.5,
        ),
        ("1:cpu:/\n", {"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, None),
        ("1:cpu:/a/b\n", {"cpu/a/cpu.cfs_quota_us": "30000\n", "cpu/a/cpu.cfs_period_us": "10000\n"}, 3.0),
        ("9:memory:/a\n", {}, None),
        ("nonsense\n", {"cpu.max": "1 1\n"}, None),
        ("0::/\n", {"cpu.max": "what is this\n"}, None),
        ("0::/\n", {"cpu.max": "100000 0\n"}, None),
    ],
)
def test_the_least_quota_of_time_on_the_way_up_counts(
    tmp_path: Path, groups: str, files: dict[str, str], quota: float | None
) -> None:
    assert cpu_quota(system(tmp_path, groups, files)) == quota


@pytest.mark.parametrize(
    ("groups", "files", "left"),
    [
        ("0::/a\n", {"a/memory.max": "1000\n", "a/memory.current": "400\n"}, 600),
        (
            "0::/a\n",
            {"a/memory.max": "1000\n", "a/memory.current": "400\n", "a/memory.stat": "anon 9\ninactive_file 150\n"},
            750,
        ),
        ("0::/a\n", {"a/memory.max": "max\n", "a/memory.current": "4\n"}, None),
        (
            "0::/a/b\n",
            {
                "a/b/memory.max": "1000\n",
                "a/b/memory.current": "4\n",
                "a/memory.max": "500\n",
                "a/memory.current": "499\n",
            },
            1,
        ),
        ("0::/a\n", {"a/memory.max": "1000\n", "a/memory.current": "1400\n"}, 0),
        (
            "4:memory:/a\n",
            {
                "memory/a/memory.limit_in_bytes": "1000\n",
                "memory/a/memory.usage_in_bytes": "10\n",
                "memory/a/memory.stat": "total_inactive_file 5\n",
            },
            995,
        ),
        (
            "4:memory:/a\n",
            {"memory/a/memory.limit_in_bytes": "9223372036854771712\n", "memory/a/memory.usage_in_bytes": "10\n"},
            None,
        ),
    ],
)
def test_what_is_left_of_the_memory(tmp_path: Path, groups: str, files: dict[str, str], left: int | None) -> None:
    assert memory_left(system(tmp_path, groups, files)) == left


def test_without_control_groups_there_is_no_limit(tmp_path: Path) -> None:
    assert cpu_quota(tmp_path) is None
    assert memory_left(tmp_path) is None


@pytest.mark.parametrize(("quota", "expected"), [(None, 8), (0.5, 1), (1.0, 1), (2.5, 3), (64.0, 8)])
def test_cores_are_those_that_the_quota_is_worth(
    monkeypatch: pytest.MonkeyPatch, quota: float | None, expected: int
) -> None:
    monkeypatch.setattr(cores.os, "sched_getaffinity", lambda process: set(range(8)), raising=False)
    monkeypatch.setattr(cores, "cpu_quota", lambda: quota)
    assert cores.available_cores() == expected


def test_cores_are_known_where_the_system_has_no_affinity(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(cores.os, "sched_getaffinity", raising=False)  # as on macOS and Windows
    monkeypatch.setattr(cores.os, "cpu_count", lambda: 6)
    monkeypatch.setattr(cores, "cpu_quota", lambda: None)
    assert cores.available_cores() == 6
