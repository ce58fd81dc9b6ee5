"""Whose turn it is may be uncertain: from whose side values are learned then."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from myoshu.training.objectives.perspective import as_expected


def test_where_chance_moves_values_are_seen_from_whom_the_network_expects() -> None:
    """One in six throws passes the turn; the first player will win for certain: worth 1 to it, −1 to the other."""
    passed = np.array([[0], [0], [0], [0], [0], [1]])
    batch = SimpleBatch(
        turns=passed,
        values=np.stack([np.ones((6, 1)), np.where(passed == 1, -1.0, 1.0)], 1).astype(np.float32),
        rewards=np.full((6, 1, 1), 0.5, np.float32),
    )
    stays = [{"mover": torch.tensor([[2.0, -2.0]]).expand(6, 2)}]
    seen = as_expected(batch, stays, 2)  # type: ignore[arg-type]  # a batch of which only this is read
    assert batch.values[:, 1].mean() == pytest.approx(2 / 3)
    assert seen.values[:, 1].mean() == 1.0
    np.testing.assert_array_equal(seen.values[:, 0], batch.values[:, 0])
    np.testing.assert_array_equal(seen.rewards, batch.rewards)  # the actor of the first move is known


def test_columns_of_several_players_turn_with_the_mover() -> None:
    values = np.arange(2 * 3 * 3, dtype=np.float32).reshape(2, 3, 3)
    rewards = values[:, :2] + 100
    batch = SimpleBatch(turns=np.array([[1, 1], [2, 0]]), values=values, rewards=rewards)
    said = [{"mover": torch.eye(3)[[1, 0]]}, {"mover": torch.eye(3)[[2, 0]]}]
    seen = as_expected(batch, said, 3)  # type: ignore[arg-type]  # likewise
    # whom the network expects, minus who moved: [0, 0, 1] and [0, −2, −2] seats
    np.testing.assert_array_equal(seen.values[0], [values[0, 0], values[0, 1], np.roll(values[0, 2], -1)])
    np.testing.assert_array_equal(seen.values[1], [values[1, 0], np.roll(values[1, 1], 2), np.roll(values[1, 2], 2)])
    np.testing.assert_array_equal(seen.rewards[1], [rewards[1, 0], np.roll(rewards[1, 1], 2)])
    nothing = SimpleBatch(turns=batch.turns, values=values, rewards=np.zeros((2, 2, 0), np.float32))
    assert as_expected(nothing, said, 3).rewards.shape == (2, 2, 0)  # type: ignore[arg-type]  # likewise


@dataclass(frozen=True)
class SimpleBatch:
    turns: NDArray[np.int64]
    values: NDArray[np.float32]
    rewards: NDArray[np.float32]
