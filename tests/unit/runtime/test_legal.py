"""Legal actions, as ids or as a mask."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from myoshu.errors import LegalActionsError
from myoshu.runtime.legal import as_mask


@given(st.sets(st.integers(0, 8), min_size=1))
def test_ids_and_masks_say_the_same(legal: set[int]) -> None:
    mask = as_mask(9, list(legal))
    assert set(np.flatnonzero(mask)) == legal
    np.testing.assert_array_equal(as_mask(9, mask), mask)
    np.testing.assert_array_equal(as_mask(9, mask.tolist()), mask)
    np.testing.assert_array_equal(as_mask(9, np.array(sorted(legal), np.uint8)), mask)


def test_all_are_legal_where_nothing_is_said() -> None:
    assert as_mask(3, None).all()


def test_a_mask_is_copied() -> None:
    given = np.array([True, False])
    mask = as_mask(2, given)
    given[:] = False
    assert mask.any()


@pytest.mark.parametrize(
    ("legal", "message"),
    [
        ([], "at least one action, got none"),
        ([False] * 9, "at least one action, got none"),
        ([9], "from 0 to 8, got 9"),
        ([-1], "from 0 to 8, got -1"),
        ([3, 3], "each action once"),
        ([True, False], "a mask of 9, got one of 2"),
        ([1.0], "integers or booleans, got float64"),
        (["1"], "integers or booleans"),
        (3, "one dimension"),
        ([[1, 2]], "one dimension"),
        ([[1], [2, 3]], "actions or a mask"),
        ([1 << 70], "integers or booleans"),
        ([np.uint64(2**64 - 1)], "from 0 to 8"),
        ([None], "integers or booleans"),
    ],
)
def test_what_is_neither_is_refused(legal: Any, message: str) -> None:
    with pytest.raises(LegalActionsError, match=f"legal_actions: expected .*{message}"):
        as_mask(9, legal)
