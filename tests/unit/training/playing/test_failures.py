"""Games that raise or break their contract: given up, reported and counted; too many of them end the run."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray
from tests.unit.training.flaky_game import WAYS, Endless, Flaky, FlakyState, Over
from tests.unit.training.recorder import Acting, Recorder, press_ctrl_c
from tests.unit.training.tasks import begin

from myoshu.errors import GameError, TrainingError
from myoshu.training import TrainingConfig
from myoshu.training.playing.failures import AbandonedGame, Failures
from myoshu.training.run import Run
from myoshu.training.telling.metrics import read_table


class Blind(Flaky):
    """Nothing can be seen."""

    def new_state(self, rng: np.random.Generator) -> FlakyState:
        return BlindState("")


class BlindState(FlakyState):
    def observation(self) -> NDArray[np.float32]:
        raise ValueError("dark")


@pytest.fixture
def flaky(config: TrainingConfig) -> TrainingConfig:
    return msgspec.structs.replace(config, game="python:flaky", evaluation_games=0)


@pytest.mark.parametrize("way", [*WAYS, "begin"])
def test_a_game_that_breaks_is_given_up_and_the_others_go_on(way: str, flaky: TrainingConfig) -> None:
    selfplay = begin(Flaky(way, 0.2), flaky)
    finished = [trajectory for _ in range(60) for trajectory in selfplay.play()]
    assert len(finished) > 40
    assert selfplay.abandoned
    for trajectory in finished:
        assert len(trajectory.opening) + len(trajectory) == 6
        assert np.isfinite(trajectory.observations).all()
        assert np.isfinite(trajectory.rewards).all()
    for abandoned in selfplay.abandoned:
        state = Flaky("" if way == "begin" else way, 0.2).new_state(np.random.default_rng(abandoned.seed))
        assert state.way == ("" if way == "begin" else way)
        assert len(abandoned.moves) == (0 if way == "begin" else 3)
        assert abandoned.error


def test_a_game_that_never_works_is_an_error_not_a_loop(flaky: TrainingConfig) -> None:
    with pytest.raises(GameError, match=r"that can be begun, 20 in a row could not, the last by RuntimeError: no dice"):
        begin(Flaky("begin", 1.0), flaky)
    selfplay = begin(Flaky("", 1.0), flaky)
    selfplay.game = Blind()
    with pytest.raises(GameError, match="that can be played, 20 in a row could not, the last by ValueError: dark"):
        [selfplay.play() for _ in range(7)]


def test_games_that_are_over_before_they_begin_are_an_error_if_all_are(flaky: TrainingConfig) -> None:
    with pytest.raises(
        GameError, match=r"flaky: expected games that begin with a move to choose, 1,0\d\d in a row were"
    ):
        begin(Over(share=1.0), flaky)
    selfplay = begin(Over(share=0.9), flaky)
    finished = [trajectory for _ in range(20) for trajectory in selfplay.play()]
    assert finished
    assert all(len(trajectory.opening) + len(trajectory) == 6 for trajectory in finished)


@pytest.mark.parametrize("longest", [None, 9])
def test_games_without_end_are_cut_off(
    flaky: TrainingConfig, monkeypatch: pytest.MonkeyPatch, longest: int | None
) -> None:
    monkeypatch.setattr("myoshu.training.playing.selfplay.LONGEST", 9 if longest is None else 10**6)
    monkeypatch.setattr(Endless, "spec", msgspec.structs.replace(Endless.spec, max_length=longest))
    selfplay = begin(Endless(), flaky)
    finished = [trajectory for _ in range(30) for trajectory in selfplay.play()]
    assert len(finished) >= 3 * flaky.selfplay.games
    assert all(len(trajectory.opening) + len(trajectory) == 9 for trajectory in finished)
    assert all(trajectory.truncated for trajectory in finished)
    whole = begin(Flaky("", 0.0), flaky)
    assert not any(trajectory.truncated for _ in range(12) for trajectory in whole.play())


def test_a_run_goes_on_past_a_few_and_reports_them(flaky: TrainingConfig, tmp_path: Path) -> None:
    recorder = Recorder()
    run = Run(Flaky(), flaky, tmp_path / "run", progress=recorder)
    run.train()
    lines = [json.loads(line) for line in (tmp_path / "run" / "errors.jsonl").read_text().splitlines()]
    assert lines
    told = [note for note in recorder.notes if "given up: ZeroDivisionError: the dice are gone" in note]
    assert len(lines) == len(told)
    for line in lines:
        assert line["error"] == "ZeroDivisionError: the dice are gone"
        assert line["where"].startswith("flaky_game.py:")
        assert len(line["moves"]) == 3
        assert str(line["seed"]) in "".join(recorder.notes)


def test_abandoned_games_change_nothing_about_exact_resumption(flaky: TrainingConfig, tmp_path: Path) -> None:
    straight = Run(Flaky(), flaky, tmp_path / "straight")
    straight.train()
    first = Run(Flaky(), msgspec.structs.replace(flaky, checkpoint_steps=14), tmp_path / "broken")
    step = first.state.step

    def stop() -> object:
        if first.learner.steps == 17:
            raise MemoryError
        return step()

    first.state.step = stop  # type: ignore[assignment,method-assign]  # a crash in the middle
    with pytest.raises(MemoryError):
        first.train()
    resumed = Run.resumed(Flaky(), tmp_path / "broken")
    resumed.train()
    assert resumed.state.failures.count == straight.state.failures.count > 0
    for name, weight in straight.learner.weights().items():
        np.testing.assert_array_equal(weight, resumed.learner.weights()[name], err_msg=name)


@pytest.mark.parametrize(("share", "cores"), [(1.0, 1), (0.5, 1), (0.5, 2)])
def test_a_run_ends_when_it_keeps_happening(share: float, cores: int, flaky: TrainingConfig, tmp_path: Path) -> None:
    flaky = msgspec.structs.replace(flaky, deterministic=False, steps=10**6)
    run = Run(Flaky(share=share), flaky, tmp_path / "run", cores=cores)
    what = "the first 3 games" if share == 1.0 else r"(the first 3|11 of the last \d+) games"
    with pytest.raises(TrainingError, match=rf"played to their end, {what} were abandoned, the last by ZeroDivisionE"):
        run.train()
    assert len((tmp_path / "run" / "errors.jsonl").read_text().splitlines()) in (3, 11)


@pytest.mark.slow
def test_actors_report_abandoned_games(flaky: TrainingConfig, tmp_path: Path) -> None:
    flaky = msgspec.structs.replace(flaky, deterministic=False, steps=10**6)
    progress = Acting(lambda status: bool(status.games > 1000 and status.abandoned and status.step), press_ctrl_c)
    run = Run(Flaky(share=0.003), flaky, tmp_path / "run", progress=progress, cores=2)
    summary = run.train()
    assert summary.interrupted
    assert summary.games > 1000
    lines = (tmp_path / "run" / "errors.jsonl").read_text().splitlines()
    assert 0 < len(lines) < 0.01 * summary.games
    counts = [int(row["abandoned"]) for row in read_table(tmp_path / "run" / "metrics.csv") if row["abandoned"]]
    assert counts == sorted(counts)
    assert 0 < counts[-1] <= len(lines)


def test_what_is_looked_back_upon(tmp_path: Path) -> None:
    failures = Failures(tmp_path / "errors.jsonl")
    game = AbandonedGame(5, (1, 2), "ValueError: no", "a.py:3 in apply")
    for _ in range(30):  # one in a hundred is no reason to end
        failures.finished(99)
        failures.abandoned(game, 7)
    other = Failures(tmp_path / "errors.jsonl")
    other.restore(failures.state())
    with pytest.raises(TrainingError, match=r"11 of the last 1000 games were abandoned, the last by ValueError: no"):
        other.abandoned(game, 7)
    assert other.count == 31
    assert json.loads((tmp_path / "errors.jsonl").read_text().splitlines()[0]) == {
        "step": 7,
        "seed": 5,
        "moves": [1, 2],
        "error": "ValueError: no",
        "where": "a.py:3 in apply",
        "reset": None,
    }
