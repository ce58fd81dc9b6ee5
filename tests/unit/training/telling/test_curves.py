"""The picture of a run: drawn from what is on file, whatever game it was."""

from __future__ import annotations

import shutil
import struct
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from tests.unit.training.faults import raising
from tests.unit.training.recorder import Recorder

from myoshu.errors import TrainingError
from myoshu.game import Game
from myoshu.training import TrainingConfig
from myoshu.training.run import Run
from myoshu.training.telling.curves import draw_curves
from myoshu.training.telling.metrics import COLUMNS, Metrics
from myoshu_engines import load_game


def size(picture: Path) -> tuple[int, int]:
    head = picture.read_bytes()[:24]
    assert head[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", head[16:24])
    return width, height


def filled(folder: Path, rows: int, **changes: float) -> None:
    metrics = Metrics(folder)
    for index in range(rows):
        row = dict.fromkeys(COLUMNS, 0.5 + index / 100)
        metrics.write({**row, "seconds": 60.0 * (index + 1), "step": 10.0 * index, **changes})


@pytest.mark.parametrize("rows", [0, 1, 200])
def test_a_picture_of_any_number_of_rows(rows: int, tmp_path: Path) -> None:
    filled(tmp_path, rows)
    assert size(draw_curves(tmp_path, "a run")) == (1300, 720)
    assert [path.name for path in tmp_path.glob("*.png")] == ["curves.png"]


def test_the_picture_shows_what_was_measured(tmp_path: Path) -> None:
    filled(tmp_path, 50)
    before = draw_curves(tmp_path).read_bytes()
    assert draw_curves(tmp_path).read_bytes() == before
    shutil.rmtree(tmp_path)
    tmp_path.mkdir()
    filled(tmp_path, 50, rss_learner_mb=700.0)
    assert draw_curves(tmp_path).read_bytes() != before


@pytest.mark.parametrize(
    "name", ["openspiel:tic_tac_toe", "openspiel:catch", "python:demos/three_in_a_row.py:ThreeInARow"]
)
def test_a_run_ends_with_its_picture(name: str, config: TrainingConfig, tmp_path: Path) -> None:
    game: Game = load_game(name)
    bins = 0 if game.spec.final_rewards_only else 51
    network = msgspec.structs.replace(config.network, bins=bins)
    run = Run(game, msgspec.structs.replace(config, game=game.spec.name, network=network), tmp_path / "run")
    run.train()
    assert size(tmp_path / "run" / "curves.png") == (1300, 720)


def test_metrics_of_another_program_are_refused(tmp_path: Path) -> None:
    (tmp_path / "metrics.csv").write_text("seconds,moves_per_second\n1,2\n")
    with pytest.raises(
        TrainingError, match=r"metrics.csv: expected the columns that myoshu writes, got: 'loss_policy'"
    ):
        draw_curves(tmp_path)


def test_matplotlib_is_loaded_only_to_draw() -> None:
    program = "import sys, myoshu.training.run; print('matplotlib' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_curves_that_cannot_be_drawn_do_not_end_a_run(
    game: Game, config: TrainingConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = Recorder()
    monkeypatch.setattr("myoshu.training.telling.curves.Curves.draw", raising(ZeroDivisionError("no ink")))
    summary = Run(game, config, tmp_path / "run", progress=recorder).train()
    assert summary.steps == 30
    assert "step 30: the curves could not be drawn: ZeroDivisionError: no ink" in recorder.notes
