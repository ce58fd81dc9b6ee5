"""What a game asks of its networks."""

from __future__ import annotations

import pytest

from myoshu.training import preset
from myoshu.training.networks.architecture import Architecture
from myoshu_engines import load_game


@pytest.mark.parametrize(("name", "chance"), [("pig", True), ("backgammon", True), ("dots_and_boxes", False)])
def test_only_chance_makes_movers_uncertain(name: str, chance: bool) -> None:
    game = load_game(f"openspiel:{name}")
    assert Architecture.of(game.spec, preset(game.spec).network).chance_moves == chance
