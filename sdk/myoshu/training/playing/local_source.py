"""Self-play in the process that learns. Knows no torch."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from myoshu.training.memory.replay import Replay
from myoshu.training.memory.trajectory import Trajectory
from myoshu.training.playing.actor import ActorTask, new_work
from myoshu.training.playing.failures import AbandonedGame
from myoshu.training.playing.source import Weights
from myoshu.training.randomness import random_state, restore_random_state

__all__ = ["LocalSource"]


class LocalSource:
    """Self-play in this process: each :meth:`receive` plays one move in every game.

    Args:
        task: the task that an actor would have.
        renewals: positions searched again by each :meth:`renew` if no games are played.
    """

    here = True

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
        """Play one move in every game; returns the games that ended by it."""
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
        if self._selfplay is None:
            return []
        games, self._selfplay.abandoned = self._selfplay.abandoned, []
        return games

    def begun(self) -> bool:
        """True: there is nothing to start up."""
        return True

    def moves(self) -> int:
        return 0 if self._selfplay is None else self._selfplay.moves

    def busy(self) -> float:
        """Share of the time since the last call that went into playing."""
        now = time.perf_counter()
        computed, asked = self._asked
        self._asked = self._computed, now
        return (self._computed - computed) / max(now - asked, 1e-9)

    def memory(self) -> float:
        """0: there are no other processes."""
        return 0.0

    def stop(self) -> None: ...

    def state(self) -> dict[str, dict[str, NDArray[Any]]]:
        """Everything needed to resume."""
        reanalysis = {"owed": np.array(self._owed), "choice": random_state(self._rng), **self._reanalysis.state()}
        state = {"playing": dict(self._playing), "reanalysis": reanalysis}
        if self._selfplay is not None:
            state["selfplay"] = self._selfplay.state()
        return state

    def restore(self, sections: Mapping[str, dict[str, NDArray[Any]]]) -> None:
        """Resume from what :meth:`state` returned; start afresh if actors played before."""
        if "playing" not in sections:
            return
        self.send(sections["playing"])
        self._owed = float(sections["reanalysis"]["owed"])
        restore_random_state(self._rng, sections["reanalysis"]["choice"])
        self._reanalysis.restore(sections["reanalysis"])
        if self._selfplay is not None:
            self._selfplay.restore(sections["selfplay"])
