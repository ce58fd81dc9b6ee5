"""Runs: they learn, stop cleanly, survive being killed, and go on exactly where they were."""

from __future__ import annotations

import csv
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import pytest

from myoshu.errors import ArgumentError, BundleError, ExportError, RecordError, TrainingError
from myoshu.game import Game, State
from myoshu.planes import planes_of
from myoshu.record import read_records
from myoshu.runtime.agent import load
from myoshu.runtime.bundle import Bundle
from myoshu.training import LearnerConfig, TrainingConfig, preset
from myoshu.training.checkpoint import read_checkpoint, write_checkpoint
from myoshu.training.folder import load_config, write_config
from myoshu.training.playing.source import Source
from myoshu.training.run import Run
from myoshu.training.strength.opponents import RandomOpponent
from myoshu.training.telling.metrics import COLUMNS
from myoshu.training.telling.progress import Status

if TYPE_CHECKING:
    from flaky_game import Alone, Endless, Flaky
else:
    sys.path.append(str(Path(__file__).parent))
    from flaky_game import Alone, Endless, Flaky


class Recorder:
    """A progress display that remembers, and may act on, what it is shown."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.statuses: list[Status] = []
        self.closed = False

    def update(self, status: Status) -> None:
        self.statuses.append(status)

    def note(self, text: str) -> None:
        self.notes.append(text)

    def close(self) -> None:
        self.closed = True


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


def test_an_agent_comes_with_positions_to_check_a_program_with(
    game: Game, config: TrainingConfig, tmp_path: Path
) -> None:
    run = Run(game, config, tmp_path / "run")
    run.export(tmp_path / "agent.myoshu")
    agent = load(tmp_path / "agent.myoshu", "cpu")
    assert agent.check_game(game).right
    assert len(agent.examples) == 8
    assert agent.manifest.planes == planes_of(game)
    run.export(tmp_path / "again.myoshu")
    assert (tmp_path / "agent.myoshu").read_bytes() == (tmp_path / "again.myoshu").read_bytes()


@pytest.mark.parametrize("broken", ["planes", "new_state"])
def test_a_game_that_fails_afterwards_costs_no_agent(
    game: Game, config: TrainingConfig, tmp_path: Path, broken: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = Recorder()
    run = Run(game, config, tmp_path / "run", progress=recorder)

    def fail(*_: object) -> None:
        raise OSError("the engine is gone")

    monkeypatch.setattr(game, broken, "no sequence of texts" if broken == "planes" else fail)
    run.export(tmp_path / "agent.myoshu")
    bundle = Bundle.read(tmp_path / "agent.myoshu")
    if broken == "planes":
        assert not bundle.manifest.planes
        assert "The agent's file will not say what observations hold" in recorder.notes[-1]
        assert bundle.examples
    else:
        said = "The agent's file will have no positions to check a program with: OSError: the engine is gone"
        assert recorder.notes[-1] == said
        assert bundle.examples == ()


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


def test_a_loss_that_is_not_finite_ends_the_run_with_its_checkpoint(
    game: Game, config: TrainingConfig, tmp_path: Path
) -> None:
    run = Run(game, msgspec.structs.replace(config, checkpoint_steps=5), tmp_path / "run")
    step = run.learner.step

    def poisoned(batch: object, share: float) -> object:
        if run.learner.steps == 12:
            batch.observations[:] = np.nan  # type: ignore[attr-defined]  # a Batch
        return step(batch, share)  # type: ignore[arg-type]  # likewise

    run.learner.step = poisoned  # type: ignore[assignment,method-assign]  # a poisoned batch
    with pytest.raises(
        TrainingError,
        match=r"loss: expected finite numbers.* diverged at step 12; the checkpoint",
    ):
        run.train()
    assert Run.resumed(game, tmp_path / "run").learner.steps == 10


@pytest.mark.parametrize("cores", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_a_run_that_really_diverges_keeps_its_last_good_checkpoint(
    cores: int, game: Game, config: TrainingConfig, tmp_path: Path
) -> None:
    calm = msgspec.structs.replace(config, deterministic=False, evaluation_games=0, checkpoint_seconds=1e6)
    Run(game, calm, tmp_path / "run", cores=cores).train()
    learner = msgspec.structs.replace(config.learner, learning_rate=1e3, clip=1e30, weight_decay=1e3, warm_up=0)
    wild = msgspec.structs.replace(calm, learner=learner, steps=10**6, checkpoint_steps=1)
    write_config(wild, tmp_path / "run")
    run = Run.resumed(game, tmp_path / "run", cores=cores)
    with pytest.raises(
        TrainingError,
        match=r"finite.* diverged at step \d+; the checkpoint in .* Make learning_rate or clip .*config.toml smaller",
    ):
        run.train()
    assert run.learner.steps > 30
    kept = read_checkpoint(tmp_path / "run" / "checkpoint.npz")["learner"]
    assert all(np.isfinite(array).all() for array in kept.values())
    write_config(calm, tmp_path / "run")
    steps = int(kept["steps"])
    assert Run.resumed(game, tmp_path / "run", steps=steps + 1, cores=cores).learner.steps == steps


def test_ctrl_c_ends_it_with_a_checkpoint_and_an_agent(game: Game, config: TrainingConfig, tmp_path: Path) -> None:
    run = Run(game, msgspec.structs.replace(config, steps=10**6), tmp_path / "run")
    before = signal.getsignal(signal.SIGINT)

    def interrupt() -> None:
        while run.learner.steps < 20:
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    summary = run.train()
    thread.join()
    assert summary.interrupted
    assert 20 <= summary.steps < 10**6
    assert Bundle.read(summary.bundle).manifest.provenance["steps"] == summary.steps
    assert Run.resumed(game, tmp_path / "run").learner.steps == summary.steps
    assert signal.getsignal(signal.SIGINT) is before


KILLED = """
import sys
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
    for _ in range(2):
        process = subprocess.Popen([sys.executable, str(script), str(tmp_path / "run")])
        try:
            limit = time.monotonic() + 240
            while True:
                assert process.poll() is None
                assert time.monotonic() < limit
                time.sleep(0.2)
                if (tmp_path / "run" / "checkpoint.npz").exists():
                    steps = Run.resumed(game, tmp_path / "run").learner.steps
                    if steps > reached:
                        break
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


class Moody(RandomOpponent):
    """Random play that does something else first, from its Nth move on."""

    name = "moody"

    def __init__(self, what: Callable[[], None], after: int = 0) -> None:
        self.what, self.left, self.calls = what, after, 0

    def choose(self, game: Game, states: Sequence[State], rng: np.random.Generator) -> Sequence[int]:
        self.calls += 1
        self.left -= 1
        if self.left < 0:
            self.what()
        return super().choose(game, states, rng)


def fail(error: Exception) -> Callable[[], None]:
    def raise_it() -> None:
        raise error

    return raise_it


def test_the_agent_is_written_whatever_the_checks_meet_with(game: Game, config: TrainingConfig, tmp_path: Path) -> None:
    recorder, moody = Recorder(), Moody(fail(ZeroDivisionError("a bad day")))
    config = msgspec.structs.replace(config, evaluations=3, opponents=("moody",))
    run = Run(game, config, tmp_path / "run", opponents=[moody], progress=recorder)
    summary = run.train()
    assert (summary.check, summary.steps, moody.calls) == (None, 30, 3)
    manifest = Bundle.read(summary.bundle).manifest
    assert manifest.provenance["steps"] == 30
    assert "strength" not in manifest.provenance
    told = [note for note in recorder.notes if "a bad day" in note]
    assert [note.partition(":")[0] for note in told[:2]] == ["step 10", "step 20"]
    assert told[2].startswith("The agent is written, its last check of strength failed: ZeroDivisionError")


def test_the_last_check_counts_though_games_broke_in_it(config: TrainingConfig, tmp_path: Path) -> None:
    flaky, recorder = Flaky("raise", 0.0), Recorder()
    config = msgspec.structs.replace(config, game="python:flaky", evaluations=1, evaluation_games=60)
    run = Run(flaky, config, tmp_path / "run", progress=recorder)
    save = run._save

    def break_from_now_on(source: Source) -> None:
        save(source)
        object.__setattr__(flaky, "share", 0.5)

    run._save = break_from_now_on  # type: ignore[method-assign]  # learning is over
    summary = run.train()
    assert summary.check is not None
    assert 0 < summary.check.games < 60
    assert Bundle.read(summary.bundle).manifest.provenance["strength"] == str(summary.check)
    assert any("last check of strength failed: expected games that can be played to" in note for note in recorder.notes)


def test_the_agent_bears_the_last_check(game: Game, config: TrainingConfig, tmp_path: Path) -> None:
    run = Run(game, config, tmp_path / "run")
    summary = run.train()
    assert Bundle.read(summary.bundle).manifest.provenance["strength"] == str(summary.check)


def test_curves_that_cannot_be_drawn_do_not_end_a_run(
    game: Game, config: TrainingConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = Recorder()
    monkeypatch.setattr("myoshu.training.telling.curves.Curves.draw", lambda *_: fail(ZeroDivisionError("no ink"))())
    summary = Run(game, config, tmp_path / "run", progress=recorder).train()
    assert summary.steps == 30
    assert "step 30: the curves could not be drawn: ZeroDivisionError: no ink" in recorder.notes


@pytest.mark.parametrize("kind", [TrainingError, OSError])
def test_the_agent_is_written_when_learning_ends_by_an_error(
    game: Game, config: TrainingConfig, tmp_path: Path, kind: type[Exception]
) -> None:
    recorder = Recorder()
    run = Run(game, config, tmp_path / "run", progress=recorder)
    step = run.state.step

    def until_twelve() -> object:
        if run.learner.steps == 12:
            raise kind("the games are gone")
        return step()

    run.state.step = until_twelve  # type: ignore[assignment,method-assign]  # an error in the middle
    with pytest.raises(kind, match="the games are gone"):
        run.train(tmp_path / "out.myoshu")
    assert Bundle.read(tmp_path / "out.myoshu").manifest.provenance["steps"] == 12
    assert any("out.myoshu: the agent as it was at step 12" in note for note in recorder.notes)


def test_what_the_export_would_refuse_is_refused_before_anything_is_learned(
    game: Game, config: TrainingConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for error, expected in (
        (BundleError("manifest: no"), pytest.raises(TrainingError, match="manifest: no")),
        (ExportError("value: no"), pytest.raises(ExportError, match="value: no, before anything was learned")),
    ):
        run = Run(game, config, tmp_path / type(error).__name__)
        monkeypatch.setattr("myoshu.training.exporter.export_bundle", lambda *_, error=error, **__: fail(error)())
        with expected:
            run.train()
        assert run.learner.steps == 0
    monkeypatch.undo()
    out = tmp_path / "elsewhere"
    out.mkdir()
    run = Run(game, config, tmp_path / "run")
    run.train(out / "out.myoshu")
    assert [path.name for path in out.iterdir()] == ["out.myoshu"]
    monkeypatch.setattr("myoshu.training.exporter.export_bundle", lambda *_, **__: fail(ExportError("value: no"))())
    longer = Run.resumed(game, tmp_path / "run", steps=40)
    with pytest.raises(ExportError, match=r"value: no; the checkpoint in .*run is kept: .*`myoshu export .*run`"):
        longer.train()
    assert Run.resumed(game, tmp_path / "run").learner.steps == 40


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


def test_games_without_end_are_told(config: TrainingConfig, tmp_path: Path) -> None:
    config = msgspec.structs.replace(config, game="python:flaky", deterministic=False, steps=None, minutes=0.01)
    with pytest.raises(
        TrainingError, match=r"nothing was learned yet.* no game was over, with [\d,]+ moves .* in 8 games .*max_length"
    ):
        Run(Endless(), config, tmp_path / "run", cores=1).train()


def test_ctrl_c_ends_a_check_at_once(game: Game, config: TrainingConfig, tmp_path: Path) -> None:
    moody = Moody(lambda: os.kill(os.getpid(), signal.SIGINT), after=1)
    config = msgspec.structs.replace(config, steps=10**6, evaluations=10**5, opponents=("moody",))
    summary = Run(game, config, tmp_path / "run", opponents=[moody]).train()
    assert (summary.interrupted, summary.steps, moody.calls) == (True, 10, 2)
    assert Bundle.read(summary.bundle).manifest.provenance["steps"] == 10
    last = Moody(lambda: os.kill(os.getpid(), signal.SIGINT), after=1)
    ended = msgspec.structs.replace(config, steps=20, evaluations=1)
    summary = Run(game, ended, tmp_path / "last", opponents=[last]).train()
    assert (summary.interrupted, summary.steps, summary.check, last.calls) == (True, 20, None, 2)
    assert Bundle.read(summary.bundle).manifest.provenance["steps"] == 20


def test_agents_that_never_lose_end_their_games_at_a_limit(
    config: TrainingConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("playing.selfplay", "strength.games", "endings"):
        monkeypatch.setattr(f"myoshu.training.{module}.LONGEST", 12)
    config = msgspec.structs.replace(config, game="python:flaky")
    check = Run(Alone(), config, tmp_path / "run").train().check
    assert check is not None
    assert check.first.returns == (6.0,) * 8
