"""Trainers that learn the game of an engine in C."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.measured import rows
from tests.waiting import wait_until

import myoshu

Run = Callable[..., subprocess.CompletedProcess[str]]
Start = Callable[..., tuple[subprocess.Popen[str], int]]


def test_an_engine_that_connects_to_the_trainer_is_learned_from(
    run: Run, trainer: tuple[int, subprocess.Popen[str]], tmp_path: Path
) -> None:
    port, process = trainer
    done = run("dots_engine", "--join", f"tcp://127.0.0.1:{port}")  # waits for the trainer, which starts up
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    out, _ = process.communicate(timeout=500)
    assert process.returncode == 0, out + (tmp_path / "told").read_text()
    assert myoshu.load(tmp_path / "learned.myoshu", "cpu").game.name == "c:dots_and_boxes"


@pytest.mark.parametrize("trainer", [10**6], indirect=True)
def test_an_engine_that_was_killed_connects_again_and_training_goes_on(
    built: Path, trainer: tuple[int, subprocess.Popen[str]], tmp_path: Path
) -> None:
    port, process = trainer
    command = [built / "dots_engine", "--join", f"tcp://127.0.0.1:{port}"]
    with subprocess.Popen(command) as first:
        wait_until(lambda: rows(tmp_path / "run") > 0)
        first.kill()
    with subprocess.Popen(command) as second:
        wait_until(lambda: "connected again" in (tmp_path / "told").read_text())
        reached = rows(tmp_path / "run")
        wait_until(lambda: rows(tmp_path / "run") > reached)
        process.send_signal(signal.SIGINT)
        assert second.wait(500) == 0
    out, _ = process.communicate(timeout=500)
    assert process.returncode == 130, out  # told to stop, it has written its agent
    assert (tmp_path / "learned.myoshu").exists()


def test_a_trainer_that_refuses_or_never_comes_is_said(run: Run, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
    address = f"tcp://127.0.0.1:{port}"
    nobody = run("dots_engine", "--join", address, "0.3")
    assert nobody.returncode == 1
    assert "Connection refused" in nobody.stderr
    nowhere = run("dots_engine", "--join", "http://127.0.0.1", "0.3")
    assert nowhere.returncode == 1
    assert "address: expected" in nowhere.stderr
    command = [sys.executable, "-m", "myoshu.cli", "train", "--listen", f"127.0.0.1:{port}", "--steps", "1", "--quiet"]
    command += ["--run", str(tmp_path / "run"), "--out", str(tmp_path / "dots.myoshu")]
    with subprocess.Popen(command, env={**os.environ, "MYOSHU_TOKEN": "secret"}) as process:
        refused = run("dots_engine", "--join", address)
        process.kill()
    assert refused.returncode == 1
    assert refused.stderr == "hello.token: expected the server's token, got none\n"


@pytest.mark.slow
def test_dots_and_boxes_is_learned_served_and_played_at_the_terminal(
    start: Start, run: Run, serving: Any, tmp_path: Path
) -> None:
    _, port = start("dots_engine", MYOSHU_TOKEN="s3cret")
    bundle = tmp_path / "dots.myoshu"
    command = [sys.executable, "-m", "myoshu.cli", "train", f"tcp://127.0.0.1:{port}", "--deterministic", "--quiet"]
    command += ["--steps", "2", "--simulations", "2", "--run", str(tmp_path / "run"), "--out", str(bundle)]
    environment = os.environ | {"MYOSHU_TOKEN": "s3cret", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, timeout=280, env=environment, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    with serving(tmp_path, bundle) as found:
        played = run(
            "dots_play", found["discovery"], stdin="?\n" + "".join(f"{side}\n" for side in "abcdefghijkl" * 12)
        )
        watched = run("dots_play", "--second", found["discovery"], stdin="")
        measured = run("dots_measure", 2, found["discovery"])
    assert (played.returncode, played.stderr) == (0, "")
    assert "Expected one of the letters on the board" in played.stdout
    assert re.search(r"The agent draws [a-l] \(it expects [+-]\d\.\d\d after \d+ simulations\)", played.stdout)
    assert played.stdout.splitlines()[-1] in ("You win.", "The agent wins.", "A draw.")
    assert (watched.returncode, watched.stderr) == (1, "")  # nobody typed anything
    assert "The agent draws" in watched.stdout
    lines = re.findall(r"(\w+) +play, the agent moves (\w+) *: (\d+) won, (\d+) drawn, (\d+) lost", measured.stdout)
    assert [line[:2] for line in lines] == [
        (who, when) for who in ("random", "perfect") for when in ("first", "second")
    ]
    assert all(sum(map(int, line[2:])) == 2 for line in lines), measured.stdout + measured.stderr
