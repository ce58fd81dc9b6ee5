"""Masks of legal actions as bits."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from myoshu.protocol import pack_masks, unpack_masks


@given(st.integers(1, 40), st.integers(1, 5), st.randoms(use_true_random=False))
def test_masks_come_back(actions: int, rows: int, random: Any) -> None:
    masks = np.array([[random.random() < 0.5 for _ in range(actions)] for _ in range(rows)])
    assert (unpack_masks(pack_masks(masks), rows, actions) == masks).all()


def test_masks_of_the_wrong_size_or_with_unused_bits_are_refused() -> None:
    with pytest.raises(ValueError, match="expected 2 bytes"):
        unpack_masks(b"\xff", 1, 9)
    with pytest.raises(ValueError, match="expected the bits from 9 on to be 0"):
        unpack_masks(b"\xff\x03", 1, 9)


def test_bit_order_is_the_least_significant_first() -> None:
    assert pack_masks(np.array([True, False, False, False, False, False, False, False, True])) == b"\x01\x01"
