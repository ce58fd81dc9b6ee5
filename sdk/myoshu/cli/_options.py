"""What several verbs ask for, spelled and explained once.

A default that is a rule is said in words: ``show_default="every core"`` is shown as ``[default: (every core)]``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["SEED", "SEVERAL", "BundleFile", "Provider", "Seed", "Simulations", "Threads", "Time"]

SEED = 1
"""The seed of what is given none."""
SEVERAL = "May be given several times."
"""Ends the help of an option that collects values."""

BundleFile = Annotated[Path, typer.Argument(help="The agent's file.", show_default=False)]
Provider = Annotated[str, typer.Option(help="The execution provider.")]
Seed = Annotated[int, typer.Option(min=0, help="Seed of everything random.")]
Simulations = Annotated[
    int | None, typer.Option(help="Simulations a move, for bundles.", show_default="each bundle's own")
]
Threads = Annotated[int, typer.Option(min=1, help="Threads that compute the network.")]
Time = Annotated[
    float | None,
    typer.Option(help="Seconds a move, for bundles; instead of --simulations or besides.", show_default="no limit"),
]
