"""The moves reported to a session, and whether a position can follow from them."""

from __future__ import annotations

import copy

import numpy as np
from numpy.typing import NDArray

from myoshu.errors import ArgumentError

__all__ = ["History"]


class History:
    """The number of moves reported in one game, and those since the last decision.

    A search continues from the last one's tree only where the position follows from the moves reported since:

    - All moves were reported, as far as can be seen: a caller who says who is to move (``to_play``) names the player
      to whom the count of moves leads. A caller who does not sits at one seat, so the moves between two decisions are
      a multiple of the number of players: with the opponents' moves left out they are not. Pondering, which is about
      another player's position, counts as naming the player.
    - The observation is neither that of the last decision nor that of the game's first: in those cases moves were
      taken back, or a new game was begun.

    Args:
        players: the number of players, who move in turn.
        most: moves after which no tree is kept.
    """

    def __init__(self, players: int, most: int) -> None:
        self.players = players
        """The number of players."""
        self.most = most
        """Moves after which no tree is kept."""
        self.turn = 0
        """The player to move, if all moves were reported."""
        self.told = 0
        """Number of moves reported since the game began."""
        self.moves: list[int] | None = None
        """Moves reported since the last decision; None if its tree may not be kept."""
        self.pondered = False
        """Whether the last decision was in another player's time."""
        self.first: bytes | None = None
        """The observation of the game's first decision."""
        self.last: bytes | None = None
        """The observation of the last decision."""

    def copy(self) -> History:
        """An independent copy of the history."""
        other = copy.copy(self)
        other.moves = None if self.moves is None else list(self.moves)
        return other

    def begin(self) -> None:
        """Note that the last decision has a tree: moves reported from now on may continue in it."""
        self.moves = []

    def forget(self) -> None:
        """Note that no tree may be kept."""
        self.moves = None

    def tell(self, action: int) -> None:
        """Note that a move was made."""
        self.turn = (self.turn + 1) % self.players
        self.told += 1
        if self.moves is not None:
            self.moves.append(action)
            if len(self.moves) > self.most:
                self.forget()

    def take_back(self, moves: int) -> None:
        """Note that the last reported moves were taken back.

        Raises:
            ArgumentError: fewer were reported.
        """
        if moves > self.told:
            raise ArgumentError(f"moves: expected at most {self.told}, as many as were told, got {moves}")
        self.told -= moves
        self.turn = (self.turn - moves) % self.players
        if self.moves is not None and moves <= len(self.moves):
            del self.moves[len(self.moves) - moves :]
        else:
            self.forget()

    def decide(self, observation: NDArray[np.float32], to_play: int | None, *, pondering: bool) -> list[int]:
        """Take note of a decision, which has no tree before :meth:`begin`.

        Args:
            observation: what the player to move sees, float32 [1, *observation].
            to_play: the player to move, if given; becomes :attr:`turn`.
            pondering: whether it is in another player's time.

        Returns:
            The moves that lead here from the last decision; empty if its tree does not.
        """
        moves, seen = self.moves or [], observation.tobytes()
        if moves and not self._follows(len(moves), seen, to_play, pondering):
            moves = []
        self.turn = self.turn if to_play is None else to_play
        self.moves = None
        self.pondered = pondering
        self.last = seen
        if self.first is None:
            self.first = seen
        return moves

    def _follows(self, moves: int, seen: bytes, to_play: int | None, pondering: bool) -> bool:
        if seen in (self.last, self.first):
            return False
        if to_play is None:
            return pondering or self.pondered or moves % self.players == 0
        return to_play == self.turn
