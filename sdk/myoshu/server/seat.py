"""A session whose tree lies among those of other sessions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from numpy.typing import ArrayLike

from myoshu.runtime.deliberation import Deliberation
from myoshu.runtime.limit import Limit
from myoshu.runtime.planner import Planner
from myoshu.runtime.session import Session
from myoshu.server.pool import Pools
from myoshu.server.tree import SharedTree

__all__ = ["Seat"]


class Seat(Session):
    """A session of :meth:`myoshu.Agent.new_session` that searches in shared planners and plays the same moves.

    Args:
        session: as it was made.
        pools: where its tree is to be.
    """

    def __init__(self, session: Session, pools: Pools) -> None:
        self._pools = pools
        self._settings(session)
        self._before = self._history.copy()

    @property
    def tree(self) -> SharedTree | None:
        """Its tree, if it has one."""
        planner: Any = self._planner
        return planner if isinstance(planner, SharedTree) else None

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
        before, planner = self._history.copy(), self._planner
        self._before = before
        try:
            for move in moves:
                self.observe(move)
            deliberation = self._deliberate(observation, legal, limit, to_play, pondering=pondering)
        except BaseException:
            self._history = before.copy()
            if self._planner is not planner:
                self._history.forget()
            raise
        try:
            deliberation.open()
        except BaseException:
            self.unhear()
            raise
        return deliberation

    def unhear(self) -> None:
        """The last search failed: whose turn it is, is as before it; what was searched before is gone."""
        self._history = self._before.copy()
        self._history.forget()

    def adopt(self, session: Session) -> None:
        """Go on with another session's model and strength, and with this one's random numbers and turn."""
        random, history, kept, planner = self._rng, self._history, self._kept, self._planner
        same = session.agent is self.agent and session.search == self.search
        self._settings(session)
        self._rng, self._history = random, history
        if same:
            self._kept, self._planner = kept, planner
        else:
            history.forget()
            if isinstance(planner, SharedTree):
                planner.release()

    def release(self) -> None:
        """Give the tree back."""
        tree = self.tree
        self._planner = None
        self._history.forget()
        if tree is not None:
            tree.release()

    def _settings(self, session: Session) -> None:
        vars(self).update(vars(session))
        self._pace = self._pools.pace(self.agent)

    def _sized(self, simulations: int) -> Planner:
        nodes = 2 * (1 << (simulations - 1).bit_length()) + 1
        if self._planner is None or self._planner.nodes < nodes:
            self.release()
            self._planner = self._pools.take(self.agent, self.search, nodes)
        return self._planner
