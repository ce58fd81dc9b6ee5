"""How far a provider may be from what was trained."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from myoshu.runtime.parity import Deviation, deviation, units_of
from myoshu.spec import GameSpec


def test_deviations_are_relative_above_one() -> None:
    expected = {"a": np.array([1000.0, 0.5])}
    assert deviation("g", expected, {"a": np.array([1001.0, 0.5])}).size == pytest.approx(1e-3)
    assert deviation("g", expected, {"a": np.array([1000.0, 0.7])}).size == pytest.approx(0.2)
    assert deviation("g", expected, {"a": np.array([np.nan, 0.5])}) == Deviation(np.inf, "g.a")
    assert deviation("g", expected, {"a": np.array([1000.0])}) == Deviation(np.inf, "g.a")


def test_deviations_of_what_has_a_unit_are_relative_to_it() -> None:
    expected = {"value": np.array([1000.0, 0.5]), "latent": np.array([1.0])}
    got = {"value": np.array([1000.0, 2.5]), "latent": np.array([1.0])}
    assert deviation("g", expected, got, {"value": 5000.0}).size == pytest.approx(4e-4)
    assert deviation("g", expected, got, {"value": 1e-3}).size == pytest.approx(2000.0)
    assert deviation("g", expected, got, {"reward": 5000.0}).size == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("game", "units"),
    [
        ({"returns": (-1.0, 1.0), "final_rewards_only": True}, {"value": 1.0, "reward": 1.0}),
        ({"returns": (-1e6, 1e6)}, {"value": 2e6, "reward": 2e6}),
        ({"returns": (-1e5, -1.0)}, {"value": 1e5, "reward": 1e5}),
        ({"returns": (0.0, 0.0)}, {"value": 1.0, "reward": 1.0}),
    ],
)
def test_units_are_what_a_game_can_pay(game: dict[str, Any], units: dict[str, float]) -> None:
    found = units_of(GameSpec(name="a:b", players=2, actions=3, observation=(4,), **game))
    assert found == pytest.approx(units, rel=1e-4)
