"""One position of an environment."""

from __future__ import annotations

import copy
import math
import operator
from collections.abc import Hashable, Sequence
from contextlib import suppress
from hashlib import blake2b
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from myoshu.errors import GameError, IllegalActionError
from myoshu_engines.gymnasium.environments import Environment, Environments
from myoshu_engines.gymnasium.spaces import MASK
from myoshu_engines.gymnasium.string import first_line

__all__ = ["GymnasiumState"]


class GymnasiumState:
    """One position: a separate environment, which is closed when the state is freed.

    ``truncated`` says whether the game was *cut off*, by a limit to its length, rather than ended by its rules
    (Gymnasium's ``truncated`` without ``terminated``). Both are an end to :meth:`is_terminal`, but after a cut the
    rewards would have continued: the value there is not zero, and a learner may estimate it from the
    last observation instead. False while the game is in progress.
    """

    __slots__ = ("_collected", "_environment", "_game", "_history", "_legal", "_over", "_seed", "_shown", "truncated")

    def __init__(self, game: Environments, seed: int) -> None:
        self._environment: Environment | None = None
        self._game = game
        self._seed = seed
        self._history: list[int] = []
        self._collected = 0.0
        self._over = False
        self.truncated = False
        self._environment, self._shown, info = self._begin()
        self._legal = game.legal(self._shown, info)

    def to_play(self) -> int:
        """The only player: 0."""
        return 0

    def legal_actions(self) -> Sequence[int]:
        """The player's actions, ascending."""
        return self._legal

    def observation(self) -> NDArray[np.float32]:
        """What the player sees."""
        return self._game.observe(self._shown)

    def apply(self, action: int) -> NDArray[np.float32]:
        """Play an action.

        Raises:
            IllegalActionError: the action is not legal here; the state is unchanged.
            GameError: the environment failed, paid what is not a number, or a total outside ``spec.returns``.
        """
        try:
            action = operator.index(action)
        except TypeError:
            raise IllegalActionError(f"action: expected an integer, got {action!r}") from None
        if action not in self._legal:
            raise IllegalActionError(self._why_illegal(action))
        return np.array((self.step(action),), np.float32)

    def step(self, action: int) -> float:
        """As :meth:`apply`, for an action known to be legal: returns its reward, in double precision."""
        game = self._game
        environment = self._environment
        if environment is None:
            environment = self._replay()
        try:
            self._shown, paid, terminated, truncated, info = environment.step(game.moves[action])
            reward = float(paid)
        except Exception as error:
            raise GameError(f"{game.name}: step raised {type(error).__name__}: {first_line(error)}") from error
        if not math.isfinite(reward):
            raise GameError(f"{game.name}: reward: expected a finite number, got {reward}")
        self._history.append(action)
        self._collected += reward
        if terminated or truncated:
            self._over = True
            self._legal = ()
            self.truncated = not terminated
            game.check_return(self._collected)
        elif game.masks or MASK in info:
            self._legal = game.legal(self._shown, info)
        else:
            self._legal = game.all_actions
        return reward

    def is_terminal(self) -> bool:
        """Whether the game is over, by its rules or because it was cut off (see ``truncated``)."""
        return self._over

    def clone(self) -> Self:
        """An independent copy, including the environment's random state."""
        twin = object.__new__(type(self))
        twin._environment = None
        twin._game = self._game
        twin._seed = self._seed
        twin._history = self._history.copy()
        twin._collected = self._collected
        twin._over = self._over
        twin.truncated = self.truncated
        twin._legal = self._legal
        together = isinstance(self._shown, dict | tuple)  # some environments write into the arrays they have shown
        twin._shown = copy.deepcopy(self._shown) if together else copy.copy(self._shown)
        if self._environment is not None and self._game.copies:
            twin._environment = self._game.copy(self._environment)
        return twin

    def key(self) -> Hashable:
        """The game so far: its seed and its actions."""
        told = np.array([self._seed, *self._history], "<i8")
        return blake2b(told.tobytes(), digest_size=16).digest()

    def close(self) -> None:
        """Close the environment; happens automatically when the state is freed."""
        environment, self._environment = self._environment, None
        if environment is not None:
            environment.close()

    def __str__(self) -> str:
        if self._game.draws:
            drawn: Any = (self._environment or self._replay()).render()
            return str(drawn).rstrip()
        return f"step {len(self._history)}, collected {self._collected:g}\n{self._shown}"

    def __del__(self) -> None:
        with suppress(Exception):  # there is no caller to report to
            self.close()

    def _begin(self) -> tuple[Environment, Any, dict[str, Any]]:
        environment = self._game.fresh()
        try:
            shown, info = environment.reset(seed=self._seed)
        except Exception as error:
            raise GameError(f"{self._game.name}: reset raised {type(error).__name__}: {first_line(error)}") from error
        return environment, shown, info

    def _replay(self) -> Environment:
        """The environment of this position, with all actions replayed."""
        environment, _, _ = self._begin()
        for action in self._history:
            environment.step(self._game.moves[action])
        self._environment = environment
        return environment

    def _why_illegal(self, action: int) -> str:
        if self._over:
            return f"action: expected none, the game is over, got {action}"
        shown = ", ".join(map(str, self._legal[:20])) + (", …" if len(self._legal) > 20 else "")
        return f"action: expected one of {shown}, got {action}"
