"""How something that takes a while shows where it is."""

from __future__ import annotations

import sys
import time

__all__ = ["Progress"]

LINE_EVERY = 5.0
"""Seconds between lines of progress where there is no terminal to draw on."""
DRAW_EVERY = 0.2
"""Seconds between two drawings on a terminal."""


class Progress:
    """Lines that are drawn over on a terminal; elsewhere the last of them now and then. Both on the error stream."""

    def __init__(self) -> None:
        self._drawn = sys.stderr.isatty()
        self._every = DRAW_EVERY if self._drawn else LINE_EVERY
        self._last = time.monotonic()
        self._lines = 0

    @property
    def due(self) -> bool:
        """Whether it is time to show something again."""
        return time.monotonic() - self._last >= self._every

    def show(self, text: str) -> None:
        """Show where things are: all of it on a terminal, elsewhere the last line."""
        self._last = time.monotonic()
        if self._drawn:
            self.clear()
            sys.stderr.write(text + "\n")
            self._lines = text.count("\n") + 1
        else:
            sys.stderr.write(text.rpartition("\n")[2] + "\n")
        sys.stderr.flush()

    def clear(self) -> None:
        """Take away what is drawn."""
        if self._lines:
            sys.stderr.write(f"\x1b[{self._lines}F\x1b[J")
            sys.stderr.flush()
            self._lines = 0
