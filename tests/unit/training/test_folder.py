"""A run's folder: one process at a time, and every file whole, whatever the disk does."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from tests.unit.training.recorder import Acting

from myoshu.errors import TrainingError
from myoshu.game import Game
from myoshu.training import TrainingConfig
from myoshu.training.checkpoint import read_checkpoint
from myoshu.training.folder import Lock, load_config, remove_unfinished, replaced, write_config
from myoshu.training.run import Run
from myoshu.training.telling.metrics import Metrics, Table, read_table

HOLDER = """
import sys, time
from pathlib import Path
from myoshu.training.folder import Lock

with Lock(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


@contextlib.contextmanager
def held_elsewhere(folder: Path, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process holds the folder's lock."""
    script = tmp_path / "hold.py"
    script.write_text(textwrap.dedent(HOLDER))
    process = subprocess.Popen([sys.executable, str(script), str(folder)], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def test_a_second_process_is_refused_until_the_first_is_killed(
    game: Game, config: TrainingConfig, tmp_path: Path
) -> None:
    run = Run(game, config, tmp_path / "run")
    with held_elsewhere(run.folder, tmp_path) as process:
        with pytest.raises(TrainingError, match="expected a run that no other process is training, got one that is"):
            run.train()
        assert not (run.folder / "metrics.csv").exists()
        assert Run.resumed(game, run.folder).config == config  # looking on is allowed
        process.kill()
        process.wait()
        assert run.train().steps == 30
    assert (run.folder / ".lock").exists()


def test_a_new_run_is_not_begun_where_another_process_trains(
    game: Game, config: TrainingConfig, tmp_path: Path
) -> None:
    (tmp_path / "run").mkdir()
    with held_elsewhere(tmp_path / "run", tmp_path), pytest.raises(TrainingError, match="no other process"):
        Run(game, config, tmp_path / "run")


def test_a_wrong_setting_is_named_with_its_file(game: Game, config: TrainingConfig, tmp_path: Path) -> None:
    Run(game, config, tmp_path / "run")
    file = tmp_path / "run" / "config.toml"
    file.write_text(file.read_text().replace("[learner]", "[learner]\nlr = 0.1"))
    with pytest.raises(TrainingError, match=r"run.config\.toml: learner\.lr: expected no such setting$"):
        load_config(tmp_path / "run")


def test_a_lock_is_given_up_by_an_error(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), Lock(tmp_path):
        raise ZeroDivisionError
    with Lock(tmp_path), pytest.raises(TrainingError, match="no other process"), Lock(tmp_path):
        pass
    with pytest.raises(TrainingError, match=r"\.lock: expected to lock the run, got: "), Lock(tmp_path / "nowhere"):
        pass


def test_a_checkpoint_that_was_overtaken_is_not_gone_on_from(
    game: Game, config: TrainingConfig, tmp_path: Path
) -> None:
    Run(game, config, tmp_path / "run").train()
    slow = Run.resumed(game, tmp_path / "run", steps=40)
    Run.resumed(game, tmp_path / "run", steps=35).train()
    with pytest.raises(TrainingError, match="expected the checkpoint that was read, got a newer one"):
        slow.train()
    assert load_config(tmp_path / "run").steps == 35


@contextlib.contextmanager
def small_files(largest: int) -> Iterator[None]:
    """No file may grow above so many bytes: writing fails, for root as well, as on a disk that is full."""
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_files_that_cannot_be_written_stay_as_they_were(config: TrainingConfig, tmp_path: Path) -> None:
    write_config(config, tmp_path)
    before = contents(tmp_path)
    with (
        small_files(100),
        pytest.raises(TrainingError, match=r"config.toml: expected to write the config\S+, got: File"),
    ):
        write_config(msgspec.structs.replace(config, seed=5), tmp_path)
    assert contents(tmp_path) == before
    with pytest.raises(TrainingError, match="No such file or directory"), replaced(tmp_path / "no" / "file", "it"):
        pass
    with contextlib.suppress(ZeroDivisionError), replaced(tmp_path / "config.toml", "it") as file:
        file.write(b"half of")
        raise ZeroDivisionError
    assert contents(tmp_path) == before


def test_metrics_that_cannot_be_written(tmp_path: Path) -> None:
    table = Table(tmp_path / "t.csv", {"seconds": "", "what": ""}, seconds=0.0)
    metrics = Metrics(tmp_path)
    with small_files(60):
        table.write({"seconds": 0.0, "what": "something"})
        with pytest.raises(TrainingError, match=r"t.csv: expected to write what was measured, got: File too large"):
            table.write({"seconds": 1.0, "what": "something" * 10})
        with pytest.raises(TrainingError, match=r"metrics.csv: expected to write what was measured"):
            metrics.write({"seconds": 1.0, "step": 1})
    (tmp_path / "metrics.csv").unlink()  # so that it is TensorBoard's file that is too large
    with small_files(60), pytest.raises(TrainingError, match=r"events.out.tfevents\.\S+: expected to write what was"):
        metrics.write({"seconds": 1.0, "step": 1, "elo": 3.0, "elo_low": 2.0})
    rows = read_table(tmp_path / "t.csv")
    assert [row["what"] for row in rows] == ["something"] * len(rows)


def test_a_disk_that_fills_up_leaves_the_last_checkpoint(game: Game, config: TrainingConfig, tmp_path: Path) -> None:
    config = msgspec.structs.replace(config, deterministic=False, steps=10**6, checkpoint_steps=5)
    folder = tmp_path / "run"
    limit = contextlib.ExitStack()

    def fill() -> None:
        limit.enter_context(small_files((folder / "checkpoint.npz").stat().st_size // 2))

    progress = Acting(lambda status: (folder / "checkpoint.npz").exists(), fill)
    run = Run(game, config, folder, progress=progress, cores=1)
    with (
        limit,
        pytest.raises(TrainingError, match=r"checkpoint.npz: expected to write a checkpoint, got: File too large"),
    ):
        run.train()
    steps = int(read_checkpoint(folder / "checkpoint.npz")["learner"]["steps"])
    assert 0 < steps < run.learner.steps
    assert not [path for path in folder.rglob(".*") if path.name != ".lock"]
    resumed = Run.resumed(game, folder, steps=steps + 5)
    assert resumed.learner.steps == steps
    assert resumed.train().steps == steps + 5


def test_an_agent_that_cannot_be_written(game: Game, config: TrainingConfig, tmp_path: Path) -> None:
    run = Run(game, msgspec.structs.replace(config, evaluation_games=0), tmp_path / "run")
    run.train()
    before = contents(run.folder)
    with small_files(1000), pytest.raises(TrainingError, match=r"agent.myoshu: expected a place to write a bundle"):
        run.export(run.folder / "agent.myoshu")
    assert contents(run.folder) == before


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is always full")
def test_no_space_left(game: Game, config: TrainingConfig, tmp_path: Path) -> None:
    config = msgspec.structs.replace(config, deterministic=False, steps=10**6, checkpoint_steps=5)
    folder = tmp_path / "run"

    def fill() -> None:
        (folder / "metrics.csv").unlink()
        (folder / "metrics.csv").symlink_to("/dev/full")

    progress = Acting(lambda status: (folder / "checkpoint.npz").exists(), fill)
    run = Run(game, config, folder, progress=progress, cores=1)
    with pytest.raises(
        TrainingError, match=r"metrics.csv: expected to write what was measured, got: No space left on device"
    ):
        run.train()
    (folder / "metrics.csv").unlink()
    steps = int(read_checkpoint(folder / "checkpoint.npz")["learner"]["steps"])
    assert 0 < steps <= run.learner.steps
    assert Run.resumed(game, folder, steps=steps + 5).train().steps == steps + 5


@pytest.mark.skipif(os.name != "posix", reason="folders have no modes")
@pytest.mark.usefixtures("modes_bind_root")
def test_a_folder_that_became_read_only(game: Game, config: TrainingConfig, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    Run(game, config, folder).train()
    before = contents(folder)
    folder.chmod(0o500)
    try:
        with pytest.raises(
            TrainingError, match=r"config.toml: expected to write the config\S+, got: Permission denied"
        ):
            Run.resumed(game, folder, steps=40).train()
        with pytest.raises(TrainingError, match=r"run/new: expected to make a run's folder, got: Permission denied"):
            Run(game, config, folder / "new")
    finally:
        folder.chmod(0o700)
    assert contents(folder) == before
    assert Run.resumed(game, folder, steps=40).train().steps == 40


def test_unfinished_files_are_removed_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "bundles").mkdir()
    kept = [".lock", ".gitignore", "config.toml", ".notes.txt", "bundles/step-5.myoshu"]
    for name in [*kept, ".checkpoint.npz.ab", ".config.toml.x", ".agent.myoshu.1", "bundles/.step-5.myoshu.77"]:
        (tmp_path / name).write_text("")
    remove_unfinished(tmp_path)
    assert sorted(contents(tmp_path)) == sorted(kept)
