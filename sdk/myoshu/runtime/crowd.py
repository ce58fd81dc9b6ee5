"""Many characters that think in one frame: one agent, one budget, one batched search, each served in turn.

::

    crowd = Crowd(agent, size=64, simulations=32)
    for npc in npcs:
        crowd.ask(npc, npc.observation(), npc.legal_actions())
    while running:
        for npc, decision in crowd.step(0.002).items():
            npc.act(decision.action)
            crowd.ask(npc, npc.observation(), npc.legal_actions())
"""

from __future__ import annotations

import dataclasses
from collections.abc import Hashable, Iterator
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from myoshu.checks import integer
from myoshu.runtime.agent import Agent
from myoshu.runtime.decision import Decision, StopReason
from myoshu.runtime.evaluator import as_observations
from myoshu.runtime.legal import as_mask
from myoshu.runtime.limit import seconds
from myoshu.runtime.planner import Planner
from myoshu.search import SearchConfig

__all__ = ["Crowd"]

WAVES = 4
"""Waves that should fit into a budget: one of them may be left over at its end because no further one fits."""
NEWEST = 0.2
"""Weight of the newest measurement of how long a row takes."""
MOST = 2.0
"""A measurement counts for at most this many times the estimate: the process may have been suspended."""


@dataclasses.dataclass(eq=False)
class _Question:
    """One character's question."""

    observation: NDArray[np.float32]
    """float32 [1, *observation]."""
    legal: NDArray[np.bool_]
    """bool [actions]."""
    to_play: int
    """The player to move."""
    slot: int = -1
    """The slot of its tree; -1 while it waits for one."""
    elapsed: float = 0.0
    """Seconds of the searches that it took part in."""


class Crowd:
    """Decides for any number of characters within one budget a frame.

    Questions are served in the order in which they were asked, as many at once as the budget allows; none waits for
    ever, since every search ends. The decision for a character depends on its own question alone, not on others'
    questions or on budgets: with the same simulations it is what a session without a kept tree would play.

    Args:
        agent: the agent that decides.
        size: how many trees are searched at a time at most; memory is allocated for them here. More may ask.
        simulations: simulations per decision; the bundle's if not given.
        search: how to search; as the bundle says if not given.

    Raises:
        ArgumentError: a size is out of range.
        CapacityError: there is not enough memory.
    """

    def __init__(
        self, agent: Agent, *, size: int = 64, simulations: int | None = None, search: SearchConfig | None = None
    ) -> None:
        size = integer("size", size, 1)
        config = agent.manifest.search if search is None else search
        self.agent = agent
        """The agent that decides."""
        self.spent = 0.0
        """Seconds that the last :meth:`step` and the calls of :meth:`ask` before it took."""
        self.decisions = 0
        """Decisions made so far."""
        self._owed = 0.0
        self._planner = Planner(agent.evaluator, config, slots=size, simulations=simulations)
        self._free = list(range(size))[::-1]
        self._waiting: dict[Hashable, _Question] = {}
        self._searched: dict[Hashable, _Question] = {}
        self._ready: dict[Hashable, Decision] = {}
        self._base, self._row = self._measure()
        self._root = self._base + self._row
        self._answer = 2 * self._row

    def __len__(self) -> int:
        """Number of characters that wait for a decision."""
        return len(self._waiting) + len(self._searched)

    @property
    def nbytes(self) -> int:
        """Bytes of memory for trees, latent states, inputs and outputs; it does not grow."""
        return self._planner.nbytes

    def ask(
        self, npc: Hashable, observation: ArrayLike, legal_actions: ArrayLike | None = None, to_play: int = 0
    ) -> None:
        """Ask for a decision; an earlier question of the same character is dropped.

        Args:
            npc: the character: anything that can be a dictionary's key.
            observation: what it sees: real numbers of the game's observation shape.
            legal_actions: the legal actions in any order, or bool [actions]; all if not given.
            to_play: its seat in its game.

        Raises:
            ObservationError: the observation has another shape or type, or is not finite.
            LegalActionsError: no action is legal, or one is not an action of the game.
            ArgumentError: the seat is out of range.
        """
        begin, model = perf_counter(), self.agent.model
        to_play = integer("to_play", to_play, 0, model.players - 1)
        question = _Question(
            as_observations(model, (observation,)).copy(), as_mask(model.actions, legal_actions), to_play
        )
        self.cancel(npc)
        self._waiting[npc] = question
        self._owed += perf_counter() - begin

    def step(self, budget: float) -> dict[Hashable, Decision]:
        """Think for a while about the questions.

        The time of :meth:`ask` since the last step is subtracted from the budget. No wave is started that would likely
        end after the time is up; but at least one is, so that there is progress however small the budget.

        Args:
            budget: seconds, more than 0.

        Returns:
            The decisions that became ready, by character.

        Raises:
            LimitError: the budget is not more than 0.
            EvaluationError: the network failed; the questions concerned are dropped, finished decisions come with the
                next call.
        """
        begin, owed, self._owed = perf_counter(), self._owed, 0.0
        budget = seconds("budget", budget) - owed
        end = begin + budget
        try:
            first = True
            while len(self) and (first or perf_counter() + self._base + self._row < end):
                opened = self._admit(end, first)
                if not self._search(end, budget, first and not opened) and not opened:
                    break
                first = False
        finally:
            self.spent = owed + perf_counter() - begin
        ready, self._ready = self._ready, {}
        return ready

    def best(self, npc: Hashable) -> Decision | None:
        """The best decision so far for a waiting character; None if its search has not begun."""
        return next(self._decisions([npc], StopReason.THINKING)) if npc in self._searched else None

    def cancel(self, npc: Hashable) -> None:
        """Forget a character's question, and its decision if not yet returned; it need not have asked."""
        self._waiting.pop(npc, None)
        self._ready.pop(npc, None)
        if npc in self._searched:
            self._release(npc)

    def _admit(self, end: float, must: bool) -> bool:
        """Begin the trees of the oldest questions, with one call of the network.

        Returns:
            Whether there was one.
        """
        if not self._waiting or not self._free:
            return False
        begin = perf_counter()
        rows = min(len(self._free), len(self._waiting), max(int((end - begin) / (2 * self._root)), int(must)))
        if rows < 1:
            return False
        names = list(self._waiting)[:rows]
        questions = [self._waiting.pop(name) for name in names]
        slots = self._free[-rows:]
        self._planner.open(
            slots,
            np.concatenate([question.observation for question in questions]),
            legal=np.stack([question.legal for question in questions]),
            to_play=np.array([question.to_play for question in questions]),
        )
        del self._free[-rows:]
        for name, question, slot in zip(names, questions, slots, strict=True):
            question.slot = slot
            self._searched[name] = question
        elapsed = perf_counter() - begin
        self._root += NEWEST * (min(elapsed / rows, MOST * self._root) - self._root)
        for question in questions:
            question.elapsed += elapsed
        return True

    def _search(self, end: float, budget: float, must: bool) -> bool:
        """Search the trees of the oldest questions.

        Returns:
            Whether anything was searched.
        """
        if not self._searched:
            return False
        leaves = self._planner.config.leaves
        fit = int((budget - WAVES * self._base) / (WAVES * self._row * leaves + self._answer))
        names = list(self._searched)[: max(fit, 1)]
        questions = [self._searched[name] for name in names]
        slots = np.array([question.slot for question in questions], np.int32)
        remaining = self._planner.forest.all_remaining
        before = sum(remaining(slots))
        begin = perf_counter()
        last = end if must else end - self._base - (self._row * leaves + self._answer) * len(names)
        if begin >= last and not must:
            return False
        try:
            self._planner.run(max(last, begin + 1e-4) if must else last, slots)
        except BaseException:
            for name in names:
                self._release(name)
            raise
        elapsed = perf_counter() - begin
        made = before - sum(remaining(slots))
        if made > 0:
            waves = made / (leaves * len(names))
            row = (elapsed / waves - self._base) / (leaves * len(names))
            self._row += NEWEST * (min(max(row, self._row / MOST), MOST * self._row) - self._row)
        self._conclude(names, elapsed)
        return made > 0

    def _conclude(self, names: list[Hashable], elapsed: float) -> None:
        """Decide for characters whose searches have ended."""
        begin = perf_counter()
        ended: list[Hashable] = []
        left = self._planner.forest.all_remaining([self._searched[name].slot for name in names])
        for name, remaining in zip(names, left, strict=True):
            self._searched[name].elapsed += elapsed
            if not remaining:
                ended.append(name)
        if not ended:
            return
        self._ready |= zip(ended, self._decisions(ended, StopReason.SIMULATIONS), strict=True)
        for name in ended:
            self._release(name)
        self.decisions += len(ended)
        answer = (perf_counter() - begin) / len(ended)
        self._answer += NEWEST * (min(answer, MOST * self._answer) - self._answer)

    def _decisions(self, names: list[Hashable], reason: StopReason) -> Iterator[Decision]:
        """The best decisions so far for some trees that are being searched."""
        questions = [self._searched[name] for name in names]
        slots, provider = [question.slot for question in questions], self.agent.provider
        found = self._planner.results(slots).rows(self._planner.forest.principal_variations(slots))
        for question, result in zip(questions, found, strict=True):
            yield Decision.of(
                result,
                question.to_play,
                elapsed=question.elapsed,
                provider=provider,
                stop_reason=reason,
            )

    def _release(self, name: Hashable) -> None:
        question = self._searched.pop(name)
        self._planner.close(question.slot)
        self._free.append(question.slot)

    def _measure(self) -> tuple[float, float]:
        """The fixed cost of a wave and the cost of a row, in seconds."""

        def time(rows: int) -> float:
            run: Any = self._planner.bound(rows)
            times = []
            for _ in range(5):
                begin = perf_counter()
                run()
                times.append(perf_counter() - begin)
            return min(times)

        one = time(1)
        many = min(8, self._planner.slots * self._planner.config.leaves)
        row = max((time(many) - one) / (many - 1), 0.02 * one) if many > 1 else 0.5 * one
        return max(one - row, 0.1 * one), row
