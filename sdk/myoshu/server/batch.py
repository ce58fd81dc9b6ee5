"""The searches of one ``act_batch``, which are prepared some at a time and answered together."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from myoshu.errors import MyoshuError
from myoshu.protocol.messages import ActBatch, Acts, Error, Times
from myoshu.runtime.decision import Decision
from myoshu.runtime.limit import Limit
from myoshu.server.answers import error_of, stop_of
from myoshu.server.job import Job, Priority
from myoshu.server.pool import SharedTrees
from myoshu.server.seat import Seat
from myoshu.server.shared import Shared

__all__ = ["Batch"]


class Batch:
    """The rows of an ``act_batch``, each a search by a session of its own.

    Args:
        shared: what all connections share.
        request: what was asked.
        arrived: when the request came, as of :func:`time.perf_counter`.
        model: the name of the model that plays.
        limit: how long to think about each row.
        observations: [rows, *observation], checked.
        legal: bool [rows, actions], each with a legal action; all if not given.
        submit: takes each search on.
        on_done: takes the reply, and where the last row's time went, once every row has been answered.
    """

    def __init__(
        self,
        shared: Shared,
        request: ActBatch,
        *,
        arrived: float,
        model: str,
        limit: Limit,
        observations: NDArray[np.generic],
        legal: NDArray[np.bool_] | None,
        submit: Callable[[Job], None],
        on_done: Callable[[Acts | Error, Times], None],
    ) -> None:
        self.request = request
        """What was asked."""
        self.jobs: list[Job] = []
        """The searches of the rows that are prepared."""
        self._shared = shared
        self._arrived = arrived
        self._model = model
        self._limit = limit
        self._observations = observations
        self._legal = legal
        self._submit = submit
        self._on_done = on_done
        self._answers: list[Decision | MyoshuError | None] = [None] * len(observations)
        self._answered = 0

    @property
    def left(self) -> int:
        """Rows that are not prepared."""
        return len(self._answers) - len(self.jobs)

    def prepare(self, end: float) -> None:
        """Begin the searches of the next rows: one at least, then more until ``end``, as of :func:`time.perf_counter`.

        Raises:
            Exception: whatever was wrong with a row.
        """
        while self.left:
            self._prepare_row(len(self.jobs))
            if perf_counter() > end:
                break

    def abandon(self) -> None:
        """Give all rows back, without an answer."""
        self._answered = -len(self._answers)
        self._shared.scheduler.stop(self.jobs)

    def _prepare_row(self, row: int) -> None:
        request, shared = self.request, self._shared
        session = shared.models[self._model].new_session(
            seed=None if request.seed is None else request.seed + row,
            temperature=request.temperature,
            keep_tree=False,
            max_simulations=shared.settings.timed_simulations,
            trees=SharedTrees(shared.pools, shared.models[self._model]),
        )
        seat = Seat(session)
        try:
            deliberation = seat.deliberate(
                (),
                self._observations[row],
                None if self._legal is None else self._legal[row],
                self._limit,
                None if request.to_play is None else request.to_play[row],
            )
        except BaseException:
            session.release()
            raise

        def on_done(answer: Decision | MyoshuError, times: Times) -> None:
            session.release()
            self._note(row, answer, times)

        job = Job(
            seat,
            deliberation,
            arrived=self._arrived,
            time=self._limit.time,
            priority=Priority.NORMAL if request.priority is None else Priority(request.priority),
            capped=deliberation.capped,
            every=None,
            on_info=lambda decision, elapsed: None,
            on_done=on_done,
        )
        self.jobs.append(job)
        self._submit(job)

    def _note(self, row: int, answer: Decision | MyoshuError, times: Times) -> None:
        """Take a row's answer; with the last one the request is answered."""
        self._answers[row] = answer
        self._answered += 1
        if self._answered == len(self._answers):
            self._on_done(self._reply(times), times)

    def _reply(self, times: Times) -> Acts | Error:
        decisions = [decision for decision in self._answers if isinstance(decision, Decision)]
        for row, failure in enumerate(self._answers):
            if isinstance(failure, MyoshuError):
                return error_of(self.request, failure, row)
        return Acts(
            id=self.request.id,
            actions=tuple(decision.action for decision in decisions),
            values=tuple(decision.value for decision in decisions),
            simulations=tuple(decision.simulations for decision in decisions),
            stop=stop_of(decisions[-1]),
            times=times,
            provider=decisions[-1].provider,
            model=self._model,
        )
