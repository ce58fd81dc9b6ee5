"""Adapters between myoshu and game engines, and the one function that turns a game string into a game.

A game string is ``prefix:rest``. The prefix names a module ``myoshu_engines.<prefix>_game`` with a function
``load(rest) -> Game``: a new kind of game is a new file, there is no registry to edit.
"""

from __future__ import annotations

import importlib
import pkgutil
import re

from myoshu.errors import DependencyError, GameStringError
from myoshu.game import Game

__all__ = ["game_prefixes", "load_game"]

_SUFFIX = "_game"
_EXAMPLE = "openspiel:tic_tac_toe"
_ENGINE = "the game of an engine is found by its address, as tcp://127.0.0.1:7777"


def game_prefixes() -> list[str]:
    """The kinds of game: what may come before the colon of a game string."""
    names = (module.name for module in pkgutil.iter_modules(__path__))
    return sorted(name.removesuffix(_SUFFIX) for name in names if name.endswith(_SUFFIX))


def load_game(game_string: str) -> Game:
    """The game a string names, as ``openspiel:connect_four(rows=5)`` or ``python:my_module:MyGame``.

    Raises:
        GameStringError: the string does not parse, or names no game; the message lists what there is.
        DependencyError: the package that brings the game is not installed.
        GameError: the game is there, but myoshu cannot play it; the message says why.
    """
    prefix, colon, rest = game_string.strip().partition(":")
    kinds = ", ".join(f"{known}:" for known in game_prefixes())
    if not colon or not rest or not re.fullmatch(r"[a-z][a-z0-9_]*", prefix):
        raise GameStringError(
            f"game: expected a kind and a name such as {_EXAMPLE} (kinds: {kinds}), got {game_string!r}; {_ENGINE}"
        )
    if prefix not in game_prefixes():
        raise GameStringError(f"game: expected one of {kinds} as in {_EXAMPLE}, got {game_string!r}; {_ENGINE}")
    try:
        module = importlib.import_module(f"{__name__}.{prefix}{_SUFFIX}")
    except ImportError as error:
        if error.name is None or error.name.partition(".")[0] in ("myoshu", __name__):
            raise
        raise DependencyError(
            f"game {game_string!r}: {error.name!r} is not installed; pip install 'myoshu[{prefix}]' brings it",
            name=error.name,
        ) from error
    game: Game = module.load(rest)
    return game
