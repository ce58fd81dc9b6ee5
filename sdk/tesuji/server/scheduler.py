"""Which searches take part in the next waves: fair between clients, ready in time."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Hashable
from time import perf_counter

from tesuji.runtime.decision import StopReason
from tesuji.runtime.deliberation import Pace
from tesuji.server.job import Job, Priority
from tesuji.server.pool import Chunk

__all__ = ["Scheduler"]

WIDTH = 256
"""How many searches take part in one slice."""


class Scheduler:
    """Searches of all clients, a slice of time after the other.

    In each slice up to :data:`WIDTH` searches advance together, a wave at a time. They are chosen in turn, one of each
    client, then the next of each, so that a client with many searches does not hold up one with few. Clients that were
    left out go first the next time; a client's own searches go in the order of their priority and arrival. The only
    clock is :func:`time.perf_counter`; sockets are not known here.
    """

    def __init__(self, width: int = WIDTH) -> None:
        self.searches = 0
        """Searches answered."""
        self.simulations = 0
        """Simulations of searches answered."""
        self.slices = 0
        """Slices of time spent."""
        self._width = width
        self._owners: dict[Hashable, list[Job]] = {}
        self._turns: deque[Hashable] = deque()
        self._answer = Pace()
        self._answering = 0.0

    def __len__(self) -> int:
        """Searches under way."""
        return sum(map(len, self._owners.values()))

    def submit(self, owner: Hashable, job: Job) -> None:
        """Take a search on."""
        jobs = self._owners.get(owner)
        if jobs is None:
            self._owners[owner] = jobs = []
            self._turns.append(owner)
        jobs.append(job)

    def step(self, budget: float) -> bool:
        """Search for a while, and answer what is done.

        Args:
            budget: seconds.

        Returns:
            Whether there is more to do.
        """
        if not self._owners:
            return False
        self.slices += 1
        now = perf_counter()
        self._flush()
        self._answering = self._seconds_to_answer()
        chosen = self._choose(now)
        chunks: dict[Chunk, list[Job]] = {}
        for job in chosen:
            job.begin(now)
            chunks.setdefault(job.tree.chunk, []).append(job)
        for chunk, jobs in chunks.items():
            self._run(chunk, jobs, budget / len(chunks))
        self._conclude(perf_counter())
        self._sweep()
        return bool(self._owners)

    def stop(self, job: Job) -> None:
        """Answer a search now, with the best so far."""
        job.finish(perf_counter(), StopReason.STOPPED)
        self._sweep()

    def stop_all(self) -> None:
        """Answer all searches now."""
        for jobs in list(self._owners.values()):
            for job in list(jobs):
                job.finish(perf_counter(), StopReason.STOPPED)
        self._sweep()

    def _conclude(self, now: float) -> None:
        """Answer the searches that are done, and report on the others."""
        answered = 0
        for jobs in list(self._owners.values()):
            for job in list(jobs):
                if job.finished:
                    job.finish(perf_counter())
                elif job.due(now, self._answering):
                    job.finish(perf_counter(), StopReason.TIME)
                else:
                    job.report(now)
                answered += job.done
        self._answer.note(answered, perf_counter() - now)

    def _seconds_to_answer(self) -> float:
        """How long it takes to answer all searches that are limited in time, should they be due together."""
        limited = sum(job.up < math.inf for jobs in self._owners.values() for job in jobs)
        return 0.0 if math.isnan(self._answer.seconds) else limited * self._answer.seconds

    def _choose(self, now: float) -> list[Job]:
        """The searches of the next slice."""
        thinking = self._in_turn(Priority.LOW, now)
        if len(thinking) < self._width:
            thinking += self._in_turn(Priority.PONDER, now)[: self._width - len(thinking)]
        if len(self._turns) > self._width:
            self._turns.rotate(-self._width)
        return thinking[: self._width]

    def _in_turn(self, least: Priority, now: float) -> list[Job]:
        """One search of each owner, then the next of each, as many as fit."""
        waiting = []
        for owner in self._turns:
            jobs = [job for job in self._owners[owner] if (job.priority >= Priority.LOW) == (least >= Priority.LOW)]
            jobs = [job for job in jobs if not job.finished and not job.due(now, self._answering)]
            jobs.sort(key=lambda job: -job.priority)
            waiting.append(deque(jobs))
        chosen: list[Job] = []
        while waiting and len(chosen) < self._width:
            waiting = [jobs for jobs in waiting if jobs]
            chosen += [jobs.popleft() for jobs in waiting]
        return chosen

    def _run(self, chunk: Chunk, jobs: list[Job], budget: float) -> None:
        """A slice of one planner; it ends before the first answer is due."""
        end = min(perf_counter() + budget, min(job.end(self._answering) for job in jobs))
        before = chunk.evaluator.seconds
        chunk.run([job.tree for job in jobs], end)
        spent = chunk.evaluator.seconds - before
        for job in jobs:
            job.network += spent

    def _flush(self) -> None:
        """Begin the trees that wait."""
        for chunk in {job.tree.chunk for jobs in self._owners.values() for job in jobs}:
            chunk.flush()

    def _sweep(self) -> None:
        """Forget what was answered."""
        for owner, jobs in list(self._owners.items()):
            done = [job for job in jobs if job.done]
            if not done:
                continue
            self.searches += len(done)
            self.simulations += sum(job.simulations for job in done)
            rest = [job for job in jobs if not job.done]
            if rest:
                self._owners[owner] = rest
            else:
                del self._owners[owner]
                self._turns.remove(owner)
