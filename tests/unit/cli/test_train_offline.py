"""``myoshu train --offline``: recorded games are learned from, what is no record is refused, resuming agrees."""

from __future__ import annotations

import gzip
import subprocess
import sys
from pathlib import Path

import pytest

from myoshu.record import read_records
from myoshu.training.checkpoint import read_checkpoint

GAME = "openspiel:tic_tac_toe"


def train(*arguments: str, expected: int = 0) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "myoshu.cli", "train", GAME, *arguments], capture_output=True, text=True, timeout=280
    )
    assert done.returncode == expected, done.stdout + done.stderr
    return done.stdout + " ".join(done.stderr.split())


@pytest.mark.slow
def test_a_runs_games_teach_another(tmp_path: Path) -> None:
    first, second = (str(tmp_path / name) for name in ("first", "second"))
    quick = ("--deterministic", "--simulations", "2")
    train(*quick, "--steps", "20", "--run", first)
    games = tmp_path / "first" / "games"
    count = sum(1 for _ in read_records(games))
    assert count > 100
    offline = (*quick, "--offline", str(games), "--run", second)
    assert f"Learning from {count:,} recorded games" in train(*offline, "--steps", "10")
    saved = read_checkpoint(tmp_path / "second" / "checkpoint.npz")
    assert int(saved["replay"]["counts"][2]) > 0
    assert "going on from step 10" in train(*offline, "--steps", "12")
    refused = train(*offline[:-3], str(tmp_path / "other"), "--run", second, "--steps", "14", expected=2)
    assert "offline: expected" in refused
    assert "learner.reanalyse: expected 0.5, as the command says, got 1.0" in train(
        *offline, "--steps", "14", "--reanalyse", "0.5", expected=2
    )


@pytest.mark.slow
def test_what_cannot_be_learned_from_is_refused(tmp_path: Path) -> None:
    refused = train("--offline", str(tmp_path), "--run", str(tmp_path / "a"), expected=2)
    assert "expected a folder with files of games" in refused
    (tmp_path / "games.jsonl.gz").write_bytes(gzip.compress(b'{"format":1}\n'))
    refused = train("--offline", str(tmp_path), "--run", str(tmp_path / "b"), expected=2)
    assert "line 1: Object missing required field `game`" in refused
    assert "learner.reanalyse: expected less than 1 where games are played" in train(
        "--reanalyse", "1", "--run", str(tmp_path / "c"), expected=2
    )
    assert not any((tmp_path / name).exists() for name in "abc")
