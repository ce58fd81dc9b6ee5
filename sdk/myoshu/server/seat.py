"""A served session, which a refused or failed request leaves as it was."""

from __future__ import annotations

from collections.abc import Sequence

from numpy.typing import ArrayLike

from myoshu.runtime.deliberation import Deliberation
from myoshu.runtime.limit import Limit
from myoshu.runtime.session import Session

__all__ = ["Seat"]


class Seat:
    """A session whose tree lies in a planner that sessions share; it plays the moves that it would play alone.

    Args:
        session: as it was made, with trees of :class:`myoshu.server.pool.SharedTrees`.
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        """Whose moves they are."""
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
        """Hear of moves and begin a search, or go on from what is known; errors as :meth:`Session.play`.

        What is refused has changed nothing: its moves were not heard.
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
        """The last search failed: whose turn it is, is as before it; what was searched before is gone."""
        self.session.back_to(self._before, forget=True)
