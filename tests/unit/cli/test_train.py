"""``myoshu train``: the same command goes on where it was, also after kill -9; contradictions are refused."""

from __future__ import annotations

import csv
import os
import random
import re
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest

from myoshu.training.checkpoint import read_checkpoint
from myoshu.training.folder import Lock, load_config
from myoshu.training.presets import preset
from myoshu.training.run import Run
from myoshu_engines import load_game

QUICK = ("openspiel:tic_tac_toe", "--deterministic", "--simulations", "2", "--seed", "3")


def train(*arguments: str, expected: int = 0) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "myoshu.cli", "train", *arguments], capture_output=True, text=True, timeout=280
    )
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


def learned(run: Path) -> int:
    """Steps in the checkpoint, which is read whole."""
    return int(read_checkpoint(run / "checkpoint.npz")["learner"]["steps"])


def relatives(pid: int) -> list[int]:
    """The process's children."""
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except FileNotFoundError:
        return []


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


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
            limit = time.monotonic() + 240
            while not (run / "metrics.csv").exists() or not relatives(process.pid):
                assert process.poll() is None
                assert time.monotonic() < limit
                time.sleep(0.02)
            time.sleep(rng.uniform(0.0, 3.0))
            while last and not (run / "checkpoint.npz").exists():
                assert time.monotonic() < limit
                time.sleep(0.02)
            children = relatives(process.pid)
        finally:
            process.kill()
            process.wait()
        ended = time.monotonic() + 60
        while any(map(alive, children)):
            assert time.monotonic() < ended, "an actor outlived its learner"
            time.sleep(0.05)
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
