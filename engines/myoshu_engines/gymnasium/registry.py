"""The environments that Gymnasium knows, by name."""

from __future__ import annotations

import difflib
import importlib
import sys
from collections.abc import Iterable
from pathlib import Path

import gymnasium
from gymnasium.envs.registration import EnvSpec

from myoshu.errors import DependencyError, GameError, GameStringError

__all__ = ["find"]

_LIKENESS = 0.6
"""How similar a name must be to be suggested for another, from 0 to 1."""
_EXAMPLES = ["CartPole-v1", "FrozenLake-v1", "LunarLander-v3"]
"""Suggestions where no name is similar."""
_ALE = "ALE/"
"""Prefix of the names of Atari's games, which come in a separate package."""


def find(name: str) -> EnvSpec:
    """The registry's entry for a name, after importing the module that it names.

    Raises:
        GameStringError: there is no such environment, or no such module.
        DependencyError: a package that it needs is not installed.
        GameError: the module cannot be imported.
    """
    module, _, name = name.rpartition(":")
    if module:
        _import(module)
    known = gymnasium.registry
    if name not in known and not module and name.startswith(_ALE):
        raise GameStringError(
            f"game: Gymnasium does not know {name!r} by itself; expected gymnasium:ale_py:{name}, which imports what "
            "brings it (pip install ale-py)"
        )
    if name not in known:
        close = _nearest(name, known)
        raise GameStringError(
            f"game: Gymnasium does not know {name!r}; expected an environment such as {', '.join(close)} "
            f"({len(known)} are registered: python -c 'import gymnasium; print(*gymnasium.registry)'; "
            "a custom one is found by gymnasium:my_module:MyEnv-v0)"
        )
    return known[name]


def _nearest(name: str, known: Iterable[str]) -> list[str]:
    """The known names most similar to one, for a suggestion; capitals and the version are ignored."""

    def letters(text: str) -> str:
        return "".join(filter(str.isalnum, text.lower().partition("-v")[0]))

    by_letters = {letters(other): other for other in sorted(known)}
    found = difflib.get_close_matches(letters(name), by_letters, 3, _LIKENESS)
    return [by_letters[other] for other in found] or _EXAMPLES


def _import(module: str) -> None:
    if not all(part.isidentifier() for part in module.split(".")):
        raise GameStringError(f"game: expected a module's name such as package.module, got {module!r}")
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.append(here)
    try:
        importlib.import_module(module)
    except ModuleNotFoundError as error:
        if module == error.name == "ale_py":
            raise DependencyError(
                "game: 'ale_py' is not installed; pip install ale-py brings it", name=module
            ) from error
        if error.name is not None and (module == error.name or module.startswith(f"{error.name}.")):
            raise GameStringError(
                f"game: there is no module {module!r} (looked in the working folder and in what is installed)"
            ) from error
        raise DependencyError(
            f"{module}: importing it raised {type(error).__name__}: {error}", name=error.name
        ) from error
    except Exception as error:  # user code may raise anything
        raise GameError(f"{module}: importing it raised {type(error).__name__}: {error}") from error
