"""A game's window and its loop: events, a frame, the clock; closing it and Ctrl-C end it alike.

::

    with Window("Duel", (1040, 720)) as window:
        stage = Stage(window.surface)
        for _ in window.frames(stage):
            pass
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import warnings
from collections.abc import Iterator
from types import TracebackType
from typing import Any, Protocol, Self

import pygame

from myoshu_engines.pygame.recorder import Recorder

__all__ = ["Scene", "Window"]

QUALITY = "SDL_RENDER_SCALE_QUALITY"
SCALING = {"SDL_HINT_RENDER_SCALE_QUALITY": "1", QUALITY: "linear"}
"""SDL's settings, as environment variables: Pygame scales smoothly, and by any factor, not only by integers."""
GLANCE = 100
"""Milliseconds between two checks for Ctrl-C in a window that waits for an event."""


class Scene(Protocol):
    """Something that a window can show."""

    running: bool
    """Whether the window stays open."""

    @property
    def idle(self) -> bool:
        """Whether its picture stays as it is until an event comes."""
        ...

    def handle(self, event: pygame.event.Event) -> None:
        """Handle one event."""
        ...

    def update(self) -> None:
        """Advance by one frame."""
        ...

    def draw(self) -> None:
        """Draw onto the window's surface."""
        ...


class Window:
    """Pygame's window, from its opening to its closing. Ctrl-C posts ``QUIT`` while it is open.

    A scene is drawn in its own pixels, whatever the window's size: the picture is scaled as a whole, and mouse
    positions are the scene's. F11 toggles full screen.

    Args:
        title: the window's title.
        size: pixels that a scene draws, width and height.
    """

    def __init__(self, title: str, size: tuple[int, int]) -> None:
        pygame.display.init()
        pygame.font.init()
        self._settings = {name: os.environ.get(name) for name in SCALING}
        os.environ.update(SCALING)
        self.surface = _open(size)
        """The surface that scenes draw on."""
        pygame.display.set_caption(title)
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
        for name, before in self._settings.items():
            if before is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = before

    def frames(
        self, scene: Scene, most: int | None = None, *, rate: int = 60, recorder: Recorder | None = None
    ) -> Iterator[int]:
        """Show a scene until it ends; yields the number of each frame when it has been shown.

        While a scene is idle, frames come only with events, which costs the machine next to nothing; except where
        frames are counted or recorded.

        Args:
            scene: what to show.
            most: end after this many frames.
            rate: frames a second, if the machine keeps up.
            recorder: records what was shown.
        """
        clock = pygame.time.Clock()
        waits = most is None and recorder is None
        shown = 0
        while scene.running and shown != most:
            events = pygame.event.get()
            while waits and shown and scene.idle and not events:
                event = pygame.event.wait(GLANCE)
                events = [] if event.type == pygame.NOEVENT else [event, *pygame.event.get()]
            for event in events:
                if event.type == pygame.KEYDOWN and event.key == pygame.K_F11:
                    _toggle()
                else:
                    scene.handle(event)
            scene.update()
            scene.draw()
            pygame.display.flip()
            if recorder is not None:
                recorder.add(self.surface)
            shown += 1
            yield shown
            clock.tick(rate)


def _open(size: tuple[int, int]) -> pygame.Surface:
    """A window that can be resized; of fixed size where SDL cannot scale a picture."""
    try:
        surface, fast = _scaled(size)
        if not fast:  # the CPU scales: doing that smoothly would take twice as long as the rest of a frame
            os.environ[QUALITY] = "nearest"
            pygame.display.quit()
            pygame.display.init()
            surface, _ = _scaled(size)
        return surface
    except pygame.error:
        return pygame.display.set_mode(size)


def _scaled(size: tuple[int, int]) -> tuple[pygame.Surface, bool]:
    """A window that scales, and whether its graphics hardware does that fast."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        surface = pygame.display.set_mode(size, pygame.SCALED | pygame.RESIZABLE)
    return surface, not any("no fast renderer" in str(warning.message) for warning in told)


def _toggle() -> None:
    with contextlib.suppress(pygame.error):  # some displays have no full screen
        pygame.display.toggle_fullscreen()


def _quit(*_: object) -> None:
    pygame.event.post(pygame.event.Event(pygame.QUIT))
