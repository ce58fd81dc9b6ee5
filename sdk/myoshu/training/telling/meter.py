"""A run's speed, load and memory, read about once a second."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from myoshu.training.learning.learner import Step
from myoshu.training.playing.source import Source
from myoshu.training.resident import resident_megabytes

__all__ = ["Meter", "Reading"]

RECENT = 50
"""Number of steps whose losses are averaged."""


@dataclass(frozen=True)
class Reading:
    """What was measured since the previous reading."""

    moves_per_second: float
    """Moves played per second."""
    steps_per_second: float
    """Learning steps per second."""
    actor_busy: float
    """Share of their time that the actors spent computing."""
    learner_busy: float
    """The same for the learner's threads."""
    rss_learner_mb: float
    """Megabytes of memory that the learner's process holds; NaN if the system does not say."""
    rss_actors_mb: float
    """The same for all actors together."""
    losses: dict[str, float]
    """The objective's parts by name, the mean over the latest :data:`RECENT` steps; empty before the first."""
    gradient: float
    """The same for the gradient's norm; NaN before the first step."""


class Meter:
    """Measures a run while it lasts.

    Args:
        source: the source of games.
        threads: the number of the learner's threads.
        steps: learning steps so far.
    """

    def __init__(self, source: Source, threads: int, steps: int) -> None:
        self._source = source
        self._threads = threads
        self._recent: deque[Step] = deque(maxlen=RECENT)
        self._mark = self._now(steps)

    def learned(self, step: Step) -> None:
        """Note that a step was done."""
        self._recent.append(step)

    def read(self, steps: int) -> Reading | None:
        """A new reading; None if the last reading is less than a second ago.

        Args:
            steps: learning steps so far.
        """
        before = self._mark
        elapsed = time.perf_counter() - before.seconds
        if elapsed < 1.0:
            return None
        self._mark = now = self._now(steps)
        busy = min(1.0, (now.computed - before.computed) / elapsed / self._threads)
        playing = self._source.busy()
        if self._source.here:
            busy = max(0.0, busy - playing)
        return Reading(
            moves_per_second=(now.moves - before.moves) / elapsed,
            steps_per_second=(now.steps - before.steps) / elapsed,
            actor_busy=playing,
            learner_busy=busy,
            rss_learner_mb=resident_megabytes(),
            rss_actors_mb=self._source.memory(),
            losses=_means([step.losses for step in self._recent]),
            gradient=_means([{"gradient": step.gradient} for step in self._recent]).get("gradient", math.nan),
        )

    def _now(self, steps: int) -> _Mark:
        return _Mark(time.perf_counter(), time.process_time(), self._source.moves(), steps)


@dataclass(frozen=True)
class _Mark:
    seconds: float
    computed: float
    moves: int
    steps: int


def _means(rows: Sequence[Mapping[str, float]]) -> dict[str, float]:
    return {name: sum(row[name] for row in rows) / len(rows) for name in (rows[0] if rows else ())}
