"""``myoshu export``: a run's folder → a bundle."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

__all__ = ["export"]

EPILOG = """
[bold]Examples[/bold]

Export what a run had learned at its last checkpoint, while it goes on or after it was killed:

  myoshu export runs/four --out connect_four.myoshu
"""


def export(
    run: Annotated[Path, typer.Argument(help="The folder of a training run.")],
    out: Annotated[
        Path | None, typer.Option(help="The agent's file. By default agent.myoshu in the run's folder.")
    ] = None,
    game: Annotated[
        str | None,
        typer.Option(
            help="Where the engine with the rules is, as tcp://HOST:PORT, of a run that learned an engine's game. "
            "Any other run names its game itself."
        ),
    ] = None,
) -> None:
    """Export what a training run had learned at its last checkpoint.

    The exported graphs must compute what was trained: if they do not, there is an error and no file.
    """
    from myoshu.cli._players import own_game
    from myoshu.errors import DependencyError, TrainingError
    from myoshu_engines import load_game

    try:
        from myoshu.training.folder import BUNDLE, CHECKPOINT, load_config
        from myoshu.training.run import Run
    except ImportError as error:
        raise DependencyError(f"exporting needs more packages ({error}): pip install 'myoshu[train]'") from error

    config = load_config(run)
    if not (run / CHECKPOINT).exists():
        raise TrainingError(f"{run}: expected a run with a checkpoint, there is no {CHECKPOINT} yet")
    path = out if out is not None else run / BUNDLE
    rules = load_game(own_game(str(run), config.game) if game is None else game)
    Run.resumed(rules, run).export(path, date=datetime.now(UTC).isoformat(timespec="seconds"))
    typer.echo(f"{path}: exported from {run}")
