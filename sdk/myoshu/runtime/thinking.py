"""A search that the caller paces, or that runs in the background."""

from __future__ import annotations

import _thread
import os
import threading
from collections.abc import Callable
from time import monotonic, perf_counter
from typing import Self

from myoshu.errors import MyoshuError
from myoshu.runtime.decision import Decision, StopReason
from myoshu.runtime.deliberation import Deliberation
from myoshu.runtime.limit import seconds
from myoshu.runtime.shutdown import at_shutdown

__all__ = ["Thinking"]

SLICE = 0.004
"""Seconds between two checks for a stop while thinking in the background."""
PATIENCE = 10.0
"""Seconds that the program's end waits for searches in the background."""

_started: set[Thinking] = set()
"""The searches that run in the background."""


class Thinking:
    """One search under way; made by :meth:`myoshu.Session.think`.

    In slices, on the caller's own thread::

        while thinking.step(0.002):
            draw_the_frame()
        decision = thinking.result()

    In the background::

        thinking.start()
        ...
        thinking.best()        # any time, without waiting
        thinking.stop()
        decision = thinking.result()

    A time limit counts the time spent thinking, not the time between steps. All methods may be called from any
    thread. A search still under way when the program ends is stopped.
    """

    def __init__(self, deliberation: Deliberation) -> None:
        self._deliberation = deliberation
        self._lock = threading.RLock()
        self._stop = threading.Event()
        self._done = threading.Event()
        self._idle: threading.Event | None = None
        self._failure: BaseException | None = None
        self._latest: Decision | None = None
        if deliberation.finished:
            self._conclude()

    @property
    def done(self) -> bool:
        """Whether the search has ended."""
        return self._done.is_set()

    def step(self, budget: float) -> bool:
        """Think for a while. No evaluation is started that would likely end after the time is up; but at least one is.

        If the search runs in the background, this waits for it instead.

        Args:
            budget: seconds, more than 0.

        Returns:
            Whether the search is still under way.

        Raises:
            LimitError: the budget is not more than 0.
            EvaluationError: the network failed.
        """
        begin = perf_counter()
        length = seconds("budget", budget)
        if self._idle is not None:
            self._done.wait(length)
        else:
            self._advance(begin + length)
        self._raise_failure()
        return not self.done

    def best(self) -> Decision:
        """The best decision so far. In the background it is at most a few milliseconds old, and there is no wait.

        Raises:
            EvaluationError: the network failed.
        """
        self._raise_failure()
        latest = self._latest
        if latest is not None:
            return latest
        with self._lock:
            return self._latest or self._deliberation.decide()

    def stop(self) -> None:
        """End the search; :meth:`result` then has the best so far. Does not wait."""
        self._stop.set()
        if self._idle is None:
            with self._lock:
                self._conclude()

    def wait(self) -> None:
        """Wait until nothing runs in the background."""
        if self._idle is not None:
            self._idle.wait()

    def result(self) -> Decision:
        """Finish the search, or wait for its end, and return the decision.

        Raises:
            EvaluationError: the network failed.
        """
        self.wait()
        self._raise_failure()
        while not self.done:
            self._advance(None)
        self._raise_failure()
        assert self._latest is not None
        return self._latest

    def start(self, then: Callable[[], None] | None = None) -> Self:
        """Continue in a separate thread until the limit is reached or :meth:`stop` is called.

        Args:
            then: called in that thread when the search has ended.

        Returns:
            This object.
        """
        with self._lock:
            if self._idle is None:
                self._idle = threading.Event()
                at_shutdown(_stop_all)
                _started.add(self)
                try:  # threading.Thread would wait until the thread runs, which takes longer than everything else here
                    _thread.start_new_thread(self._think, (then,))
                except RuntimeError:
                    self._idle = None
                    _started.discard(self)
                    raise
        return self

    def _think(self, then: Callable[[], None] | None) -> None:
        assert self._idle is not None
        try:
            with self._lock:
                if not self.done:
                    self._latest = self._deliberation.decide()
            while not self.done:
                self._advance(perf_counter() + SLICE, aside=True)
                if not self.done:
                    self._latest = self._deliberation.decide()
        except BaseException as error:  # noqa: BLE001 -- raised again by result()
            self._failure = error
            self._done.set()
        finally:
            _started.discard(self)
            self._idle.set()
            if then is not None:
                then()

    def _advance(self, deadline: float | None, *, aside: bool = False) -> None:
        with self._lock:
            if not self.done:
                if not self._stop.is_set():
                    self._deliberation.run(deadline, aside=aside)
                if self._stop.is_set() or self._deliberation.finished:
                    self._conclude()

    def _conclude(self) -> None:
        if not self.done:
            self._deliberation.end(StopReason.STOPPED)
            try:
                self._latest = self._deliberation.decide()
            except MyoshuError as error:
                self._failure = error
            self._done.set()

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise self._failure


def _stop_all() -> None:
    """Stop all searches in the background before the interpreter ends."""
    started = list(_started)
    for thinking in started:
        thinking.stop()
    until = monotonic() + PATIENCE
    for thinking in started:
        if thinking._idle is not None:
            thinking._idle.wait(max(0.0, until - monotonic()))


if hasattr(os, "register_at_fork"):  # the child does not have its parent's threads
    os.register_at_fork(after_in_child=_started.clear)
