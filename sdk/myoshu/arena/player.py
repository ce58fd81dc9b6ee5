"""What a match asks of a player."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from myoshu.game import Game, State

__all__ = ["Choice", "Player", "Resignation"]


class Resignation(Exception):  # noqa: N818 - no error: it may be raised by a player that has had enough
    """A player gives its game up, instead of choosing a move."""


@dataclass(frozen=True)
class Choice:
    """A move, with what the player thinks of it where it says so."""

    action: int
    """The action to play."""
    value: float | None = None
    """What the player expects the rest of the game to pay it."""
    policy: NDArray[np.float32] | None = None
    """float32 [actions]: how good each action looked, as probabilities."""
    principal_variation: tuple[int, ...] = ()
    """The moves the player expects, this one first."""
    simulations: int = 0
    """How many simulations the move took."""
    values: tuple[float, ...] | None = None
    """What it expects the rest of the game to pay each player."""


@runtime_checkable
class Player(Protocol):
    """Anything that can sit down at a game. One player object plays one game at a time."""

    @property
    def name(self) -> str:
        """How results call the player."""
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
            Resignation: it gives the game up.
            IllegalActionError: what it would choose is no legal move.
            TimeoutError: what chooses for it does not answer.
        """
        ...

    def observe(self, state: State, action: int) -> None:
        """Hear of a move, anybody's, in the state it is about to be played in. The state must not be changed."""
        ...
