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


@given(st.lists(st.booleans(), min_size=3, max_size=9).filter(any), st.sampled_from([np.int8, np.uint8, np.int64]))
def test_a_mask_may_be_of_integers(legal: list[bool], dtype: Any) -> None:
    """As many integers as there are actions, none above 1, are no list: it would name an action twice."""
    for mask in (np.array(legal, dtype), list(map(int, legal))):
        np.testing.assert_array_equal(as_mask(len(legal), mask), legal)


@pytest.mark.parametrize("mask", [[1, 0], [0, 1], [1, 1]])
@pytest.mark.parametrize("dtype", [np.int8, np.uint8])
def test_a_mask_of_two_bytes_is_one(mask: list[int], dtype: Any) -> None:
    np.testing.assert_array_equal(as_mask(2, np.array(mask, dtype)), np.array(mask, bool))


def test_two_integers_that_may_be_either() -> None:
    """[0, 1] is how a game of two actions says that both are legal; nobody says so the other way round."""
    assert as_mask(2, [0, 1]).all()
    assert as_mask(2, np.array([1, 0])).all()  # wide integers: a list made by NumPy
    for either in ([1, 0], (1, 0)):
        with pytest.raises(
            LegalActionsError, match=r"expected .* a mask of booleans, got .*: did you mean a bool mask\?"
        ):
            as_mask(2, either)
    assert as_mask(1, np.array([0], np.int8)).all()
    for none in ([0, 0], np.zeros(2, np.int8), np.zeros(9, np.int64)):
        with pytest.raises(LegalActionsError, match="at least one action"):
            as_mask(len(none), none)


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
        ([3, 3], "each action once, got one twice$"),
        ([1, 0, 0, 1, 0], r"each action once, got one twice: did you mean a bool mask\?"),
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
