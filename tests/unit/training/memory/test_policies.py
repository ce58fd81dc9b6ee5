"""Policies that are kept without their zeros must read as if they were kept with them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from myoshu.training.memory.policies import MANY, Policies, pack_legal, unpack_legal


def positions(
    rng: np.random.Generator, count: int, actions: int, most: int
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    legal = np.zeros((count, actions), np.bool_)
    for row in legal:
        row[rng.choice(actions, int(rng.integers(0, most + 1)), replace=False)] = True
    policies = np.where(legal, rng.random((count, actions)), 0.0).astype(np.float32)
    return policies, legal


@given(seed=st.integers(0, 1 << 30), actions=st.sampled_from([3, MANY, MANY + 1, 700]))
def test_what_is_written_is_read(seed: int, actions: int) -> None:
    rng = np.random.default_rng(seed)
    kept, plain = Policies((5, 7), actions), np.zeros((5, 7, actions), np.float32)
    masks = np.zeros((5, 7, actions), np.bool_)
    for _ in range(6):
        games, moves = rng.permutation(5)[:3], rng.integers(0, 7, 3)
        policies, legal = positions(rng, 3, actions, int(rng.integers(1, min(actions, 120) + 1)))
        kept.write((games, moves), policies, legal)
        plain[games, moves], masks[games, moves] = policies, legal
    everything = np.ix_(range(5), range(7))
    np.testing.assert_array_equal(kept.read(everything, masks), plain)
    other = Policies((5, 7), actions)
    other.load((slice(5), slice(7)), kept.array)
    np.testing.assert_array_equal(other.read(everything, masks), plain)
    np.testing.assert_array_equal(kept.grown((5, 9)).read(everything, masks), plain)


def test_many_actions_take_the_room_of_the_legal_ones() -> None:
    rng = np.random.default_rng(0)
    chess = Policies((1000,), 4674)
    policies, legal = positions(rng, 1000, 4674, 40)
    chess.write(np.arange(1000), policies, legal)
    assert chess.array.nbytes <= 1000 * 4 * 80
    assert Policies((1000,), 64).array.shape == (1000, 64)


def test_policies_of_another_game_are_not_loaded() -> None:
    with pytest.raises(ValueError, match="policies: expected 9 numbers a position, got 7"):
        Policies((4,), 9).load(slice(4), Policies((4,), 7).array)


@given(st.lists(st.booleans(), min_size=1, max_size=40))
def test_legal_actions_are_eight_to_a_byte(legal: list[bool]) -> None:
    mask = np.array([legal, legal[::-1]])
    packed = pack_legal(mask)
    assert packed.shape == (2, -(-len(legal) // 8))
    np.testing.assert_array_equal(unpack_legal(packed, len(legal)), mask)
