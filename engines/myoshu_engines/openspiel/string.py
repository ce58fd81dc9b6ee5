"""From a string such as ``connect_four(rows=5)`` to OpenSpiel's game."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import Any

import pyspiel

from myoshu.errors import GameStringError

__all__ = ["SPIEL_ERRORS", "first_line", "spiel_game"]

_LIKENESS = 0.6
"""How similar a name must be to be suggested for another, from 0 to 1."""
_EXAMPLES = ["tic_tac_toe", "connect_four", "chess"]
"""Suggestions where no name is similar."""
SPIEL_ERRORS = (pyspiel.SpielError, ValueError, RuntimeError, MemoryError)
"""The errors that OpenSpiel raises."""


def spiel_game(rest: str) -> Any:
    """The ``pyspiel.Game``; as much as possible is checked first, since OpenSpiel also prints its errors.

    Raises:
        GameStringError: OpenSpiel does not know the game or these parameters.
    """
    name, bracket, parameters = rest.partition("(")
    known = pyspiel.registered_names()
    if name not in known:
        close = _alike(name, known)
        raise GameStringError(
            f"game: OpenSpiel does not know {name!r}; expected a game such as {', '.join(close)} "
            f"({len(known)} games: python -c 'import pyspiel; print(*pyspiel.registered_names())')"
        )
    if (bracket and not rest.endswith(")")) or rest.count("(") != rest.count(")"):
        raise GameStringError(f"game: expected parameters in brackets, as connect_four(rows=5), got {rest!r}")
    if bracket and parameters != ")":
        _check_parameters(name, rest)
    try:
        return pyspiel.load_game(rest)
    except SPIEL_ERRORS as error:
        raise GameStringError(f"game: OpenSpiel cannot load {rest!r}: {first_line(error)}") from error


def first_line(error: BaseException) -> str:
    """The first line of an error's text."""
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__


def _check_parameters(name: str, rest: str) -> None:
    try:
        given = pyspiel.game_parameters_from_string(rest)
    except SPIEL_ERRORS as error:
        raise GameStringError(f"game: expected parameters as in connect_four(rows=5), got {rest!r}") from error
    kinds = {kind.short_name: kind for kind in pyspiel.registered_games()}
    expected = kinds[name].parameter_specification
    for parameter, value in given.items():
        if parameter == "name":
            continue
        if parameter not in expected:
            there = ", ".join(sorted(expected)) or "none"
            raise GameStringError(f"game: {name} has no parameter {parameter!r}; it has: {there}")
        kind = type(expected[parameter])
        if kind in (int, bool) and type(value) is not kind:
            wanted = "an integer" if kind is int else "True or False"
            raise GameStringError(f"game: {name}({parameter}=…): expected {wanted}, got {value!r}")


def _alike(name: str, known: Sequence[str]) -> list[str]:
    """The known names most similar to one, for a suggestion; spaces, capitals and underscores are ignored."""

    def letters(text: str) -> str:
        return "".join(filter(str.isalnum, text.lower()))

    by_letters = {letters(other): other for other in sorted(known, reverse=True)}
    close = difflib.get_close_matches(letters(name), by_letters, 3, _LIKENESS)
    return [by_letters[found] for found in close] or _EXAMPLES
