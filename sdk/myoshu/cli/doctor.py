"""``myoshu doctor``: does a bundle compute here what it computed where it was trained?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

import typer

from myoshu.cli._options import SEVERAL, BundleFile

if TYPE_CHECKING:
    from myoshu.runtime.bundle import Bundle

__all__ = ["doctor"]

EPILOG = """
[bold]Examples[/bold]

Replay the file's recorded outputs on every execution provider that is installed:

  myoshu doctor agent.myoshu

On one of them:

  myoshu doctor agent.myoshu --provider cuda

Compare the file's positions with a game of yours, to see whether it shows the agent what it learned from:

  myoshu doctor agent.myoshu --game python:my_game.py:MyGame
"""

_HARMLESS = re.compile(r"openspiel:.*|gymnasium:[^:]*", re.DOTALL)
"""Games that are loaded because a file names them: others may run a program or connect to somewhere."""


def doctor(
    bundle: BundleFile,
    provider: Annotated[
        list[str] | None,
        typer.Option(help=f"The execution provider. {SEVERAL}", show_default="all that are there"),
    ] = None,
    game: Annotated[
        str | None,
        typer.Option(
            help="The game to compare the file's positions with.",
            show_default="the agent's own if OpenSpiel or Gymnasium has it: others are loaded only if named here",
        ),
    ] = None,
) -> None:
    """Replay the outputs that the trainer saw on this machine's execution providers, and what the game showed there.

    The exit status is 1 if a provider does not reproduce them, or if the game shows something else than the agent
    learned from.
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
    rows = " + ".join(f"{vectors.rows}" for vectors in content.parity.graphs.values())
    typer.echo(f"{bundle}: the file is sound; {rows} parity vectors, tolerance {TOLERANCE:g}")
    sick = False
    for diagnosis in diagnose(content, provider):
        if diagnosis.sound:
            said = [f"{diagnosis.deviation}", f"{diagnosis.microseconds:.1f} µs an evaluation"]
            if diagnosis.placement:
                said.append(", ".join(f"{count} operators on {name}" for name, count in diagnosis.placement.items()))
            if diagnosis.interpreted:
                said.append(f"searches wait for the interpreter, since {diagnosis.interpreted}")
            typer.echo(f"{diagnosis.provider}: right; {'; '.join(said)}")
        else:
            sick = True
            typer.echo(f"{diagnosis.provider}: not to be trusted; {diagnosis.cause}")
    sick |= _compare(content, game)
    if sick:
        raise typer.Exit(1)


def _compare(bundle: Bundle, named: str | None) -> bool:
    """Say whether a game shows what the agent learned from; True if it does not, or the network answers otherwise."""
    from myoshu.errors import DependencyError, GameError
    from myoshu.runtime.doctor import answers
    from myoshu.runtime.observation_check import check_game
    from myoshu_engines import load_game

    if not bundle.examples:
        typer.echo("positions: the file has none, so that no game can be compared with it")
        return False
    off = answers(bundle)
    count = len(bundle.examples)
    typer.echo(f"positions: {count}; the network's answers are {'' if off.acceptable else 'not '}those noted; {off}")
    string = bundle.manifest.game.name if named is None else named
    if named is None and not _HARMLESS.fullmatch(string):
        typer.echo(f"{string}: not compared; --game {string} loads it and does")
        return not off.acceptable
    try:
        game = load_game(string)
    except (DependencyError, GameError) as error:
        if named is not None:
            raise
        typer.echo(f"{string}: not compared; {error}")
        return not off.acceptable
    found = check_game(bundle.examples, bundle.manifest.planes, game)
    typer.echo(f"{string}: {'right' if found.right else 'not what the agent learned from'}; {found}")
    return not (off.acceptable and found.right)
