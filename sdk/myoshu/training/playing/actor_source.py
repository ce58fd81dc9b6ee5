"""Actors in processes of their own, as one source of games. Knows no torch."""

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
no more than a quarter of those remembered, which would be forgotten when they come back, and :data:`LEAST` at least.
"""
LEAST = 512
"""Positions."""
RESTARTS = 8
"""How many actors may end without a word within :data:`RESTART_SECONDS`."""
RESTART_SECONDS = 600.0
"""See :data:`RESTARTS`."""


class ActorSource:
    """Actors in processes of their own.

    An actor that ends without a word, as one does that is killed, is started anew; the games that it had under way are
    lost. More than :data:`RESTARTS` such ends within :data:`RESTART_SECONDS` are an error.

    Args:
        tasks: one for each actor.
        note: told of each actor that is started anew.
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
        """Hand the weights over; does not wait."""
        self._latest = weights
        for actor in self._actors:
            actor.send(weights)

    def receive(self) -> Sequence[Trajectory]:
        """What has come; does not wait."""
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
        """Put into the replay what has come, and send the actors enough to go on with."""
        stock = max(LEAST, min(STOCK // replay.observations[0].nbytes, len(replay) // 4))
        for actor in self._actors:
            for targets in actor.targets():
                replay.renew(targets)
            while self._reanalyse and len(replay) and actor.waiting < stock:
                actor.renew(replay.positions(replay.sample(self._batch, self._rng).rows))

    def begun(self) -> bool:
        """Whether each of them plays."""
        return all(actor.begun for actor in self._actors)

    def moves(self) -> int:
        """Moves played by all."""
        return self._moves + sum(actor.moves for actor in self._actors)

    def busy(self) -> float:
        """The actors' mean."""
        return sum(actor.busy for actor in self._actors) / len(self._actors)

    def memory(self) -> float:
        """That of all actors together."""
        return sum(actor.memory for actor in self._actors)

    def stop(self) -> None:
        """End the processes."""
        for actor in self._actors:
            actor.ask_to_stop()
        for actor in self._actors:
            actor.stop()

    def state(self) -> dict[str, dict[str, NDArray[Any]]]:
        """Nothing: games under way in other processes begin anew."""
        return {}

    def restore(self, sections: Mapping[str, dict[str, NDArray[Any]]]) -> None:
        """Nothing to go on from."""

    def _replace(self, index: int, actor: Actor, error: TrainingError) -> Actor:
        """A new actor for one that ended without a word."""
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
        self._note(f"{error}; started anew, up to {task.selfplay.games} games that it had under way are lost")
        return fresh
