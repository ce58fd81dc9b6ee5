"""Checkpoints are whole or not there, and hold no pickle."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from myoshu.errors import TrainingError
from myoshu.training.checkpoint import read_checkpoint, write_checkpoint


def test_arrays_come_back_as_they_were(tmp_path: Path) -> None:
    sections = {
        "one": {"scalar": np.array(3.5), "integers": np.arange(5), "flags": np.zeros((3, 2, 2), np.float32)},
        "two": {"a.b.c": np.random.default_rng(0).normal(size=(2, 3, 4)).astype(np.float32), "none": np.zeros((0, 4))},
    }
    write_checkpoint(tmp_path / "c.npz", sections)
    read = read_checkpoint(tmp_path / "c.npz")
    assert {key: set(held) for key, held in read.items()} == {key: set(held) for key, held in sections.items()}
    for section, held in sections.items():
        for name, array in held.items():
            np.testing.assert_array_equal(read[section][name], array)
    assert [entry.name for entry in tmp_path.iterdir()] == ["c.npz"]


def test_a_failed_write_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "c.npz"
    write_checkpoint(path, {"run": {"step": np.array(1)}})
    with pytest.raises(ValueError, match="pickle"):
        write_checkpoint(path, {"run": {"step": np.array([object()])}})
    assert read_checkpoint(path)["run"]["step"] == 1
    assert [entry.name for entry in tmp_path.iterdir()] == ["c.npz"]
    with pytest.raises(TrainingError, match="expected to write a checkpoint"):
        write_checkpoint(tmp_path / "nowhere" / "c.npz", {"run": {"step": np.array(1)}})


def test_a_damaged_one_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "c.npz"
    with pytest.raises(TrainingError, match="no such file"):
        read_checkpoint(path)
    write_checkpoint(path, {"run": {"step": np.arange(1000)}})
    whole = path.read_bytes()
    for damaged in (b"", whole[: len(whole) // 2], whole[:-30], b"not a zip", whole[:100] + b"\xff" * 50 + whole[150:]):
        path.write_bytes(damaged)
        with pytest.raises(TrainingError, match="expected a checkpoint, got a damaged file"):
            read_checkpoint(path)


def test_a_pickle_is_never_loaded(tmp_path: Path) -> None:
    path = tmp_path / "c.npz"
    with path.open("wb") as file:
        np.savez(file, format=np.array(1), **{"run/step": np.array([{"a": 1}], object)})  # type: ignore[arg-type]
    with pytest.raises(TrainingError, match="damaged"):
        read_checkpoint(path)


def test_a_newer_format_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "c.npz"
    np.savez(path, format=np.array(2))
    with pytest.raises(TrainingError, match="expected checkpoint format 1, got 2"):
        read_checkpoint(path)
