"""The game that training and matches play: two small protocols, no registry.

A custom class that has these methods is a myoshu game; nothing needs to be inherited. What it may declare beyond them
is in :mod:`myoshu.traits`.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any, Protocol, Self, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from myoshu.spec import GameSpec
from myoshu.traits import Traits

__all__ = ["Game", "State", "apply_all", "new_states"]


@runtime_checkable
class State(Protocol):
    """One position of a game, changed by :meth:`apply`."""

    def to_play(self) -> int:
        """The player to move, in [0, players). Meaningless once the game is over."""
        ...

    def legal_actions(self) -> Sequence[int]:
        """The actions that the player to move may choose, ascending; empty exactly when the game is over."""
        ...

    def observation(self) -> NDArray[np.float32]:
        """What the player to move sees: float32 of the spec's observation shape."""
        ...

    def apply(self, action: int) -> NDArray[np.float32]:
        """Play an action and the chance outcomes that follow, up to the next player's turn or the end.

        Returns:
            float32 [players]: what each player was paid by them.

        Raises:
            IllegalActionError: the action is not legal here; the state is unchanged.
        """
        ...

    def is_terminal(self) -> bool:
        """Whether the game is over."""
        ...

    def clone(self) -> Self:
        """An independent copy (including its chance: the same actions lead to the same states)."""
        ...

    def key(self) -> Hashable:
        """A value equal for two states exactly when the rest of the game is the same from both."""
        ...

    def __str__(self) -> str:
        """The position, drawn for a person."""
        ...


@runtime_checkable
class Game(Protocol):
    """The rules: what is fixed, and where a game begins."""

    @property
    def spec(self) -> GameSpec:
        """What is fixed about the game."""
        ...

    def new_state(self, rng: np.random.Generator) -> State:
        """A new game. Any chance in it is drawn from ``rng``, now or while it is played."""
        ...

    def action_name(self, state: Any, action: int) -> str:
        """The action as a person would write it; ``state`` is a state of this game."""
        ...


def apply_all(game: Game, states: Sequence[State], actions: Sequence[int]) -> Sequence[NDArray[np.float32] | Exception]:
    """Play one action in each of several states.

    A game that can do this faster than one at a time declares it (:attr:`myoshu.traits.Traits.apply_all`), as one in
    another process does.

    Args:
        game: the game of the states.
        states: different state objects.
        actions: one per state.

    Returns:
        For each state what :meth:`State.apply` returned, or what it raised.
    """
    at_once = Traits.method(game, "apply_all")
    if at_once is not None:
        return at_once(states, actions)  # type: ignore[no-any-return]  # what the game promises
    outcomes: list[NDArray[np.float32] | Exception] = []
    for state, action in zip(states, actions, strict=True):
        try:
            outcomes.append(state.apply(action))
        except Exception as error:  # noqa: BLE001 -- user code may raise anything
            outcomes.append(error)
    return outcomes


def new_states(game: Game, rngs: Sequence[np.random.Generator]) -> Sequence[State | Exception]:
    """Begin several games.

    A game that can do this faster than one at a time declares it (:attr:`myoshu.traits.Traits.new_states`), as one in
    another process does.

    Args:
        game: the rules.
        rngs: one per game, for its chance.

    Returns:
        For each what :meth:`Game.new_state` returned, or what it raised.
    """
    at_once = Traits.method(game, "new_states")
    if at_once is not None:
        return at_once(rngs)  # type: ignore[no-any-return]  # what the game promises
    begun: list[State | Exception] = []
    for rng in rngs:
        try:
            begun.append(game.new_state(rng))
        except Exception as error:  # noqa: BLE001 -- user code may raise anything
            begun.append(error)
    return begun
