"""``myoshu train``: the same command goes on where it was, also after kill -9; contradictions are refused."""

from __future__ import annotations

import csv
import os
import random
import re
import shutil
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import msgspec
import pytest
from tests.processes import alive, children
from tests.waiting import wait_until
from typer.testing import CliRunner

from myoshu.cli import app
from myoshu.cli.train import _budget
from myoshu.errors import TrainingError
from myoshu.training.checkpoint import read_checkpoint
from myoshu.training.folder import Lock, load_config
from myoshu.training.presets import preset
from myoshu.training.run import Run
from myoshu_engines import load_game

QUICK = ("openspiel:tic_tac_toe", "--deterministic", "--simulations", "2", "--seed", "3")


def train(*arguments: str, expected: int = 0) -> str:
    return myoshu("train", *arguments, expected=expected)


def myoshu(*arguments: str, expected: int = 0) -> str:
    done = subprocess.run([sys.executable, "-m", "myoshu.cli", *arguments], capture_output=True, text=True, timeout=280)
    assert done.returncode == expected, done.stdout + done.stderr
    return done.stdout + " ".join(done.stderr.split())


def test_where_another_process_trains_nothing_is_said_before_that(tmp_path: Path) -> None:
    game = load_game("openspiel:tic_tac_toe")
    Run(game, preset(game.spec), tmp_path / "run")
    with Lock(tmp_path / "run"):
        said = train("openspiel:tic_tac_toe", "--run", str(tmp_path / "run"), expected=2)
    assert "expected a run that no other process is training" in said
    assert "holds a run" not in said


@pytest.mark.slow
def test_the_same_command_goes_on(tmp_path: Path) -> None:
    run = str(tmp_path / "run")
    assert "holds a run" not in train(*QUICK, "--run", run, "--steps", "20")
    assert "holds a run: going on from step 20" in train(*QUICK, "--run", run, "--steps", "25")
    assert load_config(tmp_path / "run").steps == 25
    refused = train(*QUICK[:-1], "4", "--run", run, "--steps", "30", expected=2)
    assert "seed: expected 4, as the command says, got 3" in refused
    refused = train("openspiel:tic_tac_toe", "--run", run, "--simulations", "9", expected=2)
    assert "selfplay.simulations: expected 9, as the command says, got 2" in refused
    refused = train("openspiel:tic_tac_toe", "--run", run, "--preset", "default", expected=2)
    assert re.search(r"config.toml: \w+\.\w+: expected \S+, as the command says, got \S+: leave", refused)
    assert "game: expected 'openspiel:connect_four'" in train("openspiel:connect_four", "--run", run, expected=2)
    assert "expected a run's folder" in train(*QUICK, "--run", str(tmp_path / "none"), "--resume", expected=2)
    assert load_config(tmp_path / "run").steps == 25


def test_a_game_that_is_misspelt_is_told_before_torch_is_loaded() -> None:
    program = (
        "import sys; from typer.testing import CliRunner; from myoshu.cli import app; "
        "result = CliRunner().invoke(app, ['train', 'openspiel:tictactoe']); "
        "print(result.exit_code, 'torch' in sys.modules, result.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("2 False myoshu: game: OpenSpiel does not know 'tictactoe'; expected")


@pytest.mark.parametrize(("options", "seed"), [([], 7), (["--seed", "1"], 1), (["--seed", "3"], 3)])
def test_a_files_seed_holds_unless_the_command_names_one(tmp_path: Path, options: list[str], seed: int) -> None:
    (tmp_path / "mine.toml").write_text("seed = 7\n")
    words = ["train", "openspiel:tic_tac_toe", "--print-config", "--config", str(tmp_path / "mine.toml"), *options]
    assert f"seed = {seed}\n" in CliRunner().invoke(app, words).stdout


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--minutes", "0"], "myoshu: --minutes: expected more than 0, got 0"),
        (["--minutes", "nan"], "myoshu: --minutes: expected more than 0, got nan"),
        (["--out", "no/where.myoshu"], "myoshu: --out: expected a folder that is there, got no"),
        (["--resume"], "myoshu: --resume: expected --run with the folder"),
    ],
)
def test_what_is_wrong_with_a_command_is_told_before_anything_is_done(
    options: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, ["train", "openspiel:tic_tac_toe", *options])
    assert result.exit_code == 2
    assert result.stderr.startswith(message)
    assert not list(tmp_path.iterdir())


def test_a_run_that_another_process_trains_is_refused_first(tmp_path: Path) -> None:
    """Before it is said that the run is gone on with."""
    game = load_game("openspiel:tic_tac_toe")
    run = tmp_path / "run"
    Run(game, msgspec.structs.replace(preset(game.spec), steps=1), run)
    with Lock(run):
        result = CliRunner().invoke(app, ["train", "openspiel:tic_tac_toe", "--run", str(run)])
    assert result.exit_code == 2
    assert "expected a run that no other process is training" in result.stderr
    assert "holds a run" not in result.stderr


def test_a_wrong_setting_is_told_with_its_file(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("game = 'openspiel:nim'\nwrong = 1\n")
    with pytest.raises(TrainingError, match=r"config.toml: wrong: expected no such setting"):
        load_config(tmp_path)


@pytest.mark.parametrize(
    ("minutes", "steps", "text"),
    [(0.15, None, "9 seconds"), (1.0, 1, "1 minute or 1 step"), (1.5, 2000, "1.5 minutes or 2,000 steps")],
)
def test_budgets_are_said_in_the_unit_that_reads_best(minutes: float, steps: int | None, text: str) -> None:
    config = preset(load_game("openspiel:tic_tac_toe").spec)
    assert _budget(msgspec.structs.replace(config, minutes=minutes, steps=steps)) == text


@pytest.mark.slow
def test_a_run_outlives_a_move_of_its_rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The project is copied and its rules go to another folder: what needs them still works."""
    old, new = tmp_path / "old", tmp_path / "new"
    old.mkdir()
    text = (Path(__file__).parents[1] / "engines" / "test_python_game.py").read_text(encoding="utf-8")
    (old / "rules.py").write_text(text.partition("MINIMAL = '''")[2].partition("'''")[0], encoding="utf-8")
    monkeypatch.chdir(old)
    quick = ("--deterministic", "--simulations", "2", "--run", "run")
    train("python:rules.py:TakeAway", *quick, "--steps", "5", "--out", "agent.myoshu")
    shutil.copytree(old, new)
    (new / "rules").mkdir()
    shutil.move(new / "rules.py", new / "rules" / "rules.py")
    shutil.rmtree(old)
    monkeypatch.chdir(new)
    named = "python:rules/rules.py:TakeAway"
    lost = myoshu("export", "run", expected=2)
    assert "--game says where the game is now" in lost
    myoshu("export", "run", "--game", named, "--out", "again.myoshu")
    train(named, *quick, "--steps", "10")
    assert load_config(new / "run").game == "python:rules.py:TakeAway"
    myoshu("export", "run", "--out", "later.myoshu")  # found where it was last
    train(named, "--offline", "run/games", "--run", "second", "--steps", "3")
    myoshu("calibrate", "later.myoshu", "--game", named, "--levels", "2", "--games", "2", "--simulations", "2",
           "--wins", "0", "--random-plies", "1", "--workers", "1")  # fmt: skip
    assert "game: expected 'openspiel:nim', as the command says" in train("openspiel:nim", "--run", "run", expected=2)


def learned(run: Path) -> int:
    """Steps in the checkpoint, which is read whole."""
    return int(read_checkpoint(run / "checkpoint.npz")["learner"]["steps"])


def begun(process: subprocess.Popen[bytes], run: Path) -> bool:
    """Whether it learns, and its actors play."""
    assert process.poll() is None
    return (run / "metrics.csv").exists() and bool(children(process.pid))


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="children are read from /proc")
def test_kills_at_random_instants_lose_nothing(tmp_path: Path) -> None:
    run = tmp_path / "run"
    command = [sys.executable, "-m", "myoshu.cli", "train", "openspiel:tic_tac_toe", "--run", str(run), "--quiet"]
    game = load_game("openspiel:tic_tac_toe")
    Run(game, msgspec.structs.replace(preset(game.spec), checkpoint_seconds=0.3), run)
    rng, reached = random.Random(os.getpid()), 0
    for last in (False, False, True):
        process = subprocess.Popen([*command, "--minutes", "100"])
        try:
            wait_until(partial(begun, process, run))
            time.sleep(rng.uniform(0.0, 3.0))
            if last:
                wait_until((run / "checkpoint.npz").exists)
            actors = children(process.pid)
        finally:
            process.kill()
            process.wait()
        wait_until(lambda actors=actors: not any(map(alive, actors)))
        if (run / "checkpoint.npz").exists():
            steps = learned(run)
            assert steps >= reached
            reached = steps
    assert reached > 0
    subprocess.run([*command, "--steps", str(reached + 20)], check=True, timeout=280, stdout=subprocess.DEVNULL)
    assert learned(run) == reached + 20
    with (run / "metrics.csv").open(newline="") as file:
        seconds = [float(row["seconds"]) for row in csv.DictReader(file)]
    assert seconds == sorted(seconds)
    assert [path.name for path in run.iterdir() if path.name.startswith(".")] == [".lock"]


def test_a_printed_configuration_is_a_file_that_gives_it_again(tmp_path: Path) -> None:
    runner, words = CliRunner(), ["train", "openspiel:tic_tac_toe", "--print-config"]
    options = ["--set", "learner.batch=48", "--set", "search.normalization=none", "--simulations", "9", "--steps", "5"]
    first = runner.invoke(app, [*words, *options])
    assert first.exit_code == 0
    assert "batch = 48\n" in first.stdout
    path = tmp_path / "mine.toml"
    path.write_text(first.stdout)
    assert runner.invoke(app, [*words, "--config", str(path)]).stdout == first.stdout
    assert "batch = 7\n" in runner.invoke(app, [*words, "--config", str(path), "--set", "learner.batch=7"]).stdout


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--set", "learner.lr=1"], "learner.lr: expected a setting"),
        (["--set", "learner.batch"], "--set: expected NAME=VALUE"),
        (["--config", "nowhere.toml"], "nowhere.toml: expected a configuration file"),
        (["--set", "learner.batch=none"], "learner.batch: expected int, got 'none'"),
    ],
)
def test_a_setting_that_is_none_is_told(options: list[str], message: str) -> None:
    result = CliRunner().invoke(app, ["train", "openspiel:tic_tac_toe", "--print-config", *options])
    assert result.exit_code == 2
    assert message in result.stderr


def test_all_settings_are_listed() -> None:
    result = CliRunner().invoke(app, ["train", "--help-config"])
    assert result.exit_code == 0
    assert "learner.batch  (int) [default: 256]\n    Positions in the batch of one learning step." in result.stdout


def test_a_run_is_not_resumed_with_another_setting(tmp_path: Path) -> None:
    game, run = load_game("openspiel:tic_tac_toe"), tmp_path / "run"
    Run(game, msgspec.structs.replace(preset(game.spec), steps=1), run)
    words = ["train", "openspiel:tic_tac_toe", "--run", str(run), "--set", "learner.batch=7"]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 2
    assert "learner.batch: expected 7, as the command says, got 256: leave the option out" in " ".join(
        result.stderr.split()
    )
