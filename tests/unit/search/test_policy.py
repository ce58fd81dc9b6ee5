from __future__ import annotations

import numpy as np
import pytest

from myoshu.errors import ArgumentError
from myoshu.search import visit_policy


def test_temperature_sharpens_and_flattens() -> None:
    np.testing.assert_allclose(visit_policy([1, 3, 0], 1.0), [0.25, 0.75, 0])
    np.testing.assert_allclose(visit_policy([1, 3, 0], 0.5), [0.1, 0.9, 0])
    assert visit_policy([[2, 2, 1], [0, 0, 9]], 0.0).tolist() == [[1, 0, 0], [0, 0, 1]]


def test_a_small_temperature_does_not_overflow() -> None:
    np.testing.assert_allclose(visit_policy([10**6, 10**6 - 1, 0], 1e-9), [1, 0, 0])


@pytest.mark.parametrize("visits", [[0, 0], [-1, 2], [], [np.nan, 1]])
def test_counts_that_are_none_are_refused(visits: list[float]) -> None:
    with pytest.raises(ArgumentError, match="visits"):
        visit_policy(visits, 1.0)


@pytest.mark.parametrize("temperature", [-1.0, np.nan, np.inf])
def test_a_temperature_must_be_one(temperature: float) -> None:
    with pytest.raises(ArgumentError, match="temperature"):
        visit_policy([1, 2], temperature)
