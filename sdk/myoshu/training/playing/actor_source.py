"""Actors in separate processes, as one source of games. Knows no torch."""

from __future__ import annotations

import dataclasses
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from myoshu.errors import TrainingError
from myoshu.training.memory.replay import Replay
from myoshu.training.memory.trajectory import Trajectory
from myoshu.training.playing.actor import Actor, ActorTask
from myoshu.training.playing.failures import AbandonedGame
from myoshu.training.playing.source import Weights

__all__ = ["ActorSource"]

STOCK = 1 << 20
"""Bytes of stored positions that wait in each actor, so that it always has some while the learner does its steps; but
at most a quarter of the replay, since others would be overwritten before they come back, and at least :data:`LEAST`.
"""
LEAST = 512
"""The least number of positions that wait in each actor."""
RESTARTS = 8
"""How many actors may end without a message within :data:`RESTART_SECONDS`."""
RESTART_SECONDS = 600.0
"""See :data:`RESTARTS`."""


class ActorSource:
    """Actors in separate processes.

    An actor that ends without a message, as one that is killed does, is restarted; the games that it had under way are
    lost. More than :data:`RESTARTS` such ends within :data:`RESTART_SECONDS` are an error.

    Args:
        tasks: one for each actor.
        note: called with a text for each actor that is restarted.
    """

    here = False

    def __init__(self, tasks: Sequence[ActorTask], note: Callable[[str], None] = lambda text: None) -> None:
        self._actors: list[Actor] = []
        self._tasks = tasks
        self._note = note
        self._deaths: deque[float] = deque()
        self._restarts = 0
        self._moves = 0
        self._latest: Weights | None = None
        self._batch = tasks[0].selfplay.games
        self._reanalyse = tasks[0].reanalyse > 0.0
        self._rng = np.random.default_rng((*tasks[0].seed, 1))
        try:
            for index, task in enumerate(tasks):
                self._actors.append(Actor(task, f"actor {index}"))
        except BaseException:
            self.stop()
            raise

    def send(self, weights: Weights) -> None:
        """Send the weights to the actors; does not wait."""
        self._latest = weights
        for actor in self._actors:
            actor.send(weights)

    def receive(self) -> Sequence[Trajectory]:
        """The games that have arrived; does not wait."""
        trajectories: list[Trajectory] = []
        for index, actor in enumerate(self._actors):
            try:
                trajectories += actor.receive()
            except TrainingError as error:
                if not actor.lost:
                    raise
                self._actors[index] = self._replace(index, actor, error)
        return trajectories

    def abandoned(self) -> Sequence[AbandonedGame]:
        return [game for actor in self._actors for game in actor.abandoned()]

    def renew(self, replay: Replay) -> None:
        """Put the targets that have arrived into the replay, and send the actors enough to continue."""
        stock = max(LEAST, min(STOCK // replay.observations[0].nbytes, len(replay) // 4))
        for actor in self._actors:
            for targets in actor.targets():
                replay.renew(targets)
            while self._reanalyse and len(replay) and actor.waiting < stock:
                actor.renew(replay.positions(replay.sample(self._batch, self._rng).rows))

    def begun(self) -> bool:
        """Whether all actors have begun to play."""
        return all(actor.begun for actor in self._actors)

    def moves(self) -> int:
        """Number of moves played by all actors."""
        return self._moves + sum(actor.moves for actor in self._actors)

    def busy(self) -> float:
        """Recent share of their time that the actors spent computing, on average."""
        return sum(actor.busy for actor in self._actors) / len(self._actors)

    def memory(self) -> float:
        """Megabytes of memory that all actors hold together."""
        return sum(actor.memory for actor in self._actors)

    def stop(self) -> None:
        """End the actors' processes."""
        for actor in self._actors:
            actor.ask_to_stop()
        for actor in self._actors:
            actor.stop()

    def state(self) -> dict[str, dict[str, NDArray[Any]]]:
        """An empty state: games under way in other processes start again."""
        return {}

    def restore(self, sections: Mapping[str, dict[str, NDArray[Any]]]) -> None:
        """Do nothing: there is no state to resume from."""

    def _replace(self, index: int, actor: Actor, error: TrainingError) -> Actor:
        """A new actor for one that ended without a message."""
        now = time.monotonic()
        self._deaths.append(now)
        while now - self._deaths[0] > RESTART_SECONDS:
            self._deaths.popleft()
        if len(self._deaths) > RESTARTS:
            raise TrainingError(
                f"expected actors that keep running, {len(self._deaths)} ended within "
                f"{now - self._deaths[0]:.0f} seconds, the last: {error}"
            ) from error
        self._restarts += 1
        self._moves += actor.moves
        actor.stop()
        task = self._tasks[index]
        fresh = Actor(
            dataclasses.replace(
                task,
                weights=dict(task.weights if self._latest is None else self._latest),
                seed=(*task.seed, self._restarts),
            ),
            actor.name,
        )
        self._note(f"{error}; restarted, up to {task.selfplay.games} games that it had under way are lost")
        return fresh
