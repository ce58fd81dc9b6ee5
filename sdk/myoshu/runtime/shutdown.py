"""The end of the program: no thread may be inside the network while the interpreter ends.

A thread that comes back from native code then and asks for the interpreter is ended by Python in the midst of C++,
which aborts the process. So whoever computes says so, and before the interpreter ends every other thread is ended where
it next calls the network, by a SystemExit, which frees what it holds and which Python does not report.
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
"""Seconds that the program's end waits for calls that are under way; longer ones are left alone."""

calls: dict[int, list[Callable[[], None]]] = {}
"""By thread, while it computes: what it calls the network by, which is replaced in place when the program ends. A
planner writes its entry here itself, for speed, calls :func:`leave` if :data:`ending`, and removes it at the end."""
ending: list[int] = []
"""The thread that ends the program, once it does."""


def leave() -> None:
    """Compute no further where another thread ends the program.

    Raises:
        SystemExit: it does.
    """
    if ending[0] != get_ident():
        calls.pop(get_ident(), None)
        raise SystemExit


@contextmanager
def computing() -> Iterator[None]:
    """A few calls of native code that give the interpreter up, as a session's start."""
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
    """Have something done before the interpreter ends, once however often it is asked; what came last is done first."""
    atexit.register(do)


def _end_others() -> None:
    """Let nobody but this thread call the network any more, and wait for those who are inside it."""
    ending.append(get_ident())
    until = monotonic() + PATIENCE
    while others := [held for thread, held in list(calls.items()) if thread != ending[0]]:
        for held in others:  # more than once: a batch size that is just met puts its own call over the entry
            held[:] = [_end_thread] * len(held)
        if monotonic() > until:
            return
        sleep(0.001)


def _end_thread() -> None:
    """Stands for the network's call where the program ends."""
    leave()
    raise EvaluationError("the network could not be run: the program ends, and another thread was searching")


def _forget_threads() -> None:
    """In a child made by fork, which has none of its parent's threads but one."""
    calls.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_threads)
