"""Trajectories through a pipe."""

from __future__ import annotations

import numpy as np
import pytest
from tests.unit.training.trajectories import record, spec

from myoshu.errors import TrainingError
from myoshu.training.memory.trajectory import pack_trajectories, unpack_trajectories


def test_trajectories_survive_the_pipe() -> None:
    rng = np.random.default_rng(2)
    game = spec(3, final=False)
    games = [record(rng, game, length, length) for length in (3, 1, 8)]
    packed = pack_trajectories(games)
    for before, after in zip(games, unpack_trajectories(packed), strict=True):
        for name, value in vars(before).items():
            other = getattr(after, name)
            assert type(other) is type(value)
            assert getattr(other, "dtype", None) == getattr(value, "dtype", None)
            np.testing.assert_array_equal(other, value)
    for damaged in (b"", packed[:-3], packed[:40], b"\x80", packed.replace(b"actions", b"actionz")):
        with pytest.raises(TrainingError, match="damaged bytes"):
            unpack_trajectories(damaged)
