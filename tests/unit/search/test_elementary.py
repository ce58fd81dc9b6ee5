"""exp and log: the same bits in the core and in Python, near the true value."""

from __future__ import annotations

import decimal
import math

import numpy as np
import pytest

from myoshu.search import _core, elementary


def ulps(value: float, exact: decimal.Decimal) -> float:
    return float(abs(decimal.Decimal(value) - exact) / decimal.Decimal(math.ulp(float(exact))))


def arguments() -> np.ndarray:
    rng = np.random.default_rng(5)
    spread = [
        rng.uniform(-707, 0, 3000),
        rng.uniform(-60, 60, 3000),
        rng.uniform(-1, 1, 3000),
        rng.normal(size=500) * 1e-9,
    ]
    return np.concatenate([*spread, [0.0, 1.0, -1.0, -707.9, 700.0]])


def test_exp_is_within_two_units_in_the_last_place() -> None:
    with decimal.localcontext(decimal.Context(prec=40)):
        worst = max(ulps(elementary.exp(x), decimal.Decimal(x).exp()) for x in arguments().tolist())
    assert worst < 2


def test_log_is_within_two_units_in_the_last_place() -> None:
    rng = np.random.default_rng(6)
    values = np.concatenate([np.exp(arguments()), 1 + rng.normal(size=3000) * 0.3, 1 + rng.normal(size=3000) * 1e-6])
    with decimal.localcontext(decimal.Context(prec=40)):
        worst = max(ulps(elementary.log(x), decimal.Decimal(x).ln()) for x in values.tolist() if x > 0 and x != 1)
    assert worst < 2


def test_core_and_python_give_the_same_bits() -> None:
    for x in arguments().tolist():
        assert _core.exp(x) == elementary.exp(x)
    for x in np.exp(arguments()).tolist():
        assert _core.log(x) == elementary.log(x)


@pytest.mark.parametrize("module", [_core, elementary])
def test_the_ends(module: object) -> None:
    assert module.exp(-709.0) == 0.0  # type: ignore[attr-defined]  # both modules have it
    assert module.exp(-math.inf) == 0.0  # type: ignore[attr-defined]  # both modules have it
    assert module.exp(0.0) == 1.0  # type: ignore[attr-defined]  # both modules have it
    assert module.log(0.0) == -math.inf  # type: ignore[attr-defined]  # both modules have it
    assert module.log(1.0) == 0.0  # type: ignore[attr-defined]  # both modules have it
