"""``myoshu export``: a run's folder → a bundle."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

__all__ = ["export"]

EPILOG = """
[bold]Examples[/bold]

Export what a run had learned at its last checkpoint, while it is running or after it was killed:

  myoshu export runs/four --out connect_four.myoshu

The rules of its game have moved to another folder:

  myoshu export runs/mine --game python:games/my_game.py:MyGame
"""


def export(
    run: Annotated[Path, typer.Argument(help="The folder of a training run.")],
    out: Annotated[
        Path | None, typer.Option(help="The agent's file.", show_default="agent.myoshu in the run's folder")
    ] = None,
    game: Annotated[
        str | None,
        typer.Option(
            help="Where the run's game is now, as python:rules.py:MyGame or the engine's tcp://HOST:PORT.",
            show_default="where it was found last",
        ),
    ] = None,
) -> None:
    """Export what a training run had learned at its last checkpoint.

    The exported graphs must compute what was trained: if they do not, there is an error and no file.
    """
    from myoshu.cli._games import game_as, game_of_run
    from myoshu.cli._paths import expect_folder
    from myoshu.errors import DependencyError, TrainingError
    from myoshu_engines import load_game

    if out is not None:
        expect_folder("--out", out)

    from myoshu.training.folder import BUNDLE, CHECKPOINT, load_config

    config = load_config(run)
    if not (run / CHECKPOINT).exists():
        raise TrainingError(f"{run}: expected a run with a checkpoint, there is no {CHECKPOINT} yet")
    path = out if out is not None else run / BUNDLE
    rules = game_of_run(config.game, run) if game is None else game_as(config.game, load_game(game))
    try:
        from myoshu.training.run import Run
    except ImportError as error:
        raise DependencyError(f"exporting needs more packages ({error}): pip install 'myoshu[train]'") from error

    Run.resumed(rules, run).export(path, date=datetime.now(UTC).isoformat(timespec="seconds"))
    typer.echo(f"{path}: exported from {run}")
