"""``myoshu doctor``: does a bundle compute here what it computed where it was trained?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["doctor"]

EPILOG = """
[bold]Examples[/bold]

Replay the file's recorded outputs on every execution provider that is installed:

  myoshu doctor agent.myoshu

On one of them:

  myoshu doctor agent.myoshu --provider cuda
"""


def doctor(
    bundle: Annotated[Path, typer.Argument(help="The agent's file.", show_default=False)],
    provider: Annotated[
        list[str] | None,
        typer.Option(help="Which execution provider; may be given several times. By default all that are there."),
    ] = None,
) -> None:
    """Replay the outputs that the trainer saw on this machine's execution providers.

    The exit code is 1 if a provider does not reproduce them.
    """
    from myoshu.runtime.bundle import Bundle
    from myoshu.runtime.doctor import diagnose, versions
    from myoshu.runtime.parity import TOLERANCE

    here = versions()
    typer.echo(
        f"myoshu {here.myoshu}, ONNX Runtime {here.onnxruntime}, NumPy {here.numpy}, "
        f"Python {here.python}, {here.machine}"
    )
    content = Bundle.read(bundle)
    rows = len(content.parity.observation), len(content.parity.latent)
    typer.echo(f"{bundle}: the file is sound; {rows[0]} + {rows[1]} parity vectors, tolerance {TOLERANCE:g}")
    sick = False
    for diagnosis in diagnose(content, provider):
        if diagnosis.sound:
            placed = ", ".join(f"{count} operators on {name}" for name, count in diagnosis.placement.items())
            typer.echo(
                f"{diagnosis.provider}: right; {diagnosis.deviation}; {diagnosis.microseconds:.1f} µs an evaluation"
                f"{f'; {placed}' if placed else ''}"
            )
        else:
            sick = True
            typer.echo(f"{diagnosis.provider}: not to be trusted; {diagnosis.cause}")
    if sick:
        raise typer.Exit(1)
