"""Numbers that a caller gives."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from myoshu.checks import integer, interval, number, positive, whole
from myoshu.errors import ArgumentError, GameError, LimitError

NO_NUMBERS = [None, True, np.True_, "1", b"1", [1], math.nan]


@pytest.mark.parametrize("value", [5, np.int8(5), np.uint64(5)])
def test_integers_are_pythons_own(value: Any) -> None:
    assert whole(value) == 5
    found = integer("n", value, 5, 5)
    assert found == 5
    assert type(found) is int


@pytest.mark.parametrize("value", [*NO_NUMBERS, 5.0, np.float32(5), 4, 8, -(10**30)])
def test_what_is_no_integer_in_range_is_told(value: Any) -> None:
    with pytest.raises(ArgumentError) as caught:
        integer("n", value, 5, 7)
    assert str(caught.value) == f"n: expected an integer from 5 to 7, got {value!r}"


def test_an_integer_may_have_no_upper_end() -> None:
    assert integer("n", 10**30, 1) == 10**30
    with pytest.raises(GameError, match=r"^Nim\.most: expected an integer from 1, got 0$"):
        integer("Nim.most", 0, 1, error=GameError)


def test_only_pythons_own_where_the_value_stays() -> None:
    assert integer("n", 5, 1, 9, exact=True) == 5
    for value in (np.int64(5), True):
        with pytest.raises(ArgumentError, match=r"^n: expected an integer from 1 to 9, got"):
            integer("n", value, 1, 9, exact=True)


def test_what_came_is_cut() -> None:
    with pytest.raises(ArgumentError) as caught:
        integer("n", "x" * 1000, 1)
    assert len(str(caught.value)) < 120


@pytest.mark.parametrize("value", [1, 1.0, np.float32(1), np.int64(1)])
def test_numbers_are_pythons_own(value: Any) -> None:
    for found in (number("x", value, 0.0), number("x", value, 1.0, 1.0), positive("x", value)):
        assert found == 1.0
        assert type(found) is float


@pytest.mark.parametrize("value", [*NO_NUMBERS, -1e-9, 1.0001, math.inf, 10**400])
def test_what_is_no_number_in_range_is_told(value: Any) -> None:
    with pytest.raises(ArgumentError, match=r"^x: expected a number from 0 to 1, got "):
        number("x", value, 0.0, 1.0)


def test_a_number_is_finite_unless_its_upper_end_is_not() -> None:
    assert number("x", math.inf, 0.0, math.inf) == math.inf
    with pytest.raises(ArgumentError, match=r"^x: expected a number from 0, got inf$"):
        number("x", math.inf, 0.0)


@pytest.mark.parametrize("value", [*NO_NUMBERS, 0.0, -1, math.inf])
def test_what_is_not_above_0_is_told(value: Any) -> None:
    with pytest.raises(LimitError, match=r"^budget: expected seconds above 0, got "):
        positive("budget", value, "seconds", error=LimitError)


def test_an_interval_is_two_finite_numbers_in_order() -> None:
    assert interval("r", np.array([-1, 2])) == (-1.0, 2.0)
    assert math.copysign(1.0, interval("r", (-0.0, 1))[0]) == 1.0
    for value in (*NO_NUMBERS, (1,), (1, 2, 3), (1, 0), (0, math.inf), (math.nan, 1), "12", (False, True)):
        with pytest.raises(ArgumentError, match=r"^r: expected two finite numbers in order, as 0, 1, got "):
            interval("r", value, like="0, 1")
