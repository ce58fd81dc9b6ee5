"""Games against others: every game counted once, seats and openings balanced, and a budget that is kept to."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import pytest

from myoshu.errors import ArgumentError, TrainingError
from myoshu.game import Game, State
from myoshu.rating.intervals import Interval, score_interval, share_interval
from myoshu.runtime.evaluator import Evaluator
from myoshu.runtime.planner import Planner
from myoshu.training import TrainingConfig
from myoshu.training.folder import load_config
from myoshu.training.learning.learner import Learner
from myoshu.training.networks.architecture import Architecture
from myoshu.training.networks.onnx_writer import played_graphs
from myoshu.training.run import Run
from myoshu.training.strength.check import Strength, read_ratings
from myoshu.training.strength.games import Evaluation, play_games
from myoshu.training.strength.opponents import BundleOpponent, RandomOpponent
from myoshu.training.telling.metrics import read_table
from myoshu_engines import load_game

if TYPE_CHECKING:
    from flaky_game import WAYS, Alone, Endless, Flaky, Over
else:
    sys.path.append(str(Path(__file__).parent))
    from flaky_game import WAYS, Alone, Endless, Flaky, Over


def planner_of(game: Game, config: TrainingConfig, slots: int = 8) -> Planner:
    architecture = Architecture.of(game.spec, config.network)
    graphs = played_graphs(architecture)
    weights = Learner(architecture, config.learner).weights()
    evaluator = Evaluator(architecture.model, graphs, providers="cpu", weights=weights)
    return Planner(evaluator, msgspec.structs.replace(config.search, simulations=4), slots=slots)


class Watcher(RandomOpponent):
    """Random play that keeps what it saw first of each game."""

    name = "watcher"

    def __init__(self, then: Callable[[int], object] = lambda moves: None) -> None:
        self.seen: list[str] = []
        self.then = then

    def choose(self, game: Game, states: Sequence[State], rng: np.random.Generator) -> Sequence[int]:
        self.seen += [str(state) for state in states]
        self.then(len(states))
        return super().choose(game, states, rng)


class Resigner(RandomOpponent):
    """Plays so as to lose at tic-tac-toe, more often than not: the last square that is free."""

    name = "resigner"

    def choose(self, game: Game, states: Sequence[State], rng: np.random.Generator) -> Sequence[int]:
        return [state.legal_actions()[-1] for state in states]


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


def strength_of(game: Game, config: TrainingConfig, folder: Path, *opponents: Watcher) -> Strength:
    folder.mkdir(exist_ok=True)
    architecture = Architecture.of(game.spec, config.network)
    return Strength(game, config, folder, architecture, opponents, seconds=0.0, step=0)


def test_a_budget_is_kept_to(
    game: Game, config: TrainingConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = SimpleNamespace(now=0.0, perf_counter=lambda: clock.now)
    monkeypatch.setattr("myoshu.training.strength.check.time", clock)

    def pass_by(moves: int) -> None:
        clock.now += 0.01 * moves

    config = msgspec.structs.replace(config, evaluation_games=200)
    strength = strength_of(game, config, tmp_path, Watcher(pass_by))
    weights = Learner(Architecture.of(game.spec, config.network), config.learner).weights()

    def check(step: int, budget: float = math.inf) -> tuple[Evaluation, float, float]:
        before = clock.now
        done = strength.check(weights, lambda path: None, step=step, seconds=step, budget=budget)
        assert done is not None
        assert done.evaluations[0].games == 200  # random play takes no time
        return done.evaluations[1], clock.now - before, strength.least_seconds

    nothing, took, least = check(1, 0.02)
    assert (nothing.games, nothing.cut) == (0, 4)
    assert took < 0.02 + 0.04 + 1e-9  # looked at before each ply, four games at most at once
    assert least == pytest.approx(2 * took)  # next time it is taken to be longer
    assert str(nothing) == "no game against watcher was over in time"
    again, _, more = check(2, 0.01)
    assert (again.games, again.cut, more) == (0, 4, pytest.approx(2 * least))
    some, took, least = check(3, 2.0)
    assert 4 < some.games < 200
    assert took < 2.0 + 0.01 * some.games
    assert 0.0 < least < 1.0
    rows = read_table(tmp_path / "evaluations.csv")
    assert [(row["step"], row["opponent"]) for row in rows] == [
        *(("1", "random"), ("2", "random"), ("3", "random"), ("3", "watcher"))
    ]
    everything, _, _ = check(4)
    assert everything.games == 200


def test_a_check_ends_when_it_is_interrupted(game: Game, config: TrainingConfig, tmp_path: Path) -> None:
    watcher = Watcher()
    architecture = Architecture.of(game.spec, config.network)
    strength = Strength(
        *(game, config, tmp_path, architecture, [watcher]),
        seconds=0.0,
        step=0,
        interrupted=lambda: bool(watcher.seen),
    )
    weights = Learner(architecture, config.learner).weights()
    assert strength.check(weights, lambda path: None, step=1, seconds=1.0) is None
    assert 0 < len(watcher.seen) <= 8
    assert not read_table(tmp_path / "evaluations.csv")


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


def test_a_run_rates_its_agents_and_keeps_them(game: Game, config: TrainingConfig, tmp_path: Path) -> None:
    config = msgspec.structs.replace(config, evaluations=3, opponents=("watcher",))
    run = Run(game, config, tmp_path / "run", opponents=[Watcher()])
    check = run.train().check
    assert check is not None
    assert [evaluation.opponent for evaluation in check.evaluations] == ["random", "watcher", "step-20"]
    assert check.last.opponent == "watcher"
    assert {path.name for path in (tmp_path / "run" / "bundles").iterdir()} == {
        "step-10.myoshu",
        "step-20.myoshu",
        "step-30.myoshu",
    }
    ratings = read_ratings(tmp_path / "run")
    assert set(ratings) == {"random", "watcher", "step-10", "step-20", "step-30"}
    assert check.rating == ratings["step-30"]
    rows = [row for row in read_table(tmp_path / "run" / "metrics.csv") if row["elo"]]
    assert [row["step"] for row in rows] == ["10", "20", "30"]
    assert float(rows[-1]["elo_low"]) < float(rows[-1]["elo"]) < float(rows[-1]["elo_high"])
    assert float(rows[-1]["score"]) == pytest.approx(check.last.score, abs=1e-5)
    resumed = Run.resumed(game, tmp_path / "run", steps=40, opponents=[Watcher()])
    (tmp_path / "run" / "bundles" / "step-35.myoshu").write_text("left by a process that was killed later")
    again = resumed.train().check
    assert again is not None
    assert [evaluation.opponent for evaluation in again.evaluations] == ["random", "watcher", "step-30"]
    assert not (tmp_path / "run" / "bundles" / "step-35.myoshu").exists()
    with pytest.raises(TrainingError, match=r"opponents: expected watcher as the run's .*, there is no watcher"):
        Run.resumed(game, tmp_path / "run", steps=50).train()
    nobody = Run.resumed(game, tmp_path / "run", steps=50, opponents=[]).train().check
    assert nobody is not None
    assert [evaluation.opponent for evaluation in nobody.evaluations] == ["random", "step-40"]


def test_an_earlier_agent_plays_as_it_did(game: Game, config: TrainingConfig, tmp_path: Path) -> None:
    run = Run(game, config, tmp_path / "run")
    run.train()
    opponent = BundleOpponent("old", tmp_path / "run" / "agent.myoshu", game, slots=3)
    states = [game.new_state(np.random.default_rng(0)) for _ in range(7)]
    for index, state in enumerate(states):
        state.apply(index)
    moves = opponent.choose(game, states, np.random.default_rng(0))
    assert all(move in state.legal_actions() for move, state in zip(moves, states, strict=True))
    assert [opponent.choose(game, [state], np.random.default_rng(1))[0] for state in states] == moves
    with pytest.raises(TrainingError, match="expected a network with actions 7 as openspiel:connect_four"):
        BundleOpponent("old", tmp_path / "run" / "agent.myoshu", load_game("openspiel:connect_four"))


def test_a_run_ends_by_strength_when_it_is_reached_twice(game: Game, config: TrainingConfig, tmp_path: Path) -> None:
    config = msgspec.structs.replace(config, steps=1000, evaluations=100, until=0.0)
    summary = Run(game, config, tmp_path / "easy").train()
    assert summary.steps == 11  # a check at step 10, and another at once to confirm it
    assert load_config(tmp_path / "easy").until == 0.0
    never = Run(game, msgspec.structs.replace(config, steps=40, until=1.0), tmp_path / "never").train()
    assert never.steps == 40
    with pytest.raises(ArgumentError, match="until: expected evaluation_games and evaluations"):
        msgspec.structs.replace(config, evaluations=0)
    with pytest.raises(ArgumentError, match="opponents: expected different names other than random"):
        msgspec.structs.replace(config, opponents=("mcts:5", "mcts:5"))


def test_opponents_survive_a_configuration_file(config: TrainingConfig) -> None:
    changed = msgspec.structs.replace(config, opponents=("mcts:100", 'a"b.myoshu'), until=0.5)
    assert TrainingConfig.from_toml(changed.to_toml()) == changed
