"""A served session, which a refused or failed request leaves unchanged."""

from __future__ import annotations

from collections.abc import Sequence

from numpy.typing import ArrayLike

from myoshu.runtime.deliberation import Deliberation
from myoshu.runtime.limit import Limit
from myoshu.runtime.session import Session

__all__ = ["Seat"]


class Seat:
    """A session whose tree lies in a planner that sessions share; it plays the same moves as alone.

    Args:
        session: a new session, with trees of :class:`myoshu.server.pool.SharedTrees`.
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        """The session that decides."""
        self._before = session.mark()

    def deliberate(
        self,
        moves: Sequence[int],
        observation: ArrayLike,
        legal: ArrayLike | None,
        limit: Limit | None,
        to_play: int | None,
        *,
        pondering: bool = False,
    ) -> Deliberation:
        """Take note of moves and begin a search, or continue from what is known; errors as :meth:`Session.play`.

        A refused call changes nothing: its moves do not count.
        """
        session = self.session
        self._before = session.mark()
        try:
            for move in moves:
                session.observe(move)
            deliberation = session.deliberate(observation, legal, limit, to_play, pondering=pondering)
        except BaseException:
            session.back_to(self._before)
            raise
        try:
            deliberation.open()
        except BaseException:
            self.unhear()
            raise
        return deliberation

    def unhear(self) -> None:
        """Undo a failed search: the turn is as before it; earlier searches are lost."""
        self.session.back_to(self._before, forget=True)
