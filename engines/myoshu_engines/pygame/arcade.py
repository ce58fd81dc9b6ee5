"""A Pygame game's logic as a game to learn: no window, no clock, as fast as possible; then the same object in a window.

The game keeps its rules apart from its drawing. Any object with ``step(action)`` and ``over`` will do::

    class Catch:
        def __init__(self, rng): ...          # a new game, its chance drawn from rng
        over = False
        def step(self, action): ...           # one frame with the action held; returns what it pays
        def draw(self, surface): ...

    def catch():                              # in catch.py
        eye = Pixels(Catch.draw, (160, 160), small=(20, 20), stack=3)
        return Arcade(Catch, eye, name="catch", actions=("left", "stay", "right"), returns=(0, 1), length=200, repeat=4)

``myoshu train python:catch.py:catch`` learns it. In the window a decision is due every ``repeat`` frames::

    state = catch().new_state(rng)
    while not state.is_terminal():            # once a frame
        if state.due:
            player.think(state.observation(), limit=Limit(simulations=8))
            state.choose(player.step(0.002).action)   # or a person's action
        state.frame()
        state.scene.draw(screen)
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Hashable, Sequence
from hashlib import blake2b
from typing import Any, Generic, Protocol, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from myoshu.checks import integer
from myoshu.errors import ArgumentError, GameError, IllegalActionError
from myoshu.spec import GameSpec, Movers
from myoshu_engines.pygame.eyes import Eye, Sight

__all__ = ["Arcade", "ArcadeState", "Scene"]


class Scene(Protocol):
    """A game's logic, one frame at a time. It is copied with :func:`copy.deepcopy`, so it holds no surfaces."""

    @property
    def over(self) -> bool:
        """Whether the game has ended."""
        ...

    def step(self, action: int, /) -> float:
        """Play one frame, with an action held.

        Returns:
            The reward.
        """
        ...


Kind = TypeVar("Kind", bound=Scene)


def _named(eye: Eye[Any]) -> tuple[str, ...]:
    """The meaning of each number or channel of the stacked looks, the oldest look first."""
    names = getattr(eye, "names", ())
    ages = [f"{age} decision{'s' if age > 1 else ''} ago" for age in range(eye.stack - 1, 0, -1)]
    if eye.stack == 1:
        return tuple(names)
    return tuple(f"{name}, {age}" for age in [*ages, "now"] for name in names)


class Arcade(Generic[Kind]):
    """A game of one player in real time, who chooses an action every few frames. Opponents are part of the game.

    Args:
        make: begins a game; all chance is drawn from the generator it is given.
        eye: how the game is seen, see :mod:`myoshu_engines.pygame.eyes`.
        name: the game's name.
        actions: the actions' names; the action given to the game is the number in this list.
        returns: the least and the greatest sum of what a game pays.
        length: decisions after which a game is cut off.
        repeat: frames for which an action is held.
        final_rewards_only: whether nothing is paid before the end.

    Raises:
        ArgumentError: a number is out of its range, or there is no action.
    """

    def __init__(
        self,
        make: Callable[[np.random.Generator], Kind],
        eye: Eye[Kind],
        *,
        name: str,
        actions: Sequence[str],
        returns: tuple[float, float],
        length: int,
        repeat: int = 1,
        final_rewards_only: bool = False,
    ) -> None:
        self.make = make
        """Begins a game, given its random generator."""
        self.eye = eye
        """How the game is seen."""
        self.actions = tuple(actions)
        """The actions' names."""
        self.repeat = integer("repeat", repeat, 1)
        """Frames that an action is held for."""
        self.length = length
        """Decisions after which a game is cut off."""
        self.planes = _named(eye)
        """What each number or channel of an observation is, if the eye says."""
        self._legal = list(range(len(self.actions)))
        self._spec = GameSpec(
            name=name,
            players=1,
            actions=len(self.actions),
            observation=(eye.stack * eye.shape[0], *eye.shape[1:]),
            returns=(float(returns[0]), float(returns[1])),
            movers=Movers.ALTERNATE,
            final_rewards_only=final_rewards_only,
            stochastic=True,
            max_length=length,
        )

    @property
    def spec(self) -> GameSpec:
        """What is fixed about the game."""
        return self._spec

    def new_state(self, rng: np.random.Generator) -> ArcadeState[Kind]:
        """A new game, its chance seeded from ``rng``."""
        return ArcadeState(self, int(rng.integers(1 << 62)))

    def action_name(self, state: object, action: int) -> str:
        """The action's name.

        Raises:
            ArgumentError: there is no such action.
        """
        if action not in self._legal:
            raise ArgumentError(f"action: expected one of 0 to {len(self.actions) - 1}, got {action!r}")
        return self.actions[action]


class ArcadeState(Generic[Kind]):
    """A game being played: by :meth:`apply` a decision at a time, or by :meth:`choose` and :meth:`frame` in a window.

    Args:
        game: the rules.
        seed: of the game's chance.
    """

    def __init__(self, game: Arcade[Kind], seed: int) -> None:
        self.game = game
        """The game that is played."""
        self.scene = game.make(np.random.default_rng(seed))
        """The game's own object, to be drawn and looked at."""
        self.decisions = 0
        """Actions chosen so far."""
        self.collected = 0.0
        """What was paid so far."""
        self._sight = Sight(game.eye, self.scene)
        self._left = 0
        self._action = 0
        self._over = bool(self.scene.over)
        self._seed = seed
        self._moves = blake2b(digest_size=16)

    @property
    def due(self) -> bool:
        """Whether an action is to be chosen before the next frame."""
        return not self._left and not self.is_terminal()

    @property
    def truncated(self) -> bool:
        """Whether the game was cut off rather than ended."""
        return not self._over and not self._left and self.decisions >= self.game.length

    def choose(self, action: int) -> None:
        """Choose the action for the next frames.

        Raises:
            IllegalActionError: there is no such action, or none is due.
        """
        if not self.due:
            raise IllegalActionError(f"action: expected none, since none is due, got {action!r}")
        self._hold(action)
        self._left = self.game.repeat
        self.decisions += 1

    def frame(self, action: int | None = None) -> float:
        """Play a frame.

        Args:
            action: held from now on instead of the chosen one: a person may change their mind between two
                decisions. The agent's games do not use it.

        Returns:
            The reward.

        Raises:
            IllegalActionError: an action is due, there is no such action, or the game is over.
            GameError: the game pays something that is not a number.
        """
        if not self._left:
            raise IllegalActionError("action: expected one to be chosen before the frame, got none")
        if action is not None and action != self._action:
            self._hold(action)
            self._moves.update(self._left.to_bytes(4, "little"))
        paid = float(self.scene.step(self._action))
        if not math.isfinite(paid):
            raise GameError(f"{self.game.spec.name}: step: expected to be paid a finite number, got {paid}")
        self.collected += paid
        self._left -= 1
        if self.scene.over:
            self._over = True
            self._left = 0
        if not self._left:
            self._sight.see(self.scene)
        return paid

    def _hold(self, action: int) -> None:
        if isinstance(action, bool) or action not in self.game._legal:
            raise IllegalActionError(f"action: expected one of {self.game._legal}, got {action!r}")
        self._action = int(action)
        self._moves.update(self._action.to_bytes(4, "little"))

    def to_play(self) -> int:
        """The only player: 0."""
        return 0

    def legal_actions(self) -> list[int]:
        """All actions, until the game is over."""
        return [] if self.is_terminal() else list(self.game._legal)

    def observation(self) -> NDArray[np.float32]:
        """The looks up to when the latest action was due: float32 of the spec's observation shape."""
        return self._sight.observation()

    def apply(self, action: int) -> NDArray[np.float32]:
        """Hold an action for its frames.

        Returns:
            float32 [1]: the reward of these frames.

        Raises:
            IllegalActionError: there is no such action, none is due, or the game is over.
        """
        self.choose(action)
        paid = self.frame()
        while self._left:
            paid += self.frame()
        return np.array([paid], np.float32)

    def is_terminal(self) -> bool:
        """Whether the game has ended or was cut off."""
        return self._over or (not self._left and self.decisions >= self.game.length)

    def clone(self) -> Self:
        """An independent copy of the state."""
        other = object.__new__(type(self))
        other.__dict__.update(self.__dict__)
        other.scene = copy.deepcopy(self.scene)
        other._sight = self._sight.copy()
        other._moves = self._moves.copy()
        return other

    def key(self) -> Hashable:
        """Its seed, a digest of its actions, and the remaining frames of the latest one."""
        return self._seed, self._moves.digest(), self._left

    def __str__(self) -> str:
        told = f"decision {self.decisions}, {self.collected:g} collected"
        return told if type(self.scene).__str__ is object.__str__ else f"{told}\n{self.scene}"
