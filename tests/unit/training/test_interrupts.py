"""Ctrl-C ends a run at the next safe place, with its checkpoint and its agent."""

from __future__ import annotations

import signal
from pathlib import Path

import msgspec
from tests.unit.training.opponents import Moody
from tests.unit.training.recorder import Acting, press_ctrl_c

from myoshu.game import Game
from myoshu.runtime.bundle import Bundle
from myoshu.training import TrainingConfig
from myoshu.training.run import Run


def test_ctrl_c_ends_it_with_a_checkpoint_and_an_agent(game: Game, config: TrainingConfig, tmp_path: Path) -> None:
    progress = Acting(lambda status: status.step >= 20, press_ctrl_c)
    run = Run(game, msgspec.structs.replace(config, steps=10**6), tmp_path / "run", progress=progress)
    before = signal.getsignal(signal.SIGINT)
    summary = run.train()
    assert summary.interrupted
    assert 20 <= summary.steps < 10**6
    assert Bundle.read(summary.bundle).manifest.provenance["steps"] == summary.steps
    assert Run.resumed(game, tmp_path / "run").learner.steps == summary.steps
    assert signal.getsignal(signal.SIGINT) is before


def test_ctrl_c_ends_a_check_at_once(game: Game, config: TrainingConfig, tmp_path: Path) -> None:
    moody = Moody(press_ctrl_c, after=1)
    config = msgspec.structs.replace(config, steps=10**6, evaluations=10**5, opponents=("moody",))
    summary = Run(game, config, tmp_path / "run", opponents=[moody]).train()
    assert (summary.interrupted, summary.steps, moody.calls) == (True, 10, 2)
    assert Bundle.read(summary.bundle).manifest.provenance["steps"] == 10
    last = Moody(press_ctrl_c, after=1)
    ended = msgspec.structs.replace(config, steps=20, evaluations=1)
    summary = Run(game, ended, tmp_path / "last", opponents=[last]).train()
    assert (summary.interrupted, summary.steps, summary.check, last.calls) == (True, 20, None, 2)
    assert Bundle.read(summary.bundle).manifest.provenance["steps"] == 20
