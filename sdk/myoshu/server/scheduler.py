"""Which searches take part in the next waves: fair between clients, ready in time."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Hashable, Mapping
from time import perf_counter

from myoshu.runtime.decision import StopReason
from myoshu.runtime.deliberation import Pace
from myoshu.server.job import Job, Priority
from myoshu.server.pool import Chunk

__all__ = ["Scheduler"]

WIDTH = 256
"""How many searches take part in one slice."""
LEAST = 3e-4
"""Seconds of a slice in which a planner surely begins a wave, however small its share."""


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
        self._fresh: list[Job] = []
        self._limited: list[Job] = []
        self._reporting: list[Job] = []
        self._jobs: list[Job] | None = None
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
        self._fresh.append(job)
        self._jobs = None

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
        jobs = self._arranged()
        for chunk in {job.tree.chunk for job in self._fresh}:
            chunk.flush()
        settled = [job for job in self._fresh if job.settled]
        self._fresh = []
        self._answering = self._seconds_to_answer()
        chunks: dict[Chunk, list[Job]] = {}
        for job in self._choose(jobs, settled, now):
            job.begin(now)
            chunks.setdefault(job.tree.chunk, []).append(job)
        for (chunk, chosen), share in zip(chunks.items(), _shares(chunks), strict=True):
            settled += self._run(chunk, chosen, max(budget * share, LEAST))
        self._conclude(settled)
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

    def _arranged(self) -> list[Job]:
        """All searches under way."""
        if self._jobs is None:
            self._jobs = [job for owner in self._turns for job in self._owners[owner]]
            self._limited = [job for job in self._jobs if job.limited]
            self._reporting = [job for job in self._jobs if job.reporting]
        return self._jobs

    def _conclude(self, settled: list[Job]) -> None:
        """Answer the searches that are done, and report on the others."""
        begin = perf_counter()
        for job in settled:
            job.finish(perf_counter())
        answered = len(settled)
        for job in self._limited:
            if not job.done and job.due(begin, self._answering):
                job.finish(perf_counter(), StopReason.TIME)
                answered += 1
        for job in self._reporting:
            if not job.done and begin >= job.next_report:
                job.report(begin)
        if answered:
            self._answer.note(answered, perf_counter() - begin)
            self._sweep()

    def _seconds_to_answer(self) -> float:
        """How long it takes to answer all searches that are limited in time, should they be due together."""
        return 0.0 if math.isnan(self._answer.seconds) else len(self._limited) * self._answer.seconds

    def _choose(self, jobs: list[Job], settled: list[Job], now: float) -> list[Job]:
        """The searches of the next slice."""
        if len(jobs) <= self._width:
            left_out = {*settled, *(job for job in self._limited if job.due(now, self._answering))}
            return [job for job in jobs if job not in left_out] if left_out else jobs
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
            jobs = [job for job in jobs if not job.settled and not job.due(now, self._answering)]
            jobs.sort(key=lambda job: -job.priority)
            waiting.append(deque(jobs))
        chosen: list[Job] = []
        while waiting and len(chosen) < self._width:
            waiting = [jobs for jobs in waiting if jobs]
            chosen += [jobs.popleft() for jobs in waiting]
        return chosen

    def _run(self, chunk: Chunk, jobs: list[Job], budget: float) -> list[Job]:
        """A slice of one planner, which ends before the first answer is due; returns the searches that are done."""
        end = perf_counter() + budget
        for job in jobs:
            if job.limited:
                end = min(end, job.end(self._answering))
        before = chunk.evaluator.seconds
        trees = [job.tree for job in jobs]
        finished = chunk.run(trees, end)
        spent = chunk.evaluator.seconds - before
        for job in jobs:
            job.network += spent
        return [job for job, done in zip(jobs, finished, strict=True) if done]

    def _sweep(self) -> None:
        """Forget what was answered."""
        self._fresh = [job for job in self._fresh if not job.done]
        for owner, jobs in list(self._owners.items()):
            done = [job for job in jobs if job.done]
            if not done:
                continue
            self._jobs = None
            self.searches += len(done)
            self.simulations += sum(job.simulations for job in done)
            rest = [job for job in jobs if not job.done]
            if rest:
                self._owners[owner] = rest
            else:
                del self._owners[owner]
                self._turns.remove(owner)


def _shares(chunks: Mapping[Chunk, list[Job]]) -> list[float]:
    """Each planner's share of a slice.

    Networks share by the number of their searches; planners of one network so that all make as many waves, as far as it
    is known how long theirs take.
    """
    searches = sum(map(len, chunks.values()))
    paces: dict[object, list[float]] = {}
    counts: dict[object, int] = {}
    for chunk, chosen in chunks.items():
        paces.setdefault(chunk.evaluator, []).append(chunk.pace.seconds)
        counts[chunk.evaluator] = counts.get(chunk.evaluator, 0) + len(chosen)
    shares = []
    for chunk, chosen in chunks.items():
        total, network = sum(paces[chunk.evaluator]), counts[chunk.evaluator]
        part = len(chosen) / network if math.isnan(total) else chunk.pace.seconds / total
        shares.append(part * network / searches)
    return shares
