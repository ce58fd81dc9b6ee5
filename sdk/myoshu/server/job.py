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
    """After everybody's thinking."""
    LOW = 0
    """After the same connection's other searches."""
    NORMAL = 1
    """As usual."""
    HIGH = 2
    """Before the same connection's other searches."""


class Job:
    """A search under way.

    Args:
        seat: whose move it is.
        deliberation: its search, as the seat began it.
        arrived: when the request came, as of :func:`time.perf_counter`.
        time: seconds from then to the answer, if limited.
        priority: its place among the same owner's.
        capped: whether the budget stands for memory rather than for the client's limit.
        every: seconds between two reports; none if not given.
        on_info: takes the best so far and the seconds since the request came.
        on_done: takes the decision, or why there is none, and where the time went.
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
        """Whose move it is."""
        self.tree = tree
        """What is searched."""
        self.deliberation = deliberation
        """How it becomes a decision."""
        self.priority = priority
        """Its place among the same owner's."""
        self.up = math.inf if time is None else arrived + time
        """When the answer is due, as of :func:`time.perf_counter`."""
        self.limited = time is not None
        """Whether its time is."""
        self.owner: Hashable = None
        """Whose search it is."""
        self.crowd = 1
        """How many its owner has under way."""
        self.answering = 0.0
        """Seconds that answering it and its owner's others is likely to take, should they be due together; a quarter of
        its time at most is set aside for it."""
        self.reporting = every is not None
        """Whether it says the best so far."""
        self.network = 0.0
        """Seconds of the network in the waves it took part in."""
        self.done = False
        """Whether it was answered."""
        self.simulations = 0
        """Simulations made, once it was answered."""
        self._arrived = arrived
        self._begun: float | None = None
        self._capped = capped
        self._every = every
        self.next_report = math.inf if every is None else arrived + every
        """When to say the best so far, as of :func:`time.perf_counter`."""
        self._on_info = on_info
        self._on_done = on_done

    @property
    def settled(self) -> bool:
        """Whether there is nothing to search, whatever the budget: an only move, or a network that failed."""
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
        """Say the best so far, if it is time to."""
        if now >= self.next_report and self._every is not None and self.tree.failure is None:
            self.next_report = now + self._every
            self._on_info(self.deliberation.decide(), now - self._arrived)

    def finish(self, now: float, reason: StopReason | None = None) -> None:
        """Answer, once."""
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
