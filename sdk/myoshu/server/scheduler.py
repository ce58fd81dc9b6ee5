"""Decides which searches take part in the next waves: fair between clients, and answered in time."""

from __future__ import annotations

import math
from collections import Counter, deque
from collections.abc import Hashable, Iterable, Mapping, Sequence
from time import perf_counter

from myoshu.runtime.decision import StopReason
from myoshu.runtime.pace import Pace
from myoshu.server.chunk import Chunk
from myoshu.server.job import Job, Priority
from myoshu.server.turn import ALONE, SECONDS

__all__ = ["Scheduler"]

WIDTH = 256
"""The most searches in one slice."""
LEAST = 3e-4
"""Seconds of a slice in which a planner always begins a wave, however small its share."""
MANY = 2
"""A client with more than this many times the searches of another shares time with it rather than waves."""
LEAD = 0.1
"""Seconds that clients with few searches may be ahead of their share when their answers are due."""


class Scheduler:
    """Searches of all clients, in successive slices of time.

    In each slice up to :data:`WIDTH` searches advance together, a wave at a time. They are chosen in turn, one of each
    client, then the next of each. Clients that were left out go first the next time; a client's own searches go in the
    order of their priority and arrival.

    Time is shared by clients, not by searches: if one has many and another few, some slices are for equally many
    searches of each, and the rest for all. Each client with few gets its part of the time in the former.

    The only clock is :func:`time.perf_counter`; there are no sockets here.
    """

    def __init__(self, width: int = WIDTH) -> None:
        self.searches = 0
        """Number of searches answered."""
        self.simulations = 0
        """Total simulations of the searches answered."""
        self.slices = 0
        """Number of slices of time spent."""
        self._width = width
        self._owners: dict[Hashable, list[Job]] = {}
        self._resting: dict[Hashable, list[Job]] = {}
        self._turns: deque[Hashable] = deque()
        self._fresh: list[Job] = []
        self._settled: list[Job] = []
        self._limited: list[Job] = []
        self._reporting: list[Job] = []
        self._jobs: list[Job] | None = None
        self._answer = Pace()
        self._ahead = 0.0

    def __len__(self) -> int:
        """Number of searches under way, without those that are suspended."""
        return sum(map(len, self._owners.values()))

    def submit(self, owner: Hashable, job: Job) -> None:
        """Accept a search."""
        if owner in self._resting:
            self._resting[owner].append(job)
            return
        jobs = self._owners.get(owner)
        if jobs is None:
            self._owners[owner] = jobs = []
            self._turns.append(owner)
        jobs.append(job)
        self._fresh.append(job)
        self._jobs = None

    def rest(self, owner: Hashable) -> None:
        """Suspend a client's searches until :meth:`go_on`."""
        jobs = self._owners.pop(owner, [])
        if jobs:
            self._turns.remove(owner)
            self._forget(jobs)
        self._resting[owner] = jobs

    def go_on(self, owner: Hashable) -> None:
        """Resume a client's suspended searches."""
        for job in self._resting.pop(owner, ()):
            self.submit(owner, job)

    def step(self, budget: float) -> bool:
        """Search for a while, and answer the searches that are done.

        Args:
            budget: seconds.

        Returns:
            Whether there are more searches under way.
        """
        if not self._owners:
            return False
        self.slices += 1
        now = perf_counter()
        self._arrange()
        for chunk in {job.tree.chunk for job in self._fresh}:
            chunk.flush()
        self._settled += [job for job in self._fresh if job.settled]
        self._fresh = []
        chosen = self._choose(now)
        few, part = self._few(chosen)
        waves = _waves(chosen) | _waves(few)
        if few and (self._settled or self._first(few, chosen, now)):
            self._ahead += self._search(few, budget) * (1.0 - part)
        elif few:
            self._ahead -= self._search(chosen, budget) * part
        elif not self._settled:
            self._search(chosen, budget)
        self._ahead = min(max(self._ahead, -LEAD), LEAD) if few else 0.0
        self._conclude(waves)
        return bool(self._owners)

    def stop(self, jobs: Iterable[Job]) -> None:
        """Answer some searches now, with the best so far."""
        for job in jobs:
            job.finish(perf_counter(), StopReason.STOPPED)
        self._sweep()

    def stop_all(self) -> None:
        """Answer all searches now."""
        self.stop([job for jobs in (*self._owners.values(), *self._resting.values()) for job in jobs])

    def _arrange(self) -> None:
        """Update the bookkeeping of searches under way, if they have changed."""
        if self._jobs is not None:
            return
        self._jobs = [job for owner in self._turns for job in self._owners[owner]]
        self._limited = [job for job in self._jobs if job.limited]
        self._reporting = [job for job in self._jobs if job.reporting]
        seconds = 0.0 if math.isnan(self._answer.seconds) else self._answer.seconds
        for owner, jobs in self._owners.items():
            for job in jobs:
                job.owner, job.crowd, job.answering = owner, len(jobs), len(jobs) * seconds

    def _choose(self, now: float) -> list[Job]:
        """The searches of the next slice."""
        jobs = self._jobs or []
        if len(jobs) <= self._width:
            left_out = {*self._settled, *(job for job in self._limited if job.due(now, 0.0))}
            return [job for job in jobs if job not in left_out] if left_out else jobs
        settled = set(self._settled)
        thinking = self._in_turn(Priority.LOW, now, settled)
        if len(thinking) < self._width:
            thinking += self._in_turn(Priority.PONDER, now, settled)[: self._width - len(thinking)]
        if len(self._turns) > self._width:
            self._turns.rotate(-self._width)
        return thinking[: self._width]

    def _in_turn(self, least: Priority, now: float, settled: set[Job]) -> list[Job]:
        """One search of each owner, then the next of each, as many as fit."""
        waiting = []
        for owner in self._turns:
            jobs = [job for job in self._owners[owner] if (job.priority >= Priority.LOW) == (least >= Priority.LOW)]
            jobs = [job for job in jobs if job not in settled and not job.due(now, 0.0)]
            jobs.sort(key=lambda job: -job.priority)
            waiting.append(deque(jobs))
        chosen: list[Job] = []
        while waiting and len(chosen) < self._width:
            waiting = [jobs for jobs in waiting if jobs]
            chosen += [jobs.popleft() for jobs in waiting]
        return chosen

    def _few(self, chosen: list[Job]) -> tuple[list[Job], float]:
        """As many searches of each client as the one with the fewest has, and their share of the time.

        None of either if all have about as many.
        """
        if len(self._owners) < 2:
            return [], 0.0
        owners: dict[Hashable, list[Job]] = {}
        for job in chosen:
            if job.priority >= Priority.LOW:
                owners.setdefault(job.owner, []).append(job)
        least = min(map(len, owners.values()), default=0)
        small = sum(len(jobs) <= MANY * least for jobs in owners.values())
        if small == len(owners):
            return [], 0.0
        few = [job for jobs in owners.values() for job in sorted(jobs, key=lambda job: -job.priority)[:least]]
        return few, small / len(owners)

    def _first(self, few: list[Job], chosen: list[Job], now: float) -> bool:
        """Whether it is the turn of the few: by their share, or because a wave of all would make their answers late."""
        if self._ahead <= 0.0:
            return True
        if self._ahead >= LEAD:
            return False
        waves = _waves(chosen)
        return any(job.due(now, waves[job]) for job in few)

    def _search(self, chosen: list[Job], budget: float) -> float:
        """Spend a slice on some searches; returns the seconds that it took."""
        begin = perf_counter()
        waves = _waves(chosen)
        chunks: dict[Chunk, list[Job]] = {}
        for job in chosen:
            if not job.due(begin, waves[job]):
                job.begin(begin)
                chunks.setdefault(job.tree.chunk, []).append(job)
        for (chunk, jobs), share in zip(chunks.items(), _shares(chunks), strict=True):
            self._settled += self._run(chunk, jobs, max(budget * share, LEAST))
        return perf_counter() - begin

    def _run(self, chunk: Chunk, jobs: list[Job], budget: float) -> list[Job]:
        """A slice of one planner, which ends before the first answer is due; returns the searches that are done."""
        end, wave = perf_counter() + budget, chunk.pace.of(len(jobs))
        for job in jobs:
            if job.limited:
                end = min(end, job.end(wave))
        before = chunk.evaluator.seconds
        trees = [job.tree for job in jobs]
        finished = chunk.run(trees, end)
        spent = chunk.evaluator.seconds - before
        for job in jobs:
            job.network += spent
        return [job for job, done in zip(jobs, finished, strict=True) if done]

    def _conclude(self, waves: Mapping[Job, float]) -> None:
        """Answer the searches that are done, those of clients with few first, and report on the others.

        Answers that do not fit into a turn are sent in the next one.

        Args:
            waves: for each search, the seconds of a wave that it would take part in.
        """
        begin = perf_counter()
        due = [job for job in self._limited if not job.done and job.due(begin, waves.get(job, 0.0))]
        due.sort(key=lambda job: job.crowd)
        self._settled.sort(key=lambda job: job.crowd)
        answered, hurried = 0, set()
        end = begin + (SECONDS if len(self._owners) > 1 else ALONE)
        for job, reason in (*((job, StopReason.TIME) for job in due), *((job, None) for job in self._settled)):
            job.finish(perf_counter(), reason)
            answered += 1
            if reason is not None and not job.simulations and not job.due(begin, 0.0):
                hurried.add(job.tree.chunk)
            if perf_counter() > end:
                break
        for chunk in hurried:
            chunk.pace.shrink()
        for job in self._reporting:
            if not job.done and begin >= job.next_report:
                job.report(begin)
        if answered:
            self._answer.note(answered, perf_counter() - begin)
            self._sweep()

    def _sweep(self) -> None:
        """Forget answered searches."""
        done: list[Job] = []
        for held in (self._owners, self._resting):
            for owner, jobs in list(held.items()):
                answered = [job for job in jobs if job.done]
                if not answered:
                    continue
                done += answered
                held[owner] = [job for job in jobs if not job.done]
                if held is self._owners and not held[owner]:
                    del held[owner]
                    self._turns.remove(owner)
        if done:
            self.searches += len(done)
            self.simulations += sum(job.simulations for job in done)
            self._forget(done)

    def _forget(self, jobs: Sequence[Job]) -> None:
        """Drop searches from the bookkeeping."""
        gone = set(jobs)
        self._fresh = [job for job in self._fresh if job not in gone]
        self._settled = [job for job in self._settled if job not in gone]
        self._jobs = None


def _waves(jobs: Sequence[Job]) -> dict[Job, float]:
    """For each search, the seconds that a wave of all of them is likely to take in its planner."""
    counts = Counter(job.tree.chunk for job in jobs)
    seconds = {chunk: chunk.pace.of(count) for chunk, count in counts.items()}
    return {job: seconds[job.tree.chunk] for job in jobs}


def _shares(chunks: Mapping[Chunk, list[Job]]) -> list[float]:
    """Each planner's share of a slice.

    Networks share by the number of their searches; planners of one network so that all make equally many waves, as far
    as the times of their waves are known.
    """
    searches = sum(map(len, chunks.values()))
    paces: dict[object, list[float]] = {}
    counts: dict[object, int] = {}
    for chunk, chosen in chunks.items():
        paces.setdefault(chunk.evaluator, []).append(chunk.pace.estimate(len(chosen)))
        counts[chunk.evaluator] = counts.get(chunk.evaluator, 0) + len(chosen)
    shares = []
    for chunk, chosen in chunks.items():
        total, network = sum(paces[chunk.evaluator]), counts[chunk.evaluator]
        part = len(chosen) / network if math.isnan(total) else chunk.pace.estimate(len(chosen)) / total
        shares.append(part * network / searches)
    return shares
