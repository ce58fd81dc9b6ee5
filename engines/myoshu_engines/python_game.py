"""A user's own class as a game: ``python:package.module:ClassName`` or ``python:path/to/file.py:ClassName``.

The game is called by the string that it was loaded by, but known by its module's and its class's names alone
(:func:`myoshu.spec.same_game`): its file may move. :meth:`PythonGame.called` gives it the name that a run or an agent
knows it by.

The class is called without arguments, and a few random games are played with it before anything else: its faults
are reported in one line, by the conformance kit of :mod:`myoshu.testing.games`.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
import numpy as np

from myoshu.errors import ArgumentError, GameError, GameStringError
from myoshu.game import Game, State
from myoshu.planes import planes_of
from myoshu.spec import GameSpec, same_game
from myoshu.symmetry import symmetries_of
from myoshu.testing.games import check_game
from myoshu.traits import Traits

__all__ = ["PythonGame", "load"]

_CHECKED_GAMES = 2
_CHECKED_MOVES = 50
_OWN = frozenset(["called", "symmetries", "planes", "layout"])
"""Traits that are not simply the class's: they are checked, or specific to this game."""


def load(rest: str) -> PythonGame:
    """The game that a class describes.

    Raises:
        GameStringError: there is no such module, file or class.
        GameError: the class cannot be instantiated, or does not keep to the game protocol.
    """
    where, colon, name = rest.rpartition(":")
    if not colon or not where or not name.isidentifier():
        raise GameStringError(
            f"game: expected python:package.module:ClassName or python:path/to/file.py:ClassName, got 'python:{rest}'"
        )
    module = _from_file(where) if where.endswith(".py") else _from_name(where)
    make = getattr(module, name, None)
    if make is None:
        there = [key for key, value in vars(module).items() if getattr(value, "__module__", "") == module.__name__]
        raise GameStringError(f"game: {where} has no class {name!r}; it has: {', '.join(sorted(there)) or 'none'}")
    try:
        game = make()
    except Exception as error:  # user code may raise anything
        raise GameError(f"python:{rest}: {name}() raised {type(error).__name__}: {error}") from error
    check_game(game, games=_CHECKED_GAMES, moves=_CHECKED_MOVES)
    return PythonGame(rest, game)


class PythonGame:
    """A user's game, named by the string that finds it again. It has the class's :class:`myoshu.traits.Traits`."""

    def __init__(self, rest: str, game: Game, name: str | None = None) -> None:
        self._rest = rest
        self._game = game
        self._spec = msgspec.structs.replace(game.spec, name=name or f"python:{rest}")
        for trait, said in Traits.of(game).members().items():
            if trait not in _OWN:
                setattr(self, trait, said)
        self.symmetries = symmetries_of(game)
        """The symmetries that the class declares."""
        seen = planes_of(game)
        self.planes = seen.words
        """What each plane or number of an observation is, if the class says."""
        self.layout = seen.layout
        """What an observation's rows and columns are, if the class says."""

    @property
    def spec(self) -> GameSpec:
        """What is fixed about the game."""
        return self._spec

    def new_state(self, rng: np.random.Generator) -> State:
        """A new game: the class's own state."""
        return self._game.new_state(rng)

    def action_name(self, state: State, action: int) -> str:
        """The action as a person would write it."""
        return self._game.action_name(state, action)

    def called(self, name: str) -> PythonGame:
        """The same game by another string that names it.

        Raises:
            ArgumentError: the string names another game.
        """
        if not same_game(name, self._spec.name):
            raise ArgumentError(f"name: expected another string for {self._spec.name}, got {name!r}")
        return PythonGame(self._rest, self._game, name)

    def __reduce__(self) -> tuple[Any, tuple[str, str]]:
        return _load_called, (self._rest, self._spec.name)

    def __repr__(self) -> str:
        return f"<PythonGame {self._spec.name}>"


def _load_called(rest: str, name: str) -> PythonGame:
    return load(rest).called(name)


def _from_file(where: str) -> ModuleType:
    path = Path(where).expanduser()
    if not path.is_file():
        raise GameStringError(f"game: expected a Python file, got {where!r}, which is not one")
    resolved = path.resolve()
    name = f"_myoshu_game_{hashlib.sha256(str(resolved).encode()).hexdigest()[:16]}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, resolved)
    if spec is None or spec.loader is None:
        raise GameStringError(f"game: expected a Python file, got {where!r}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses and pickle look a class's module up
    try:
        spec.loader.exec_module(module)
    except BaseException as error:
        del sys.modules[name]
        if not isinstance(error, Exception):
            raise
        raise GameError(f"{where}: importing it raised {type(error).__name__}: {error}") from error
    return module


def _from_name(where: str) -> ModuleType:
    if not all(part.isidentifier() for part in where.split(".")):
        raise GameStringError(f"game: expected a module's name such as package.module, got {where!r}")
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.append(here)
    try:
        return importlib.import_module(where)
    except ModuleNotFoundError as error:
        if error.name is not None and (where == error.name or where.startswith(f"{error.name}.")):
            raise GameStringError(
                f"game: there is no module {where!r} (looked in the working folder and in what is installed)"
            ) from error
        raise GameError(f"{where}: importing it raised {type(error).__name__}: {error}") from error
    except Exception as error:  # user code may raise anything
        raise GameError(f"{where}: importing it raised {type(error).__name__}: {error}") from error
