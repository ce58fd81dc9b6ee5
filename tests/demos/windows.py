"""A screen without a monitor (Xvfb), a person's mouse and keyboard on it (xdotool), and what is to be seen."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray
from PIL import ImageGrab

__all__ = ["MISSING", "Window"]

MISSING = [tool for tool in ("Xvfb", "xdotool") if shutil.which(tool) is None]
"""What is needed and not there."""
SIZE = (1040, 720)
PATIENCE = 30.0
"""Seconds that anything awaited may take."""

Color = tuple[int, int, int]


class Window:
    """A demo in a real window on a screen of its own.

    Args:
        folder: the demo's.
        arguments: what it is started with.
        pictures: where screenshots are kept.
    """

    def __init__(self, folder: Path, *arguments: str, pictures: Path) -> None:
        self._command = [sys.executable, str(folder), *arguments]
        self._pictures = pictures

    def __enter__(self) -> Self:
        number, said = os.pipe()
        screen = f"{SIZE[0]}x{SIZE[1]}x24"
        self._server = subprocess.Popen(
            ["Xvfb", "-displayfd", str(said), "-screen", "0", screen, "-nolisten", "tcp", "-noreset"], pass_fds=[said],
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        os.close(said)
        with os.fdopen(number) as line:
            self.display = f":{line.readline().strip()}"
        environment = {name: value for name, value in os.environ.items() if not name.startswith("SDL_")}
        environment |= {"DISPLAY": self.display, "SDL_VIDEODRIVER": "x11", "SDL_AUDIODRIVER": "dummy"}
        self._environment = environment
        self.program = subprocess.Popen(
            self._command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        return self

    def __exit__(self, *_: object) -> None:
        for process in (self.program, self._server):
            process.terminate()
            process.wait(PATIENCE)
        if self.program.stdout is not None:
            self.program.stdout.close()

    def click(self, x: int, y: int) -> None:
        """A click of the left button."""
        self._do("mousemove", str(x), str(y), "click", "1")

    def point(self, x: int, y: int) -> None:
        """The mouse, moved."""
        self._do("mousemove", str(x), str(y))

    def press(self, *keys: str) -> None:
        """Keys, one after the other, by X's names."""
        for key in keys:
            self._do("key", key)

    def resize(self, width: int, height: int) -> None:
        """The window, made larger or smaller, in the screen's corner."""
        (*_, own) = self._do("search", "--onlyvisible", "--class", "").split()  # after the screen itself
        self._do("windowmove", own, "0", "0", "windowsize", own, str(width), str(height))

    def hold(self, key: str, *, down: bool) -> None:
        """A key, held or let go."""
        self._do("keydown" if down else "keyup", key)

    def seen(self) -> NDArray[np.uint8]:
        """uint8 [height, width, 3]: what is on the screen."""
        return np.asarray(ImageGrab.grab(xdisplay=self.display).convert("RGB"))

    def keep(self, name: str) -> None:
        """A screenshot as a file."""
        ImageGrab.grab(xdisplay=self.display).convert("RGB").save(self._pictures / f"{name}.png")

    def count(self, color: Color, area: tuple[int, int, int, int]) -> int:
        """How many pixels of a rectangle (left, top, width, height) have a colour."""
        left, top, width, height = area
        return int((self.seen()[top : top + height, left : left + width] == color).all(-1).sum())

    def wait(self, condition: Callable[[], bool], what: str) -> None:
        """Until something is to be seen.

        Raises:
            AssertionError: it is not, or the program has ended.
        """
        limit = time.monotonic() + PATIENCE
        while not condition():
            assert self.program.poll() is None, f"the program ended while {what} was waited for: {self.said()}"
            assert time.monotonic() < limit, f"{what} was waited for in vain"
            time.sleep(0.05)

    def wait_still(self, what: str) -> None:
        """Until nothing moves for half a second."""

        def still() -> bool:
            before = self.seen()
            time.sleep(0.5)
            return bool((self.seen() == before).all())

        self.wait(still, what)

    def wait_color(self, color: Color, area: tuple[int, int, int, int], what: str, least: int = 20) -> None:
        """Until at least this many pixels of a rectangle have a colour."""
        self.wait(lambda: self.count(color, area) >= least, what)

    def ended(self) -> int:
        """The program's exit status, once it has ended by itself."""
        return self.program.wait(PATIENCE)

    def said(self) -> str:
        """What the program has printed, once it has ended."""
        return self.program.stdout.read().decode() if self.program.stdout is not None else ""

    def _do(self, *words: str) -> str:
        command = ["xdotool", *words]
        done = subprocess.run(
            command, env=self._environment, check=True, capture_output=True, text=True, timeout=PATIENCE
        )
        return done.stdout
