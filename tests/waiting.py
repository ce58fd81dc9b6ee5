"""Waiting for what happens by itself, however slow the machine is."""

from __future__ import annotations

import time
from collections.abc import Callable


def wait_until(happened: Callable[[], object], seconds: float = 240.0) -> None:
    """Ask again and again until it has happened.

    Args:
        happened: what is asked; true once it has.
        seconds: after how many it is an error: long enough for a machine that does much else.
    """
    limit = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < limit, "it did not happen"
        time.sleep(0.01)
