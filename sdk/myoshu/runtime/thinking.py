"""A search that the caller paces, or that goes on in the background."""

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
"""Seconds between two looks up from thinking in the background."""
PATIENCE = 10.0
"""Seconds that the program's end waits for what is thought about in the background."""

_started: set[Thinking] = set()
"""What goes on in the background."""


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

    A limit in time counts the time spent thinking, not the time between steps. All methods may be called from any
    thread. What is still thought about when the program ends is stopped.
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
        """Think for a while. No evaluation is begun that would likely end after the time is up; but one is made.

        If the search goes on in the background, this waits for it instead.

        Args:
            budget: seconds, more than 0.

        Returns:
            Whether there is more to think about.

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
        """The best so far. In the background it is at most a few milliseconds old, and never waited for.

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
        """Wait until nothing goes on in the background."""
        if self._idle is not None:
            self._idle.wait()

    def result(self) -> Decision:
        """Think to the end, or wait for it, and return the decision.

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
        """Go on in a thread of its own until the limit is reached or :meth:`stop` is called.

        Args:
            then: called in that thread when the search has ended.

        Returns:
            This.
        """
        with self._lock:
            if self._idle is None:
                self._idle = threading.Event()
                at_shutdown(_stop_all)
                _started.add(self)
                try:  # threading.Thread would wait until the thread runs, which takes longer than all else here
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
        except BaseException as error:  # noqa: BLE001 -- whoever asks for the result meets it
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
    """Let nothing be thought about in the background when the interpreter ends."""
    started = list(_started)
    for thinking in started:
        thinking.stop()
    until = monotonic() + PATIENCE
    for thinking in started:
        if thinking._idle is not None:
            thinking._idle.wait(max(0.0, until - monotonic()))


if hasattr(os, "register_at_fork"):  # the threads of the parent are none of the child's
    os.register_at_fork(after_in_child=_started.clear)
