"""A game's window and its loop: events, a frame, the clock; closing it and Ctrl-C end it alike.

::

    with Window("Duel", (1040, 720)) as window:
        stage = Stage(window.surface)
        for _ in window.frames(stage):
            pass
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from types import TracebackType
from typing import Any, Protocol, Self

import pygame

from myoshu_engines.pygame_recorder import Recorder

__all__ = ["Scene", "Window"]


class Scene(Protocol):
    """What a window shows."""

    running: bool
    """Whether it goes on."""

    def handle(self, event: pygame.event.Event) -> None:
        """Take an event in."""
        ...

    def update(self) -> None:
        """Go on by one frame."""
        ...

    def draw(self) -> None:
        """Draw onto the window's surface."""
        ...


class Window:
    """Pygame's window, from its opening to its end. Ctrl-C posts ``QUIT`` while it is open.

    Args:
        title: what stands above it.
        size: pixels, width and height.
    """

    def __init__(self, title: str, size: tuple[int, int]) -> None:
        pygame.display.init()
        pygame.font.init()
        pygame.display.set_caption(title)
        self.surface = pygame.display.set_mode(size)
        """What is drawn on."""
        self._interrupted: Any = None

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            self._interrupted = signal.signal(signal.SIGINT, _quit)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._interrupted is not None:
            signal.signal(signal.SIGINT, self._interrupted)
        pygame.quit()

    def frames(
        self, scene: Scene, most: int | None = None, *, rate: int = 60, recorder: Recorder | None = None
    ) -> Iterator[int]:
        """Show a scene until it ends; yields the number of each frame when it has been shown.

        Args:
            scene: what to show.
            most: end after so many frames.
            rate: frames a second, where the machine can.
            recorder: keeps what was shown.
        """
        clock = pygame.time.Clock()
        shown = 0
        while scene.running and shown != most:
            for event in pygame.event.get():
                scene.handle(event)
            scene.update()
            scene.draw()
            pygame.display.flip()
            if recorder is not None:
                recorder.add(self.surface)
            shown += 1
            yield shown
            clock.tick(rate)


def _quit(*_: object) -> None:
    pygame.event.post(pygame.event.Event(pygame.QUIT))
