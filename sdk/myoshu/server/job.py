"""One search that a client waits for."""

from __future__ import annotations

import enum
import math
from collections.abc import Callable, Hashable

from myoshu.errors import MyoshuError
from myoshu.protocol.messages import Times
from myoshu.runtime.decision import Decision, StopReason
from myoshu.runtime.deliberation import Deliberation
from myoshu.server.chunk import SharedTree
from myoshu.server.seat import Seat

__all__ = ["Job", "Priority"]


class Priority(enum.IntEnum):
    """Which of a connection's searches go first where not all fit into a wave."""

    PONDER = -1
    """After all thinking."""
    LOW = 0
    """After the same connection's other searches."""
    NORMAL = 1
    """The default priority of thinking."""
    HIGH = 2
    """Before the same connection's other searches."""


class Job:
    """A search under way.

    Args:
        seat: the seat that is to move.
        deliberation: its search, as the seat began it.
        arrived: when the request came, as of :func:`time.perf_counter`.
        time: seconds from then to the answer, if limited.
        priority: its priority among the same owner's searches.
        capped: whether the budget stands for memory rather than for the client's limit.
        every: seconds between two reports; none if not given.
        on_info: called with the best decision so far and the seconds since the request came.
        on_done: called with the decision, or the reason why there is none, and the times of its parts.
    """

    def __init__(
        self,
        seat: Seat,
        deliberation: Deliberation,
        *,
        arrived: float,
        time: float | None,
        priority: Priority,
        capped: bool,
        every: float | None,
        on_info: Callable[[Decision, float], None],
        on_done: Callable[[Decision | MyoshuError, Times], None],
    ) -> None:
        tree = seat.session.tree
        assert isinstance(tree, SharedTree)
        self.seat = seat
        """The seat that is to move."""
        self.tree = tree
        """The tree that is searched."""
        self.deliberation = deliberation
        """The search, which becomes a decision."""
        self.priority = priority
        """Its priority among the same owner's searches."""
        self.up = math.inf if time is None else arrived + time
        """When the answer is due, as of :func:`time.perf_counter`."""
        self.limited = time is not None
        """Whether its time is limited."""
        self.owner: Hashable = None
        """The client that the search belongs to."""
        self.crowd = 1
        """Number of searches that its owner has under way."""
        self.answering = 0.0
        """Seconds that answering it and its owner's others is likely to take, if they are due together; at most a
        quarter of its time is reserved for that."""
        self.reporting = every is not None
        """Whether it reports the best so far."""
        self.network = 0.0
        """Seconds of the network in the waves that it took part in."""
        self.done = False
        """Whether it was answered."""
        self.simulations = 0
        """Simulations made, once it has been answered."""
        self._arrived = arrived
        self._begun: float | None = None
        self._capped = capped
        self._every = every
        self.next_report = math.inf if every is None else arrived + every
        """When to report the best so far, as of :func:`time.perf_counter`."""
        self._on_info = on_info
        self._on_done = on_done

    @property
    def settled(self) -> bool:
        """Whether there is nothing to search, whatever the budget: a single legal move, or a network that failed."""
        return self.deliberation.finished or self.tree.failure is not None

    def end(self, wave: float) -> float:
        """When its last wave must have begun, as of :func:`time.perf_counter`.

        Args:
            wave: seconds that one is likely to take.
        """
        return self.up - wave - min(self.answering, 0.25 * (self.up - self._arrived))

    def due(self, now: float, wave: float) -> bool:
        """Whether another wave would likely end after the answer is due."""
        return self.limited and now >= self.end(wave)

    def begin(self, now: float) -> None:
        """Take note that its first wave begins."""
        if self._begun is None:
            self._begun = now

    def report(self, now: float) -> None:
        """Report the best so far, if it is time to."""
        if now >= self.next_report and self._every is not None and self.tree.failure is None:
            self.next_report = now + self._every
            self._on_info(self.deliberation.decide(), now - self._arrived)

    def finish(self, now: float, reason: StopReason | None = None) -> None:
        """Send the answer, once."""
        if self.done:
            return
        self.done = True
        if not self.deliberation.finished:
            spent = StopReason.CAPACITY if self._capped else StopReason.SIMULATIONS
            self.deliberation.end(spent if reason is None else reason)
        answer: Decision | MyoshuError
        try:
            answer = self.deliberation.decide()
            self.simulations = answer.simulations
        except MyoshuError as error:
            answer = error
        total = now - self._arrived
        queue = total if self._begun is None else self._begun - self._arrived
        network = min(self.network, total - queue)
        self._on_done(answer, Times(queue=queue, network=network, search=total - queue - network, total=total))
