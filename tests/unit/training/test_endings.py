"""Runs that end without an agent, or before their time, say why and what can be done."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest
from tests.unit.training.flaky_game import Endless

from myoshu.errors import TrainingError
from myoshu.game import Game
from myoshu.training import TrainingConfig
from myoshu.training.checkpoint import read_checkpoint
from myoshu.training.folder import write_config
from myoshu.training.run import Run


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


def test_games_without_end_are_told(config: TrainingConfig, tmp_path: Path) -> None:
    config = msgspec.structs.replace(config, game="python:flaky", deterministic=False, steps=None, minutes=0.01)
    with pytest.raises(
        TrainingError, match=r"nothing was learned yet.* no game was over, with [\d,]+ moves .* in 8 games .*max_length"
    ):
        Run(Endless(), config, tmp_path / "run", cores=1).train()
