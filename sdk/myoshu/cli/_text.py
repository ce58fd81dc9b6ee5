"""Numbers, tables and games as text."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from myoshu.arena.seat_view import hides, seat_view, tells
from myoshu.cli._seats import ordinal
from myoshu.traits import Traits

if TYPE_CHECKING:
    from myoshu.arena.match import GameResult
    from myoshu.arena.player import Choice
    from myoshu.game import Game, State

__all__ = ["game_text", "line_text", "seconds", "share", "signed", "table", "thoughts"]


def seconds(value: float) -> str:
    """A duration, in the unit that reads best."""
    if math.isnan(value):
        return "–"
    if value < 1e-3:
        return f"{value * 1e6:.0f} µs"
    return f"{value * 1e3:.1f} ms" if value < 1 else f"{value:.2f} s"


def share(value: float) -> str:
    """A part of one, as a percentage."""
    return "–" if math.isnan(value) else f"{100 * value:.1f}%"


def signed(value: float) -> str:
    """A value with its sign; nothing is +0.00, never -0.00."""
    return f"{round(value, 2) + 0.0:+.2f}"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns of text: the first to the left, the others to the right."""
    lines = [list(head), *map(list, rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    return "\n".join(
        "  ".join(cell.ljust(width) if column == 0 else cell.rjust(width)
                  for column, (cell, width) in enumerate(zip(line, widths, strict=True))).rstrip()
        for line in lines
    )  # fmt: skip


def line_text(game: Game, actions: Sequence[int], seed: int = 0) -> str:
    """Moves, as a person would write them."""
    state = game.new_state(np.random.default_rng(seed))
    names = []
    for action in actions:
        names.append(game.action_name(state, action))
        state.apply(action)
    return " ".join(names)


def game_text(game: Game, result: GameResult, names: Sequence[str], seat: int | None = None) -> str:
    """A whole game, move by move, with the board after each.

    Args:
        game: the rules.
        result: the game.
        names: what the match's players are called.
        seat: where the person sits to whom it is shown; None for one who may see everything.
    """
    state = game.new_state(np.random.default_rng(result.seed))
    parts = [f"Game {result.number + 1}: {_seated(game, result, names, state)}", _view(game, state, seat)]
    for action in result.opening:
        said = f"opening: {_told(game, state, action, seat)}"
        state.apply(action)
        parts += [said, _view(game, state, seat)]
    open_minded = seat is None or not hides(game)
    for number, move in enumerate(result.moves, 1):
        player = names[result.seats[move.seat]]
        said = f"{number}. {player}: {_told(game, state, move.choice.action, seat)}"
        if open_minded or move.seat == seat:
            said += "".join(f"   {thought}" for thought in thoughts(game, state, move.choice))
        state.apply(move.choice.action)
        parts += [f"{said}   ({seconds(move.elapsed)})", _view(game, state, seat)]
    parts.append(_end(result, names))
    return "\n\n".join(parts)


def thoughts(game: Game, state: State, choice: Choice) -> list[str]:
    """What a player thought of its move in a position: the value, and the moves it expects."""
    said = [] if choice.value is None else [f"value {signed(choice.value)}"]
    expected = _variation(game, state.clone(), choice.principal_variation)
    return [*said, f"expects {expected}"] if expected else said


def _seated(game: Game, result: GameResult, names: Sequence[str], state: State) -> str:
    """Who sits where, and who begins."""
    seated = [names[player] for player in result.seats]
    count, first = len(seated), int(state.to_play())
    if not Traits.of(game).simultaneous:
        in_turn = [(first + number) % count for number in range(count)]
        return ", ".join(f"{seated[seat]} plays {ordinal(number)}" for number, seat in enumerate(in_turn))
    return ", ".join(f"{name} sits at seat {seat + 1}" for seat, name in enumerate(seated))


def _view(game: Game, state: State, seat: int | None) -> str:
    return _indented(seat_view(game, state, seat))


def _told(game: Game, state: State, action: int, seat: int | None) -> str:
    """The move's name, for somebody at a seat who may not see it."""
    seen = seat is None or tells(game, state, action, seat)
    return game.action_name(state, action) if seen else "a move that you do not see"


def _variation(game: Game, state: State, actions: Sequence[int]) -> str:
    """The moves a player expects after its own, as far as they are legal: a model may imagine others."""
    names = []
    for action in actions:
        if action not in state.legal_actions():
            break
        names.append(game.action_name(state, action))
        state.apply(action)
    return " ".join(names[1:])


def _end(result: GameResult, names: Sequence[str]) -> str:
    if result.offender is not None:
        return f"{names[result.seats[result.offender]]} ended the game: {result.ending}, {result.reason}"
    best = max(result.returns)
    winners = [names[player] for seat, player in enumerate(result.seats) if result.returns[seat] == best]
    paid = ", ".join(f"{names[player]} {result.returns[seat]:+g}" for seat, player in enumerate(result.seats))
    if len(result.seats) == 1:
        return f"Paid: {paid}"
    return f"{'Draw' if len(winners) == len(result.seats) else ' and '.join(winners) + ' wins'} ({paid})"


def _indented(text: str) -> str:
    return "\n".join(f"    {line}".rstrip() for line in text.splitlines())
