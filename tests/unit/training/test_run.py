"""Runs: they learn, survive being killed, and go on exactly where they were."""

from __future__ import annotations

import csv
import subprocess
import sys
import textwrap
from functools import partial
from pathlib import Path

import msgspec
import numpy as np
import pytest
from tests.unit.training.flaky_game import Alone
from tests.unit.training.recorder import Recorder
from tests.waiting import wait_until

from myoshu.errors import ArgumentError, RecordError, TrainingError
from myoshu.game import Game
from myoshu.record import read_records
from myoshu.runtime.bundle import Bundle
from myoshu.training import LearnerConfig, TrainingConfig, preset
from myoshu.training.checkpoint import read_checkpoint, write_checkpoint
from myoshu.training.folder import load_config
from myoshu.training.run import Run
from myoshu.training.telling.metrics import COLUMNS


def same_weights(one: Run, other: Run) -> None:
    for name, weight in one.learner.weights().items():
        np.testing.assert_array_equal(weight, other.learner.weights()[name], err_msg=name)


def crash(run: Run) -> None:
    """Fail in the 18th step."""
    step, done = run.learner.step, 0

    def fail(*arguments: object) -> object:
        nonlocal done
        done += 1
        if done == 18:
            raise MemoryError
        return step(*arguments)  # type: ignore[arg-type]  # passed through

    run.learner.step = fail  # type: ignore[assignment,method-assign]  # a crash in the middle
    with pytest.raises(MemoryError):
        run.train()


def test_a_deterministic_run_repeats_itself(game: Game, config: TrainingConfig, tmp_path: Path) -> None:
    first, second = (Run(game, config, tmp_path / name) for name in "ab")
    summary = first.train()
    second.train()
    same_weights(first, second)
    assert (summary.steps, summary.interrupted) == (30, False)
    assert summary.bundle == tmp_path / "a" / "agent.myoshu"
    third = Run(game, msgspec.structs.replace(config, seed=2), tmp_path / "c")
    third.train()
    assert any((weight != third.learner.weights()[name]).any() for name, weight in first.learner.weights().items())


@pytest.mark.parametrize("changes", [{}, {"reanalyse": 0.6, "priority_exponent": 0.8, "bootstrap_steps": 3}])
def test_a_resumed_run_ends_as_one_that_was_never_stopped(
    game: Game, config: TrainingConfig, tmp_path: Path, changes: dict[str, float]
) -> None:
    learner = msgspec.structs.replace(config.learner, **changes)
    config = msgspec.structs.replace(config, learner=learner, recorded_positions=10_000)
    straight = Run(game, config, tmp_path / "straight")
    straight.train()
    crash(Run(game, msgspec.structs.replace(config, checkpoint_steps=7), tmp_path / "broken"))
    resumed = Run.resumed(game, tmp_path / "broken")
    assert resumed.learner.steps == 14
    resumed.train()
    same_weights(straight, resumed)
    for name, array in straight.replay.state().items():
        np.testing.assert_array_equal(array, resumed.replay.state()[name], err_msg=name)
    assert (resumed.replay.renewed > 0) == ("reanalyse" in changes)
    one, other = (list(read_records(tmp_path / name / "games")) for name in ("straight", "broken"))
    assert one == other
    assert len(one) == straight.replay.games


def test_records_are_learned_from_without_playing(game: Game, config: TrainingConfig, tmp_path: Path) -> None:
    learner = msgspec.structs.replace(config.learner, replay_positions=1000)
    config = msgspec.structs.replace(config, learner=learner)
    teacher = Run(game, config, tmp_path / "teacher")
    teacher.train()
    offline = msgspec.structs.replace(
        config,
        offline=str(tmp_path / "teacher" / "games"),
        learner=msgspec.structs.replace(learner, reanalyse=1.0),
        checkpoint_steps=7,
    )
    recorder = Recorder()
    straight = Run(game, offline, tmp_path / "straight", progress=recorder)
    summary = straight.train()
    assert f"Learning from {teacher.replay.games} recorded games" in recorder.notes[0]
    assert (summary.steps, summary.games) == (30, teacher.replay.games)
    assert straight.replay.renewed == 120  # 30 steps, 4 positions each, 8 at a time
    assert not (tmp_path / "straight" / "games").exists()
    crash(Run(game, offline, tmp_path / "broken"))
    resumed = Run.resumed(game, tmp_path / "broken")
    assert resumed.replay.renewed == 56
    resumed.train()
    same_weights(straight, resumed)
    trusting = msgspec.structs.replace(offline, learner=learner, deterministic=False)
    run = Run(game, trusting, tmp_path / "trusting", cores=4)
    run.train()
    for name in ("observations", "policies", "values", "legal", "cut"):
        np.testing.assert_allclose(run.replay.state()[name], teacher.replay.state()[name], atol=1e-3)
    with pytest.raises(RecordError, match="none: expected a file of games"):
        Run(game, msgspec.structs.replace(offline, offline=str(tmp_path / "none")), tmp_path / "none-run").train()


def test_games_are_not_kept_where_none_are_wanted(game: Game, config: TrainingConfig, tmp_path: Path) -> None:
    Run(game, msgspec.structs.replace(config, recorded_positions=0), tmp_path / "run").train()
    assert not (tmp_path / "run" / "games").exists()


def test_a_finished_run_can_be_extended(game: Game, config: TrainingConfig, tmp_path: Path) -> None:
    Run(game, config, tmp_path / "run").train()
    longer = Run.resumed(game, tmp_path / "run", steps=40)
    assert longer.learner.steps == 30
    assert longer.train().steps == 40
    assert load_config(tmp_path / "run").steps == 40


def test_what_a_run_leaves_behind(game: Game, config: TrainingConfig, tmp_path: Path) -> None:
    recorder = Recorder()
    run = Run(game, config, tmp_path / "run", progress=recorder)
    summary = run.train(tmp_path / "out.myoshu", date="2026-01-02")
    manifest = Bundle.read(tmp_path / "out.myoshu").manifest
    assert manifest.game == game.spec
    assert manifest.provenance["date"] == "2026-01-02"
    assert manifest.provenance["steps"] == 30
    assert manifest.provenance["config"]["learner"]["batch"] == 16
    assert load_config(tmp_path / "run") == config
    with (tmp_path / "run" / "metrics.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == list(COLUMNS)
    assert float(rows[-1]["score_random"]) == summary.check.first.score  # type: ignore[union-attr]  # there was one
    assert list((tmp_path / "run").glob("events.out.tfevents*"))
    assert recorder.closed
    assert any("against random" in note for note in recorder.notes)
    arrays = read_checkpoint(tmp_path / "run" / "checkpoint.npz")
    assert set(arrays) == {"run", "learner", "replay", "selfplay", "playing", "reanalysis"}


def test_a_folder_that_holds_a_run_is_not_begun_anew(game: Game, config: TrainingConfig, tmp_path: Path) -> None:
    Run(game, config, tmp_path / "run")
    with pytest.raises(TrainingError, match="expected a new folder, got one that holds a run"):
        Run(game, config, tmp_path / "run")


def test_bad_requests(game: Game, config: TrainingConfig, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"config.game: expected 'openspiel:tic_tac_toe"):
        Run(game, msgspec.structs.replace(config, game="openspiel:chess"), tmp_path / "a")
    with pytest.raises(TrainingError, match="expected a run's folder"):
        Run.resumed(game, tmp_path)
    with pytest.raises(TrainingError, match="expected a file in a folder that exists"):
        Run(game, config, tmp_path / "b").train(tmp_path / "nowhere" / "out.myoshu")
    (tmp_path / "file").write_text("")
    with pytest.raises(TrainingError, match="expected to make a run's folder"):
        Run(game, config, tmp_path / "file" / "run")
    Run(game, config, tmp_path / "c").train()
    text = (tmp_path / "c" / "config.toml").read_text()
    (tmp_path / "c" / "config.toml").write_text(text.replace("width = 16", "width = 17"))
    with pytest.raises(TrainingError, match="the game or the configuration was changed"):
        Run.resumed(game, tmp_path / "c")
    (tmp_path / "c" / "config.toml").write_text(text)
    (tmp_path / "c" / "checkpoint.npz").write_bytes(b"PK\x03\x04")
    with pytest.raises(TrainingError, match="damaged"):
        Run.resumed(game, tmp_path / "c")


def test_a_checkpoint_that_lacks_something_is_refused(game: Game, config: TrainingConfig, tmp_path: Path) -> None:
    Run(game, config, tmp_path / "run").train()
    path = tmp_path / "run" / "checkpoint.npz"
    whole = read_checkpoint(path)
    for section, name in (("selfplay", "explored"), ("replay", "policies"), ("run", "random")):
        lacking = {key: dict(held) for key, held in whole.items()}
        del lacking[section][name]
        write_checkpoint(path, lacking)
        with pytest.raises(TrainingError, match=f"expected an entry '{name}', got none"):
            Run.resumed(game, tmp_path / "run", steps=31).train()


KILLED = """
import sys
from functools import partial
from pathlib import Path
from myoshu.training.run import Run
from myoshu_engines import load_game

if __name__ == "__main__":
    Run.resumed(load_game("openspiel:tic_tac_toe"), Path(sys.argv[1]), cores=2).train()
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is POSIX's")
def test_a_killed_run_with_actors_goes_on(game: Game, config: TrainingConfig, tmp_path: Path) -> None:
    config = msgspec.structs.replace(config, deterministic=False, steps=10**6, checkpoint_steps=20)
    Run(game, config, tmp_path / "run")
    script = tmp_path / "go.py"
    script.write_text(textwrap.dedent(KILLED))
    reached = 0

    def further(process: subprocess.Popen[bytes], reached: int) -> bool:
        assert process.poll() is None
        held = (tmp_path / "run" / "checkpoint.npz").exists()
        return held and Run.resumed(game, tmp_path / "run").learner.steps > reached

    for _ in range(2):
        process = subprocess.Popen([sys.executable, str(script), str(tmp_path / "run")])
        try:
            wait_until(partial(further, process, reached))
        finally:
            process.kill()
            process.wait()
        steps = Run.resumed(game, tmp_path / "run").learner.steps
        assert steps > reached
        reached = steps
    finished = Run.resumed(game, tmp_path / "run", steps=reached + 5)
    assert finished.train().steps == reached + 5


@pytest.mark.slow
def test_it_really_learns(game: Game, tmp_path: Path) -> None:
    config = msgspec.structs.replace(preset(game.spec), minutes=None, steps=1200, evaluation_games=200, evaluations=1)
    run = Run(game, config, tmp_path / "run")
    check = run.train().check
    assert check is not None
    assert check.first.wins > 0.75 * check.first.games
    assert check.first.losses <= 0.03 * check.first.games


def test_resumed_settings_are_the_old_ones(game: Game, config: TrainingConfig, tmp_path: Path) -> None:
    changed = msgspec.structs.replace(config, learner=LearnerConfig(batch=8))
    Run(game, changed, tmp_path / "run")
    assert Run.resumed(game, tmp_path / "run").config == changed


@pytest.mark.parametrize(
    ("until", "message"),
    [(90.0, "until: expected a score from 0 to 1, got 90"), (-0.1, "until: expected a score from 0 to 1, got -0.1")],
)
def test_a_strength_that_cannot_be_reached_is_refused(
    game: Game, config: TrainingConfig, tmp_path: Path, until: float, message: str
) -> None:
    with pytest.raises(ArgumentError, match=message):
        Run(game, msgspec.structs.replace(config, until=until), tmp_path / "run")
    assert not (tmp_path / "run").exists()
    Run(game, config, tmp_path / "run")
    with pytest.raises(ArgumentError, match=message):
        Run.resumed(game, tmp_path / "run", until=until)
    alone = msgspec.structs.replace(config, game="python:flaky", until=1000.5)
    with pytest.raises(
        ArgumentError, match=r"until: expected a mean return from 0 to 1000 \(spec.returns\), got 1000.5"
    ):
        Run(Alone(), alone, tmp_path / "alone")


def test_agents_that_never_lose_end_their_games_at_a_limit(
    config: TrainingConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("playing.selfplay", "strength.games", "endings"):
        monkeypatch.setattr(f"myoshu.training.{module}.LONGEST", 12)
    config = msgspec.structs.replace(config, game="python:flaky")
    check = Run(Alone(), config, tmp_path / "run").train().check
    assert check is not None
    assert check.first.returns == (6.0,) * 8
