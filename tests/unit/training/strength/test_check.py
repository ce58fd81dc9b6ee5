"""Checks of strength: kept to their budget, written down, and what a run makes of them."""

from __future__ import annotations

import math
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest
from tests.unit.training.opponents import Watcher

from myoshu.errors import ArgumentError, TrainingError
from myoshu.game import Game
from myoshu.rating.ratings import Rating
from myoshu.rating.returns import Returns
from myoshu.training import TrainingConfig
from myoshu.training.folder import load_config
from myoshu.training.learning.learner import Learner
from myoshu.training.networks.architecture import Architecture
from myoshu.training.run import Run
from myoshu.training.strength.check import Check, Strength, _read_baseline, read_ratings
from myoshu.training.strength.games import Evaluation
from myoshu.training.telling.metrics import read_table


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


def check(
    first: Evaluation, *, rating: Rating | None = None, baseline: Returns | None = None, players: int = 2
) -> Check:
    return Check(100, (first,), 1, rating, 1.0, (), baseline, players)


def test_an_agent_weaker_than_random_play_is_said_to_be() -> None:
    lost = Evaluation("random", (-1.0,) * 40, (0.0,) * 36 + (1.0,) * 4)
    verdict = check(lost, rating=Rating(-364.0, 80.0, 40)).verdict
    assert verdict is not None
    assert verdict.startswith("It plays worse than random play (95% interval): let it learn longer (--minutes)")
    even = check(lost, rating=Rating(20.0, 80.0, 40)).verdict
    assert even is not None
    assert even.startswith("It has not been shown to play better than random play")
    assert check(lost, rating=Rating(364.0, 80.0, 40)).verdict is None


def test_between_three_an_equal_share_is_what_random_play_has() -> None:
    def verdict(won: int) -> str | None:
        points = (1.0,) * won + (0.0,) * (60 - won)
        return check(Evaluation("random", (0.0,) * 60, points), players=3).verdict

    assert verdict(40) is None
    assert "has not been shown" in str(verdict(21))
    assert "worse than random play" in str(verdict(5))


def test_alone_random_play_is_what_it_is_compared_with() -> None:
    chance = Returns.of([19.0, 21.0, 20.0, 22.0, 18.0])
    better, worse = (Evaluation("", tuple(mean + n for n in range(9)), (1.0,) * 9) for mean in (40.0, 2.0))
    assert check(better, baseline=chance, players=1).verdict is None
    assert "worse than random play" in str(check(worse, baseline=chance, players=1).verdict)
    assert check(worse, players=1).verdict is None
    assert check(Evaluation("", (), ()), baseline=chance, players=1).verdict is None
    text = check(better, baseline=chance, players=1)
    assert str(text) == f"return {better.paid}, from 40 to 48 in 9 games, random play {chance}"
    assert text.lines() == (f"return {better.paid}, from 40 to 48 in 9 games", f"random play: {chance}", "at step 100")


def test_what_random_play_is_paid_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "evaluations.csv"
    assert _read_baseline(path) is None
    path.write_text(
        "seconds,step,opponent,games,mean_return,return_low,return_high,return_least,return_greatest\n"
        "9,0,random,40,21.5,20,23,9,60\n9,10,,40,50,40,60,30,90\n"
    )
    found = _read_baseline(path)
    assert found is not None
    assert (found.games, found.mean, found.interval.low, found.interval.high) == (40, 21.5, 20.0, 23.0)
    assert not math.isnan(found.least)
