"""One decision in progress: a tree, a limit, and how they lead to a decision."""

from __future__ import annotations

import math
from collections.abc import Callable
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from myoshu.runtime.decision import ActionAnalysis, Analysis, Decision, StopReason
from myoshu.runtime.draw import Draw
from myoshu.runtime.pace import Pace
from myoshu.runtime.tree import Tree
from myoshu.search import SearchResult

__all__ = ["Deliberation"]

LEAST = 1e-4
"""Seconds within which a first evaluation is started even if the deadline is earlier."""


class Deliberation:
    """The search of one position.

    Args:
        tree: the tree to search.
        opening: begins the tree, or keeps what is known of the position; called once, by :meth:`open`.
        budget: simulations for which the tree was opened.
        legal: bool [actions].
        to_play: the player to move.
        time: seconds allowed, or None.
        capped: whether the budget stands for the tree's memory rather than for the caller's limit in simulations.
        pace: used and measured on.
        draw: how a move is sampled; the search's choice is played if not given.
        begin: when thinking began, as of :func:`time.perf_counter`.
        provider: what computes the network.
    """

    def __init__(
        self,
        tree: Tree,
        opening: Callable[[], None],
        *,
        budget: int,
        legal: NDArray[np.bool_],
        to_play: int,
        time: float | None,
        capped: bool,
        pace: Pace,
        draw: Draw | None,
        begin: float,
        provider: str,
    ) -> None:
        self._tree = tree
        self._opening: Callable[[], None] | None = opening
        self._budget = budget
        self.capped = capped
        """Whether the budget stands for memory."""
        self.legal = legal
        """bool [actions]."""
        self._to_play = to_play
        self._time = time
        self._pace = pace
        self._draw = draw
        self._provider = provider
        self._reason: StopReason | None = None
        self._elapsed = perf_counter() - begin

    @property
    def finished(self) -> bool:
        """Whether the limit is reached."""
        return self._reason is not None

    @property
    def simulations(self) -> int:
        """Simulations made so far."""
        return 0 if self._opening is not None else self._budget - self._tree.remaining

    def open(self) -> None:
        """Begin the tree if that has not been done, with one evaluation; every method that needs the tree calls this.

        Raises:
            EvaluationError: the network failed.
        """
        if self._opening is not None:
            self._opening()
            self._opening = None

    def end(self, reason: StopReason) -> None:
        """End the search, for this reason."""
        self._reason = self._reason or reason

    def run(self, deadline: float | None = None, *, aside: bool = False) -> None:
        """Search until the limit is reached, or the deadline as of :func:`time.perf_counter`.

        No evaluation is started that would likely end after either; but before a deadline at least one is.

        Args:
            deadline: if not given, the limit alone counts.
            aside: whether to yield to other threads; see :meth:`Planner.run`.

        Raises:
            EvaluationError: the network failed.
        """
        begin, before = perf_counter(), self.simulations
        self.open()
        opened = perf_counter()
        margin = 0.0 if math.isnan(self._pace.seconds) else self._pace.seconds * self._tree.leaves
        up = math.inf if self._time is None else begin + self._time - self._elapsed - margin
        end = up if deadline is None else min(up, max(deadline - margin, begin + LEAST))
        spent = self._tree.run(None if end == math.inf else end, aside=aside)
        now = perf_counter()
        self._elapsed += now - begin
        self._pace.note(self.simulations - before, now - opened)
        if spent:
            self.end(StopReason.CAPACITY if self.capped else StopReason.SIMULATIONS)
        elif now >= up:
            if not self.simulations:
                self._pace.starve()
            self.end(StopReason.TIME)

    def result(self) -> SearchResult:
        """The tree's result so far."""
        self.open()
        return self._tree.result()

    def decide(self) -> Decision:
        """The best so far."""
        result, draw = self.result(), self._draw
        return Decision.of(
            result,
            self._to_play,
            elapsed=self._elapsed,
            provider=self._provider,
            stop_reason=self._reason or StopReason.THINKING,
            action=None if draw is None else draw.action(result, self.legal, self._tree),
        )

    def analyse(self) -> Analysis:
        """What is thought of every legal action so far."""
        decision, result, tree = self.decide(), self.result(), self._tree
        prior = np.where(self.legal, tree.root_prior(), 0.0)
        total = float(prior.sum())
        actions = [
            ActionAnalysis(
                action=action,
                visits=int(result.visits[action]),
                value=float(result.q[action]),
                prior=float(prior[action]) / total if total > 0.0 else 1.0 / int(self.legal.sum()),
                policy=float(decision.policy[action]),
                principal_variation=tree.principal_variation(action),
            )
            for action in np.flatnonzero(self.legal).tolist()
        ]
        actions.sort(key=lambda each: (each.action != result.action, -each.visits, -each.policy))
        return Analysis(decision=decision, actions=tuple(actions))
