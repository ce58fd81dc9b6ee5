"""The legal moves, listed for a person at the terminal."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import typer

from myoshu.arena.written_move import meant

if TYPE_CHECKING:
    from myoshu.game import Game, State

__all__ = ["all_moves", "said_move", "some_moves"]

_LINES = 3
"""Lines of moves that are shown unasked."""
_GAP = "  "
_HEAD = "moves: "
_INDENT = " " * len(_HEAD)


def said_move(game: Game, state: State, said: str, advice: str = "") -> int | None:
    """The legal action a person means; None, with a word about it, if that is none or not clear.

    Args:
        game: the rules.
        state: the position.
        said: what was typed.
        advice: said besides where it is no move.
    """
    found = meant(game, state, said)
    if len(found) == 1:
        return next(iter(found.values()))
    if found:
        typer.echo(f"{said!r} may be {' or '.join(sorted(found))}: capitals tell them apart.")
    else:
        typer.echo(f"{said!r} is no legal move.{advice and ' '}{advice}")
    return None


def some_moves(game: Game, state: State) -> str:
    """As many moves as go into a few lines, and how many more there are."""
    lines = _lines(game, state)
    more = sum(map(len, lines[_LINES:]))
    text = _joined(lines[:_LINES])
    return f"{text}\n{_INDENT}… {more} more (? lists all)" if more else text


def all_moves(game: Game, state: State) -> str:
    """Every legal move, by number and name."""
    return _joined(_lines(game, state))


def _lines(game: Game, state: State) -> list[list[str]]:
    """The moves, as many a line as the terminal has room for."""
    room = max(40, shutil.get_terminal_size((100, 24)).columns) - len(_INDENT)
    lines: list[list[str]] = [[]]
    used = 0
    for action in state.legal_actions():
        move = f"{action}={game.action_name(state, action)}"
        if lines[-1] and used + len(_GAP) + len(move) > room:
            lines.append([])
            used = 0
        used += len(move) + (len(_GAP) if lines[-1] else 0)
        lines[-1].append(move)
    return lines


def _joined(lines: list[list[str]]) -> str:
    return "\n".join((_INDENT if number else _HEAD) + _GAP.join(line) for number, line in enumerate(lines))
