"""Games against others: every game counted once, seats and openings balanced."""

from __future__ import annotations

import math
from collections.abc import Callable

import msgspec
import numpy as np
import pytest
from tests.unit.training.flaky_game import WAYS, Alone, Endless, Flaky, Over
from tests.unit.training.opponents import Resigner, Watcher

from myoshu.game import Game
from myoshu.rating.intervals import Interval, score_interval, share_interval
from myoshu.runtime.evaluator import Evaluator
from myoshu.runtime.planner import Planner
from myoshu.training import TrainingConfig
from myoshu.training.learning.learner import Learner
from myoshu.training.networks.architecture import Architecture
from myoshu.training.networks.onnx_writer import played_graphs
from myoshu.training.strength.games import Evaluation, play_games
from myoshu.training.strength.opponents import RandomOpponent
from myoshu_engines import load_game


def planner_of(game: Game, config: TrainingConfig, slots: int = 8) -> Planner:
    architecture = Architecture.of(game.spec, config.network)
    graphs = played_graphs(architecture)
    weights = Learner(architecture, config.learner).weights()
    evaluator = Evaluator(architecture.model, graphs, providers="cpu", weights=weights)
    return Planner(evaluator, msgspec.structs.replace(config.search, simulations=4), slots=slots)


def test_every_game_is_counted_and_repeats_itself(game: Game, config: TrainingConfig) -> None:
    planner = planner_of(game, config)
    first, failed = play_games(game, planner, RandomOpponent(), 21, rng=np.random.default_rng(1), opening_plies=2)
    assert not failed
    assert first.games == 21
    assert first.wins + first.draws + first.losses == 21
    assert first.mean_return == pytest.approx((first.wins - first.losses) / 21)
    assert first.score == pytest.approx((first.wins + first.draws / 2) / 21)
    again, _ = play_games(game, planner, RandomOpponent(), 21, rng=np.random.default_rng(1), opening_plies=2)
    assert again == first
    other, _ = play_games(game, planner, RandomOpponent(), 21, rng=np.random.default_rng(2), opening_plies=2)
    assert other != first
    assert (first + other).games == 42
    assert str(first) == f"{first.wins}/{first.draws}/{first.losses} against random"


def test_openings_differ_and_each_is_played_from_both_seats(game: Game, config: TrainingConfig) -> None:
    watcher = Watcher()
    play_games(game, planner_of(game, config), watcher, 40, rng=np.random.default_rng(1), opening_plies=4)
    assert len(set(watcher.seen)) > 0.6 * len(watcher.seen)
    still = Resigner()
    evaluation, _ = play_games(game, planner_of(game, config), still, 40, rng=np.random.default_rng(1))
    assert len(set(evaluation.returns[::2])) == len(set(evaluation.returns[1::2])) == 1  # one game, forty times
    varied, _ = play_games(game, planner_of(game, config), still, 40, rng=np.random.default_rng(1), opening_plies=4)
    assert len(set(varied.returns)) > 1


def test_points_are_shared_among_those_who_were_paid_most(config: TrainingConfig) -> None:
    three = load_game("python:demos/three_in_a_row.py:ThreeInARow")
    evaluation, _ = play_games(
        three, planner_of(three, config), RandomOpponent(), 60, rng=np.random.default_rng(1), opening_plies=4
    )
    assert set(evaluation.points) <= {0.0, 1 / 3, 1.0}
    assert 0.15 < evaluation.score < 0.75
    for points, paid in zip(evaluation.points, evaluation.returns, strict=True):
        assert points == {1.0: 1.0, 0.0: 1 / 3, -0.5: 0.0}[paid]


def test_playing_alone(config: TrainingConfig) -> None:
    catch = load_game("openspiel:catch")
    evaluation, _ = play_games(catch, planner_of(catch, config), None, 10, rng=np.random.default_rng(1))
    assert evaluation.games == 10
    assert str(evaluation) == f"return {evaluation.paid}, from -1 to 1 in 10 games"
    assert len(set(evaluation.returns)) > 1


def test_intervals_of_scores() -> None:
    all_won = Evaluation("x", (1.0,) * 10, (1.0,) * 10).score_interval
    assert (all_won.low, all_won.high) == pytest.approx((0.7225, 1.0), abs=1e-4)  # Wilson's for 10 of 10
    assert Evaluation("x", (0.0,) * 40, (1.0, 0.5) * 20).score_interval == score_interval(20, 20, 0)
    thirds = Evaluation("x", (0.0,) * 30, (1.0, 1 / 3, 0.0) * 10).score_interval
    assert thirds == share_interval(Evaluation("x", (0.0,) * 30, (1.0, 1 / 3, 0.0) * 10).score, 30)
    assert Evaluation("x", (), ()).score_interval == Interval(0.0, 1.0)
    assert math.isnan(Evaluation("x", (), ()).score)


@pytest.mark.parametrize("way", [*WAYS, "begin"])
def test_games_that_break_are_given_up(config: TrainingConfig, way: str) -> None:
    flaky = Flaky(way, 0.3)
    evaluation, failed = play_games(
        flaky, planner_of(flaky, config), RandomOpponent(), 60, rng=np.random.default_rng(1), opening_plies=2
    )
    assert 5 < len(failed) < 40
    assert evaluation.games == 60 - len(failed)
    assert all(len(abandoned.moves) == (0 if way == "begin" else 3) for abandoned in failed)
    assert all(math.isfinite(paid) for paid in evaluation.returns)


def test_games_that_are_over_at_once_are_played(config: TrainingConfig) -> None:
    over = Over(share=1.0)
    evaluation, failed = play_games(over, planner_of(over, config), RandomOpponent(), 4, rng=np.random.default_rng(1))
    assert (evaluation.draws, failed) == (4, [])


@pytest.mark.parametrize("longest", [None, 9])
def test_games_without_end_are_cut_off(
    config: TrainingConfig, monkeypatch: pytest.MonkeyPatch, longest: int | None
) -> None:
    monkeypatch.setattr("myoshu.training.strength.games.LONGEST", 9 if longest is None else 10**6)
    monkeypatch.setattr(Alone, "spec", msgspec.structs.replace(Alone.spec, max_length=longest))
    evaluation, _ = play_games(Alone(), planner_of(Alone(), config), None, 3, rng=np.random.default_rng(1))
    assert (evaluation.returns, evaluation.cut) == ((4.5,) * 3, 0)
    monkeypatch.setattr(Endless, "spec", msgspec.structs.replace(Endless.spec, max_length=longest))
    evaluation, _ = play_games(
        Endless(), planner_of(Endless(), config), RandomOpponent(), 4, rng=np.random.default_rng(1)
    )
    assert (evaluation.draws, evaluation.cut) == (4, 0)


def test_games_that_are_stopped_count_only_alone(config: TrainingConfig) -> None:
    def after(plies: int) -> Callable[[], bool]:
        asked = iter(range(1000))
        return lambda: next(asked) >= plies

    alone, _ = play_games(Alone(), planner_of(Alone(), config), None, 3, rng=np.random.default_rng(1), stop=after(5))
    assert (alone.returns, alone.cut) == ((2.5,) * 3, 3)
    flaky = Flaky(share=0.0)
    both, failed = play_games(
        flaky, planner_of(flaky, config), RandomOpponent(), 4, rng=np.random.default_rng(1), stop=after(5)
    )
    assert (both.games, both.cut, failed) == (0, 4, [])
    assert (alone + alone).cut == 6
