"""Levels: what a bundle's table sets, what lies between, and moves that are worse but not absurd."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from myoshu.errors import ArgumentError
from myoshu.runtime.agent import load
from myoshu.runtime.bundle import Bundle
from myoshu.runtime.levels import between
from myoshu.runtime.limit import Limit
from myoshu.runtime.manifest import Level, Manifest
from myoshu.search.config import SearchConfig
from myoshu.testing.networks import Network, game_for, parity

LEVELS = [
    Level(level=1, simulations=2, temperature=1.0, mix=0.5, margin=0.6, elo=0.0, error=10.0),
    Level(level=2, simulations=8, temperature=0.5, mix=0.1, margin=0.2, elo=200.0, error=20.0),
    Level(level=3, simulations=32, elo=600.0, error=15.0),
]


def test_between_two_levels_settings_are_blended() -> None:
    found = between(LEVELS, 100.0)
    assert (found.level, found.simulations, found.temperature) == (1.5, 4, 0.75)
    assert (found.mix, found.margin, found.elo, found.error) == (pytest.approx(0.3), pytest.approx(0.4), 100.0, 20.0)


def test_at_a_level_they_are_its_own() -> None:
    for level in LEVELS:
        assert level.elo is not None
        assert between(LEVELS, level.elo) == level


@pytest.mark.parametrize("elo", [-1, 601, "100", True, float("nan")])
def test_beyond_the_table_is_refused(elo: float) -> None:
    with pytest.raises(ArgumentError, match="elo: expected points from 0 to 600, got"):
        between(LEVELS, elo)
    with pytest.raises(ArgumentError, match="no measured strength table"):
        between([Level(level=1, simulations=2)], 100)


@pytest.mark.parametrize(
    ("field", "value"), [("mix", -0.1), ("mix", 1.5), ("margin", 2.0), ("elo", float("inf")), ("error", float("nan"))]
)
def test_settings_that_make_no_sense_are_refused(field: str, value: float) -> None:
    with pytest.raises(ValueError, match=f"{field}: expected"):
        Level(level=1, simulations=2, **{field: value})


def drawn(path: Path, level: float) -> list[int]:
    """What 60 sessions of a level play in one position."""
    agent, seen = load(path, "cpu"), np.linspace(-1, 1, 27, dtype=np.float32)
    return [agent.new_session(seed, level=level).play(seen).action for seed in range(60)]


def leveled(network: Network, folder: Path, *levels: Level) -> Path:
    manifest = Manifest.of(
        game=game_for(network.model), model=network.model, search=SearchConfig(), opset=18, strength=list(levels)
    )
    path = folder / "agent.myoshu"
    Bundle.write(path, manifest=manifest, graphs=network.graphs, parity=parity(network))
    return path


def test_a_margin_leaves_only_moves_that_look_nearly_as_good(tmp_path: Path, network: Network) -> None:
    free = Level(level=1, simulations=32, temperature=1e6)
    tight = Level(level=2, simulations=32, temperature=1e6, margin=0.01)
    path = leveled(network, tmp_path, free, tight)
    agent, seen = load(path, "cpu"), np.linspace(-1, 1, 27, dtype=np.float32)
    analysis = agent.new_session(0).analyse(seen, limit=Limit(simulations=32))
    low, high = agent.game.returns
    worth = {each.action: each.value for each in analysis.actions}
    allowed = {a for a, value in worth.items() if value >= max(worth.values()) - 0.01 * (high - low)}
    allowed.add(analysis.decision.action)
    assert len(allowed) < 9
    assert set(drawn(path, 1)) == set(range(9))
    assert set(drawn(path, 2)) == allowed


def test_a_mix_of_one_samples_the_networks_first_guess(tmp_path: Path, network: Network) -> None:
    path = leveled(network, tmp_path, Level(level=1, simulations=64, temperature=1.0, mix=1.0))
    prior = load(path, "cpu").evaluator.initial(np.linspace(-1, 1, 27, dtype=np.float32)[None])["prior"][0]
    agent, seen = load(path, "cpu"), np.linspace(-1, 1, 27, dtype=np.float32)
    moves = [agent.new_session(seed, level=1).play(seen).action for seed in range(300)]
    shares = np.bincount(moves, minlength=9) / len(moves)
    assert np.abs(shares - prior).max() < 5 * np.sqrt(0.25 / len(moves))
    assert moves == [agent.new_session(seed, level=1).play(seen).action for seed in range(300)]


def test_a_strength_in_points_sets_what_lies_between(tmp_path: Path, network: Network) -> None:
    agent = load(leveled(network, tmp_path, *LEVELS), "cpu")
    session = agent.new_session(0, elo=100)
    low, high = agent.game.returns
    assert session.limit == Limit(simulations=4)
    assert (session.temperature, session.mix) == (0.75, pytest.approx(0.3))
    assert session.slack == pytest.approx(0.4 * (high - low))
    with pytest.raises(ArgumentError, match="either a level or Elo points, got level 1 and elo 100"):
        agent.new_session(0, level=1, elo=100)
