"""Where games come from: self-play in this process, or actors beside it. Knows no torch."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from tesuji.training.actor import Actor, ActorTask, new_selfplay
from tesuji.training.trajectory import Trajectory

__all__ = ["ActorSource", "LocalSource", "Source"]

Weights = Mapping[str, NDArray[np.float32]]


class Source(Protocol):
    """Plays games with the weights it was sent last."""

    def send(self, weights: Weights) -> None:
        """Play with these weights from now on."""
        ...

    def receive(self) -> Sequence[Trajectory]:
        """The games that ended since the last call.

        Raises:
            TesujiError: no more games will come; the message says why.
        """
        ...

    def moves(self) -> int:
        """Moves played since the source was made."""
        ...

    def busy(self) -> float:
        """Share of its time in which it computed, lately."""
        ...

    def stop(self) -> None:
        """Play no more."""
        ...


class LocalSource:
    """Self-play in this process: each :meth:`receive` plays one move in every game."""

    def __init__(self, task: ActorTask) -> None:
        self._evaluator, self._selfplay = new_selfplay(task)
        self._playing = dict(task.weights)
        self._computed = 0.0
        self._asked = 0.0, time.perf_counter()

    def send(self, weights: Weights) -> None:
        """Play with these weights from now on."""
        self._playing = dict(weights)
        self._evaluator.replace(self._playing)

    def receive(self) -> Sequence[Trajectory]:
        """Play one move in every game; the games that ended by it."""
        start = time.perf_counter()
        records = self._selfplay.play()
        self._computed += time.perf_counter() - start
        return records

    def moves(self) -> int:
        """Moves played."""
        return self._selfplay.moves

    def busy(self) -> float:
        """Share of the time since the last call that went into playing."""
        now = time.perf_counter()
        computed, asked = self._asked
        self._asked = self._computed, now
        return (self._computed - computed) / max(now - asked, 1e-9)

    def stop(self) -> None:
        """Nothing to do."""

    def state(self) -> dict[str, dict[str, NDArray[Any]]]:
        """Everything needed to go on."""
        return {"selfplay": self._selfplay.state(), "playing": dict(self._playing)}

    def restore(self, sections: Mapping[str, dict[str, NDArray[Any]]]) -> None:
        """Go on from what :meth:`state` returned."""
        self.send(sections["playing"])
        self._selfplay.restore(sections["selfplay"])


class ActorSource:
    """Actors in processes of their own.

    Args:
        tasks: one for each actor.
    """

    def __init__(self, tasks: Sequence[ActorTask]) -> None:
        self._actors: list[Actor] = []
        try:
            for index, task in enumerate(tasks):
                self._actors.append(Actor(task, f"actor {index}"))
        except BaseException:
            self.stop()
            raise

    def send(self, weights: Weights) -> None:
        """Hand the weights over; does not wait."""
        for actor in self._actors:
            actor.send(weights)

    def receive(self) -> Sequence[Trajectory]:
        """What has come; does not wait."""
        return [record for actor in self._actors for record in actor.receive()]

    def moves(self) -> int:
        """Moves played by all."""
        return sum(actor.moves for actor in self._actors)

    def busy(self) -> float:
        """The actors' mean."""
        return sum(actor.busy for actor in self._actors) / len(self._actors)

    def stop(self) -> None:
        """End the processes."""
        for actor in self._actors:
            actor.stop()
