"""Progress displays that remember what they are shown, or act on it."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

from myoshu.training.telling.progress import Status


class Recorder:
    """Remembers what it is shown."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.statuses: list[Status] = []
        self.closed = False

    def update(self, status: Status) -> None:
        self.statuses.append(status)

    def note(self, text: str) -> None:
        self.notes.append(text)

    def close(self) -> None:
        self.closed = True


class Acting(Recorder):
    """Does something once, as soon as a status is shown for which it is time."""

    def __init__(self, due: Callable[[Status], bool], act: Callable[[], object]) -> None:
        super().__init__()
        self._due, self._act, self._acted = due, act, False

    def update(self, status: Status) -> None:
        super().update(status)
        if not self._acted and self._due(status):
            self._acted = True
            self._act()


def press_ctrl_c() -> None:
    """What the terminal does."""
    os.kill(os.getpid(), signal.SIGINT)
