"""Levels of strength: weaker and weaker settings, measured, and sorted."""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest

from myoshu.arena.agent_player import AgentPlayer
from myoshu.arena.calibration import calibrate, ease, enough_openings, graded, misses, neighbours
from myoshu.arena.player import Player
from myoshu.arena.random_player import RandomPlayer
from myoshu.errors import MatchError
from myoshu.game import Game
from myoshu.runtime.agent import Agent
from myoshu.runtime.bundle import Bundle
from myoshu.runtime.manifest import Level
from myoshu.testing.networks import mlp, write_bundle
from myoshu_engines import load_game

GAME = load_game("openspiel:tic_tac_toe")


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    path: Path = tmp_path_factory.mktemp("calibration") / "untrained.myoshu"
    return Bundle.read(write_bundle(path, mlp((3, 3, 3), 9, 16), game=GAME.spec))


def seated(bundle: Bundle, strengths: tuple[Level, ...]) -> tuple[Game, list[Player]]:
    numbered = [msgspec.structs.replace(each, level=float(number)) for number, each in enumerate(strengths)]
    agent = Agent(graded(bundle, numbered), "cpu")
    seats = [AgentPlayer(agent, level=each.level) for each in agent.manifest.strength]
    return GAME, [RandomPlayer(), *seats]


def test_more_ease_is_less_of_everything_that_is_strong() -> None:
    steps = [ease(amount / 10, 64) for amount in range(11)]
    assert (steps[0].simulations, steps[0].temperature, steps[0].mix) == (64, 0.0, 0.0)
    assert (steps[10].simulations, steps[10].mix, steps[10].margin) == (4, 1.0, 1.0)
    for strong, weak in pairwise(steps):
        assert strong.simulations > weak.simulations
        assert strong.temperature < weak.temperature
        assert strong.mix < weak.mix
        assert strong.margin < weak.margin
    assert ease(1.0, 2).simulations == ease(0.0, 2).simulations == 2


def test_neighbours_meet_and_everybody_is_connected() -> None:
    assert neighbours(3) == [(0, 1), (0, 2), (1, 2)]
    assert len(neighbours(11)) == 27
    assert (0, 4) not in neighbours(11)


def test_levels_are_sorted_numbered_and_the_same_for_the_same_seed(bundle: Bundle) -> None:
    def run() -> list[Level]:
        found = calibrate(lambda strengths: partial(seated, bundle, strengths), GAME, levels=3, most=4, games=4, seed=2)
        assert all(each.games == 12 for each in found)
        return [each.strength for each in found]

    levels = run()
    assert [level.level for level in levels] == [1.0, 2.0, 3.0]
    elos = [level.elo for level in levels if level.elo is not None]
    assert len(elos) == 3
    assert elos == sorted(elos)
    assert all((level.error or 0) > 0 for level in levels)
    assert run() == levels
    agent = Agent(graded(bundle, levels, {"zero": "random play"}), "cpu")
    assert agent.manifest.provenance["calibration"] == {"zero": "random play"}
    assert agent.new_session(0, level=2).limit.simulations == levels[1].simulations
    assert agent.new_session(0, elo=sum(elos[:2]) / 2).mix == pytest.approx((levels[0].mix + levels[1].mix) / 2)


def test_wins_missed_are_counted(bundle: Bundle) -> None:
    """A level that plays anything at all misses most wins."""
    careless = Level(level=1, simulations=1, temperature=1e6)
    agent = Agent(graded(bundle, [careless]), "cpu")
    (missed,) = misses(GAME, agent, [1.0], 60)
    assert 20 < missed < 60
    assert misses(GAME, agent, [1.0], 60) == [missed]


def test_games_that_cannot_be_calibrated_are_refused() -> None:
    def nobody(strengths: tuple[Level, ...]) -> partial[tuple[Game, list[Player]]]:
        raise AssertionError("nobody should have been asked to play")

    with pytest.raises(MatchError, match="expected a game of two players, got 1 in openspiel:catch"):
        calibrate(nobody, load_game("openspiel:catch"), most=4, games=2)
    with pytest.raises(MatchError, match="levels: expected at least 2, got 1"):
        calibrate(nobody, GAME, levels=1, most=4, games=2)


def test_openings_are_as_short_as_makes_enough_of_them() -> None:
    assert enough_openings(GAME, 100, seed=1).plies == 2
    assert enough_openings(GAME, 150, seed=1).plies == 3  # after two moves there are 72 positions
    with pytest.raises(MatchError, match="2 of openspiel:tic_tac_toe brought none after 72"):
        enough_openings(GAME, 100_000, seed=1)
