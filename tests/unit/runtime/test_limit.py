"""Limits allow something, or are no limits."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from myoshu.errors import LimitError
from myoshu.runtime.limit import Limit


def test_limits_are_kept_as_given() -> None:
    limit = Limit(time=2, simulations=np.int64(7))  # type: ignore[arg-type]  # any integer will do
    assert limit == Limit(time=2.0, simulations=7)
    assert type(limit.time) is float
    assert type(limit.simulations) is int


@pytest.mark.parametrize("time", [0, 0.0, -1, math.nan, math.inf, "1", True, b"1", [], 10**400])
def test_a_time_that_allows_nothing_is_refused(time: Any) -> None:
    with pytest.raises(LimitError, match=r"limit\.time: expected seconds above 0, got"):
        Limit(time=time)


@pytest.mark.parametrize("simulations", [0, -1, 1.5, True, "3", math.nan])
def test_simulations_that_allow_nothing_are_refused(simulations: Any) -> None:
    with pytest.raises(LimitError, match=r"limit\.simulations: expected an integer from 1, got"):
        Limit(simulations=simulations)


def test_no_limit_is_none() -> None:
    with pytest.raises(LimitError, match="got neither"):
        Limit()
