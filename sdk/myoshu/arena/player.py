"""What a match requires of a player."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from myoshu.game import Game, State

__all__ = ["Choice", "Player", "Resignation"]


class Resignation(Exception):  # noqa: N818 -- not an error: a player may raise it to resign
    """A player resigns, instead of choosing a move."""


@dataclass(frozen=True)
class Choice:
    """A move, with what the player thinks of it, if it says so."""

    action: int
    """The action to play."""
    value: float | None = None
    """What the player expects the rest of the game to pay it."""
    policy: NDArray[np.float32] | None = None
    """float32 [actions]: how good each action looked, as probabilities."""
    principal_variation: tuple[int, ...] = ()
    """The moves the player expects, this one first."""
    simulations: int = 0
    """Number of simulations made for the move."""
    values: tuple[float, ...] | None = None
    """What it expects the rest of the game to pay each player."""


@runtime_checkable
class Player(Protocol):
    """Anything that can sit down at a game. One player object plays one game at a time."""

    @property
    def name(self) -> str:
        """The player's name in results."""
        ...

    def new_game(self, game: Game, seat: int, seed: int) -> None:
        """Sit down at a seat (the player's index in the game). Everything random comes from the seed.

        Args:
            game: the game to be played.
            seat: which of the game's players this one is.
            seed: an integer in [0, 2**31).

        Raises:
            MatchError: the player cannot play this game.
        """
        ...

    def choose(self, state: State) -> Choice:
        """Choose a move in a state in which it is this player's turn. The state must not be changed.

        Raises:
            Resignation: it resigns.
            IllegalActionError: its choice is not a legal move.
            TimeoutError: the program that chooses for it does not answer.
        """
        ...

    def observe(self, state: State, action: int) -> None:
        """Take note of any player's move, in the state before it is played. The state must not be changed."""
        ...
