"""The end of the program: no thread may be inside the network while the interpreter ends.

A thread that returns from native code at that time and requests the interpreter is ended by Python in the midst of C++,
which aborts the process. So every thread that computes registers, and before the interpreter ends every other thread is
ended where it next calls the network, by a SystemExit, which frees what it holds and which Python does not report.
"""

from __future__ import annotations

import atexit
import os
from _thread import get_ident
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from time import monotonic, sleep

from myoshu.errors import EvaluationError

__all__ = ["at_shutdown", "calls", "computing", "ending", "leave"]

PATIENCE = 10.0
"""Seconds that the program's end waits for calls under way; longer ones are ignored."""

calls: dict[int, list[Callable[[], None]]] = {}
"""By thread, while it computes: its handle for calling the network, which is replaced in place when the program ends.
A planner writes its entry here itself, for speed, calls :func:`leave` if :data:`ending`, and removes it at the end."""
ending: list[int] = []
"""The thread that ends the program, once it does."""


def leave() -> None:
    """Stop computing if another thread ends the program.

    Raises:
        SystemExit: it does.
    """
    if ending[0] != get_ident():
        calls.pop(get_ident(), None)
        raise SystemExit


@contextmanager
def computing() -> Iterator[None]:
    """Marks calls of native code that release the interpreter, as at a session's start."""
    at_shutdown(_end_others)
    calls[get_ident()] = []
    if ending:
        leave()
    try:
        yield
    finally:
        calls.pop(get_ident(), None)


@cache
def at_shutdown(do: Callable[[], None]) -> None:
    """Register a function to run before the interpreter ends, once however often registered; the last runs first."""
    atexit.register(do)


def _end_others() -> None:
    """Let only this thread call the network from now on, and wait for threads that are inside it."""
    ending.append(get_ident())
    until = monotonic() + PATIENCE
    while others := [held for thread, held in list(calls.items()) if thread != ending[0]]:
        for held in others:  # more than once: a new batch size overwrites the entry with its own call
            held[:] = [_end_thread] * len(held)
        if monotonic() > until:
            return
        sleep(0.001)


def _end_thread() -> None:
    """Replaces the network's call when the program ends."""
    leave()
    raise EvaluationError("the network could not be run: the program ends, and another thread was searching")


def _forget_threads() -> None:
    """Reset in a forked child, which has only one of its parent's threads."""
    calls.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_threads)
