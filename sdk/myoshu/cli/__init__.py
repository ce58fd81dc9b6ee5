"""The command line: one module a verb, loaded when it is asked for.

The module ``myoshu.cli.VERB`` has a function ``VERB``, which is the command, and a text ``EPILOG`` with examples;
a hyphen in a verb is an underscore there.
"""

from __future__ import annotations

import difflib
import errno
import importlib
import os
import re
import sys
import warnings
from inspect import getdoc  # by name: a verb's module is called inspect
from typing import Any, TextIO

import typer
from typer.core import TyperGroup

from myoshu.cli._console import adapt_streams
from myoshu.errors import DependencyError, MyoshuError, ProviderWarning
from myoshu.version import __version__

__all__ = ["VERBS", "app", "main"]

VERBS = ("train", "export", "match", "calibrate", "play", "serve", "protocol-check", "inspect", "doctor", "bench")
"""Every verb, in the order in which help lists them."""

EXTRAS = {
    "torch": "train",
    "onnx": "train",
    "tensorboard": "train",
    "matplotlib": "train",
    "rich": "train",
    "pyspiel": "openspiel",
    "open_spiel": "openspiel",
    "websockets": "server",
}
"""Optional modules and the extras that bring them."""

EXIT_ERROR = 2


class _Verbs(TyperGroup):
    """The verbs as commands; an error of myoshu's becomes a line on stderr."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in VERBS:
            return None
        name = cmd_name.replace("-", "_")
        module = importlib.import_module(f"myoshu.cli.{name}")
        verb = getattr(module, name)
        alone = typer.Typer(add_completion=False)
        alone.command(cmd_name, help=_flowing(getdoc(verb) or ""), epilog=_flowing(module.EPILOG))(verb)
        return typer.main.get_command(alone)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if args and not args[0].startswith("-") and args[0] not in VERBS:
            close = difflib.get_close_matches(args[0], VERBS, 1)
            meant = f"did you mean '{close[0]}'?" if close else f"there are {', '.join(VERBS)}"
            ctx.fail(f"No such command '{args[0]}': {meant}")
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except MyoshuError as error:
            _complain(str(error))
        except OSError as error:  # a file or an address that cannot be had; a reader that is gone is the shell's matter
            if error.errno == errno.EPIPE:
                raise
            _complain(": ".join(str(part) for part in (error.filename, error.strerror or error) if part))
        except ModuleNotFoundError as error:
            missing = (error.name or "").partition(".")[0]
            if missing not in EXTRAS:
                raise
            _complain(str(DependencyError(f"{missing} is not installed: pip install 'myoshu[{EXTRAS[missing]}]'")))
        raise typer.Exit(EXIT_ERROR)


app = typer.Typer(
    cls=_Verbs,
    name="myoshu",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="An agent for your game: learn it by self-play, export it as one file, play it by look-ahead search.",
    epilog="Each verb explains itself with examples: myoshu VERB --help",
)


def main() -> None:
    """Run the command line and end the process: 0 if all is well, 2 for an error, whose one line is on stderr."""
    os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")  # a game may bring Pygame, whose greeting is no answer
    adapt_streams()
    app()


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"myoshu {__version__}")
        raise typer.Exit


@app.callback()
def _prepare(
    version: bool = typer.Option(
        False, "--version", callback=_print_version, is_eager=True, help="Print the version and exit."
    ),
) -> None:
    warnings.simplefilter("always", ProviderWarning)
    warnings.showwarning = _show_warning


def _show_warning(
    message: Warning | str, category: type[Warning], filename: str, lineno: int, file: TextIO | None = None,
    line: str | None = None,
) -> None:  # fmt: skip
    if issubclass(category, ProviderWarning):
        typer.echo(f"myoshu: warning: {message}", err=True)
    else:
        text = warnings.formatwarning(message, category, filename, lineno, line)
        (file or sys.stderr).write(text)


def _flowing(text: str) -> str:
    """A text whose paragraphs are one line each, for a terminal to break; what is indented keeps its lines."""
    return re.sub(r"(?<=\S)\n(?=\S)", " ", text)


def _complain(message: str) -> None:
    typer.echo(f"myoshu: {' '.join(message.split())}", err=True)
