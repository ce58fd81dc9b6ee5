"""Where games come from: self-play in this process, or actors beside it. Knows no torch."""

from __future__ import annotations

import dataclasses
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from myoshu.errors import TrainingError
from myoshu.training.memory.replay import Replay
from myoshu.training.memory.trajectory import Trajectory
from myoshu.training.playing.actor import Actor, ActorTask, new_work
from myoshu.training.playing.failures import AbandonedGame
from myoshu.training.randomness import random_state, restore_random_state

__all__ = ["ActorSource", "LocalSource", "Source"]

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
Weights = Mapping[str, NDArray[np.float32]]


class Source(Protocol):
    """Plays games with the weights it was sent last."""

    def send(self, weights: Weights) -> None:
        """Play with these weights from now on."""
        ...

    def receive(self) -> Sequence[Trajectory]:
        """The games that ended since the last call.

        Raises:
            MyoshuError: no more games will come; the message says why.
        """
        ...

    def renew(self, replay: Replay) -> None:
        """Have stored positions searched again, as many as there is to be done, and put what was found into the replay.

        Which positions is drawn as those are that are learned from. Does not wait for other processes.
        """
        ...

    def abandoned(self) -> Sequence[AbandonedGame]:
        """The games that were given up since the last call."""
        ...

    def begun(self) -> bool:
        """Whether it plays, or will as soon as it is asked to: its other processes have been started up."""
        ...

    def moves(self) -> int:
        """Moves played since the source was made."""
        ...

    def busy(self) -> float:
        """Share of its time in which it computed, lately."""
        ...

    def memory(self) -> float:
        """Megabytes of memory that its other processes hold; NaN where the system does not say."""
        ...

    def stop(self) -> None:
        """Play no more."""
        ...


class LocalSource:
    """Self-play in this process: each :meth:`receive` plays one move in every game.

    Args:
        task: what an actor would do.
        renewals: positions searched again by each :meth:`renew`, where no games are played.
    """

    def __init__(self, task: ActorTask, renewals: float = 0.0) -> None:
        work = new_work(task)
        self._evaluator, self._selfplay, self._reanalysis = work.evaluator, work.selfplay, work.reanalysis
        self._share = task.reanalyse
        self._games = task.selfplay.games
        self._renewals = renewals
        self._owed = 0.0
        self._rng = np.random.default_rng((*task.seed, 1))
        self._playing = dict(task.weights)
        self._computed = 0.0
        self._asked = 0.0, time.perf_counter()

    def send(self, weights: Weights) -> None:
        """Play with these weights from now on."""
        self._playing = dict(weights)
        self._evaluator.replace(self._playing)

    def receive(self) -> Sequence[Trajectory]:
        """Play one move in every game; the games that ended by it."""
        if self._selfplay is None:
            return []
        start, played = time.perf_counter(), self._selfplay.moves
        trajectories = self._selfplay.play()
        self._owed += (self._selfplay.moves - played) * self._share / (1.0 - self._share)
        self._computed += time.perf_counter() - start
        return trajectories

    def renew(self, replay: Replay) -> None:
        """Search as many stored positions again as are due."""
        start = time.perf_counter()
        if self._selfplay is None:
            self._owed += self._renewals
        while len(replay) and self._owed >= self._games:
            self._owed -= self._games
            rows = replay.sample(self._games, self._rng).rows
            replay.renew(self._reanalysis.renew(replay.positions(rows)))
        self._computed += time.perf_counter() - start

    def abandoned(self) -> Sequence[AbandonedGame]:
        """What was given up."""
        if self._selfplay is None:
            return []
        games, self._selfplay.abandoned = self._selfplay.abandoned, []
        return games

    def begun(self) -> bool:
        """There is nothing to start up."""
        return True

    def moves(self) -> int:
        """Moves played."""
        return 0 if self._selfplay is None else self._selfplay.moves

    def busy(self) -> float:
        """Share of the time since the last call that went into playing."""
        now = time.perf_counter()
        computed, asked = self._asked
        self._asked = self._computed, now
        return (self._computed - computed) / max(now - asked, 1e-9)

    def memory(self) -> float:
        """There are no other processes."""
        return 0.0

    def stop(self) -> None:
        """Nothing to do."""

    def state(self) -> dict[str, dict[str, NDArray[Any]]]:
        """Everything needed to go on."""
        reanalysis = {"owed": np.array(self._owed), "choice": random_state(self._rng), **self._reanalysis.state()}
        state = {"playing": dict(self._playing), "reanalysis": reanalysis}
        if self._selfplay is not None:
            state["selfplay"] = self._selfplay.state()
        return state

    def restore(self, sections: Mapping[str, dict[str, NDArray[Any]]]) -> None:
        """Go on from what :meth:`state` returned."""
        self.send(sections["playing"])
        self._owed = float(sections["reanalysis"]["owed"])
        restore_random_state(self._rng, sections["reanalysis"]["choice"])
        self._reanalysis.restore(sections["reanalysis"])
        if self._selfplay is not None:
            self._selfplay.restore(sections["selfplay"])


class ActorSource:
    """Actors in processes of their own.

    An actor that ends without a word, as one does that is killed, is started anew; the games that it had under way are
    lost. More than :data:`RESTARTS` such ends within :data:`RESTART_SECONDS` are an error.

    Args:
        tasks: one for each actor.
        note: told of each actor that is started anew.
    """

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
        """What was given up."""
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
