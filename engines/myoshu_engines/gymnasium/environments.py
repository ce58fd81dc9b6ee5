"""The environments of one game: how they are made, copied, shown and numbered."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from typing import Any

import gymnasium
import numpy as np
from gymnasium.envs.registration import EnvSpec
from gymnasium.error import DependencyNotInstalled
from numpy.typing import NDArray

from myoshu.errors import DependencyError, GameError, GameStringError
from myoshu_engines.gymnasium.masks import Masks
from myoshu_engines.gymnasium.spaces import MASK, numbered_actions, observer_of
from myoshu_engines.gymnasium.string import first_line

__all__ = ["Environment", "Environments"]

_SLACK = 1e-6

Environment = gymnasium.Env[Any, Any]


class Environments:
    """What all positions of a game share.

    Args:
        name: the game's name, for errors.
        registered: the registered specification of the environment.
        parameters: for the environment.
        estimated: whether ``returns`` will be estimated rather than given in the game string.
    """

    def __init__(self, name: str, registered: EnvSpec, parameters: Mapping[str, Any], *, estimated: bool) -> None:
        self.name = name
        """The game's name, as errors give it."""
        self._registered = registered
        self._parameters = dict(parameters)
        self._estimated = estimated
        self.template = self.make()
        """An environment that is not played, but inspected and copied."""
        self.draws = self._choose_drawing()
        """Whether an environment can draw itself as text."""
        self.moves = numbered_actions(self.template.action_space, name)
        """For each action, what the environment's ``step`` takes."""
        self.all_actions = range(len(self.moves))
        """All actions, ascending."""
        space = self.template.observation_space
        self.masks = isinstance(space, gymnasium.spaces.Dict) and MASK in space.spaces
        """Whether observations say which actions are legal."""
        self._masks = Masks(self.template.action_space, len(self.moves), name)
        self.observer = observer_of(space, name)
        """Turns an observation into what the network sees."""
        self.shared: dict[int, object] | None = None
        """Objects that copies of an environment share, by id; None if environments cannot be copied."""
        self.returns = (-math.inf, math.inf)
        """The least and the greatest sum of rewards in a game."""

    @property
    def copies(self) -> bool:
        """Whether clones are deep copies, rather than replayed."""
        return self.shared is not None

    def make(self) -> Environment:
        """A new environment, not reset yet.

        Raises:
            GameStringError: it does not take these parameters.
            DependencyError: it needs a package that is not installed.
            GameError: it cannot be made.
        """
        try:
            return gymnasium.make(self._registered, disable_env_checker=True, **self._parameters)
        except (DependencyNotInstalled, ModuleNotFoundError) as error:
            raise DependencyError(
                f"game {self.name!r}: a package it needs is not installed: {first_line(error)}",
                name=getattr(error, "name", None),
            ) from error
        except Exception as error:
            kind = GameStringError if self._parameters else GameError
            raise kind(f"{self.name}: making it raised {type(error).__name__}: {first_line(error)}") from error

    def fresh(self) -> Environment:
        """As :meth:`make`, by copying if that works: creating one may build large tables."""
        return self.make() if self.shared is None else self.copy(self.template)

    def copy(self, environment: Environment) -> Environment:
        """A deep copy, without what is shared."""
        return copy.deepcopy(environment, dict(self.shared or {}))

    def observe(self, shown: Any) -> NDArray[np.float32]:
        """What a network sees of an observation: float32 of the spec's observation shape.

        Raises:
            GameError: it is not one of the environment's observation space.
        """
        try:
            return self.observer.see(shown)
        except (TypeError, ValueError, IndexError, KeyError) as error:
            space = self.template.observation_space
            raise GameError(f"{self.name}: observation: expected one of {space}, got {shown!r}") from error

    def legal(self, shown: Any, info: Mapping[str, Any]) -> Sequence[int]:
        """The legal actions by an observation's mask, or else by an environment's info: all if neither has one.

        Raises:
            GameError: the ``action_mask`` is not one number an action, or allows none.
        """
        mask = shown[MASK] if self.masks else info.get(MASK)
        return self.all_actions if mask is None else self._masks.legal(mask)

    def check_return(self, collected: float) -> None:
        """Raise :class:`GameError` if a finished game's sum of rewards is outside ``spec.returns``."""
        low, high = self.returns
        slack = _SLACK * max(1.0, abs(low), abs(high))
        if low - slack <= collected <= high + slack:
            return
        whose = "estimated from random games" if self._estimated else "given in the game string"
        raise GameError(
            f"{self.name}: a game ended with a sum of rewards of {collected:g}, outside the bounds [{low:g}, {high:g}] "
            f"{whose}; give wider ones in the game string, as returns=({min(low, collected):g}, "
            f"{max(high, collected):g})"
        )

    def __del__(self) -> None:
        with suppress(Exception):  # there may be no template, and no caller to report to
            self.template.close()

    def _choose_drawing(self) -> bool:
        """Whether the environment can draw itself as text; it is then created in that mode."""
        if "ansi" not in (self.template.metadata.get("render_modes") or ()):
            return False
        plain = self._parameters
        self._parameters = {**plain, "render_mode": "ansi"}
        with suppress(Exception), closing(self.make()) as trial:  # one that fails to draw itself can still be played
            trial.reset(seed=0)
            if isinstance(trial.render(), str):
                self.template.close()
                self.template = self.make()
                return True
        self._parameters = plain
        return False
