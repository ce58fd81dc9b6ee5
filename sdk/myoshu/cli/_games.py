"""The game that a bundle, a run or a record names, wherever its rules lie now."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from myoshu.spec import same_game
from myoshu.traits import Traits

if TYPE_CHECKING:
    from myoshu.game import Game

__all__ = ["game_as", "game_named", "game_of_run", "remember_place", "rules_near"]

PLACE = "rules.txt"
"""In a run's folder: the game string by which the rules were last found."""
ADVICE = "--game says where the game is now, as --game python:path/to/rules.py:MyGame"


def rules_near(name: str, near: Path | None) -> str:
    """The string by which a game is loaded: with the path at which its file is found.

    A path that leads nowhere from the working folder is looked for beside the file or folder that names it, and from
    every folder above that one.

    Args:
        name: the game string.
        near: what names the game: a bundle's file, a run's folder, a file of records.
    """
    prefix, _, rest = name.partition(":")
    where, _, made = rest.rpartition(":")
    if prefix != "python" or not where.endswith(".py"):
        return name
    for place in _places(PurePath(where.replace("\\", "/")), near):
        if place.is_file():
            return f"python:{place}:{made}"
    return name


def _places(path: PurePath, near: Path | None) -> Iterator[Path]:
    yield Path(path).expanduser()
    if near is None:
        return
    above = [folder for folder in (near.absolute(), *near.absolute().parents) if folder.is_dir()]
    for folder in above:
        yield folder / path
    for folder in above[:1]:
        yield folder / path.name


def game_named(name: str, near: Path | None = None) -> tuple[Game, str]:
    """The game a bundle, a run or a record names, and the string it was loaded by.

    It is called by the name it is known by there, wherever its rules were found.

    Args:
        name: the game string.
        near: see :func:`rules_near`.

    Raises:
        GameStringError: it is not there; the message says how to name it.
        ConnectionLostError: the engine that it is in is not there; likewise.
        GameError: it cannot be played.
    """
    from myoshu.errors import ConnectionLostError, GameStringError
    from myoshu_engines import load_game

    found = rules_near(name, near)
    try:
        return game_as(name, load_game(found)), found
    except (GameStringError, ConnectionLostError) as error:
        raise type(error)(f"{error}; {ADVICE}") from error


def game_as(name: str, game: Game) -> Game:
    """A game called by the name that a bundle or a run knows it by, if that names the same game; else as it is."""
    called = Traits.of(game).called
    if called is None or game.spec.name == name or not same_game(game.spec.name, name):
        return game
    renamed: Game = called(name)
    return renamed


def remember_place(folder: Path, string: str) -> None:
    """Note in a run's folder where the rules were found, for ``myoshu export``, which is given none.

    Args:
        folder: the run's.
        string: the string by which its game was loaded.
    """
    prefix, _, rest = string.partition(":")
    where, _, made = rest.rpartition(":")
    if prefix == "python" and where.endswith(".py"):
        (folder / PLACE).write_text(f"python:{Path(where).expanduser().resolve()}:{made}\n", encoding="utf-8")


def game_of_run(name: str, folder: Path) -> Game:
    """The game of the run in a folder: where it was found last, else near the folder.

    Args:
        name: the game string in the run's configuration.
        folder: the run's.

    Raises:
        GameStringError, ConnectionLostError, GameError: as :func:`game_named`.
    """
    from myoshu_engines import load_game

    with contextlib.suppress(OSError, UnicodeDecodeError):
        noted = (folder / PLACE).read_text(encoding="utf-8").strip()
        if same_game(noted, name) and Path(noted.removeprefix("python:").rpartition(":")[0]).is_file():
            return game_as(name, load_game(noted))
    return game_named(name, folder)[0]
