"""How a learner sees a Pygame game: by its numbers, or by its image drawn off screen.

Both take the game's own object and know nothing of windows; what they return at several moments may be stacked, so
that motion is seen. :class:`myoshu_engines.pygame.arcade.Arcade` uses them headless; a program in a window uses the
same ones to ask an agent.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any, Generic, Protocol, Self, TypeVar

import numpy as np
import pygame
from numpy.typing import ArrayLike, NDArray

from myoshu.checks import integer
from myoshu.errors import ArgumentError, GameError

__all__ = ["Eye", "Numbers", "Pixels", "Sight"]

Scene = TypeVar("Scene")
Seen = TypeVar("Seen", contravariant=True)

LUMA = np.array([0.299, 0.587, 0.114], np.float32)
"""How bright red, green and blue are (ITU-R BT.601)."""


class Eye(Protocol[Seen]):
    """Looks at a game."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of what :meth:`look` returns."""
        ...

    @property
    def stack(self) -> int:
        """How many looks, one a decision, make an observation."""
        ...

    def look(self, scene: Seen, /) -> NDArray[np.float32]:
        """The current view: float32 of ``shape``."""
        ...


class Numbers(Generic[Scene]):
    """Sees a game by numbers that it provides.

    Args:
        read: returns them, as many each time; best within about ±1.
        count: how many.
        stack: how many looks make an observation.
        names: what each number is; they go into the agent's file.

    Raises:
        ArgumentError: a count is below 1, or there are names, but not one for each number.
    """

    def __init__(
        self, read: Callable[[Scene], ArrayLike], count: int, *, stack: int = 1, names: Sequence[str] = ()
    ) -> None:
        self.shape: tuple[int, ...] = (integer("count", count, 1),)
        """One dimension."""
        if names and len(names) != count:
            raise ArgumentError(f"names: expected {count}, got {len(names)}")
        self.names = tuple(names)
        """What each number is; empty if that is not said."""
        self.stack = integer("stack", stack, 1)
        """How many looks, one a decision, make an observation."""
        self._read = read

    def look(self, scene: Scene) -> NDArray[np.float32]:
        """The numbers now: float32 [count].

        Raises:
            GameError: they are not as many, or not finite.
        """
        try:
            numbers = np.array(self._read(scene), np.float32)
        except (TypeError, ValueError) as error:
            raise GameError(f"numbers: expected {self.shape[0]} numbers: {error}") from error
        if numbers.shape != self.shape:
            raise GameError(f"numbers: expected shape {self.shape}, got {numbers.shape}")
        if not np.isfinite(numbers).all():
            raise GameError(f"numbers: expected finite ones, got {numbers.tolist()}")
        return numbers


class Pixels(Generic[Scene]):
    """Sees a game by its image, drawn on a separate surface, scaled down, and stacked.

    Where no window is open the first drawing starts SDL's dummy display, which shows nothing and needs no screen, since
    some drawing (``convert_alpha``) needs one. A program with a window opens it before.

    Args:
        draw: draws the game on a surface, all of it.
        size: width and height of that surface, in pixels.
        small: width and height of what is seen; the image is averaged down to it. The drawn size if not given.
        stack: how many looks make an observation: a single one shows no motion.
        color: whether red, green and blue are separate channels; else there is one, the brightness.

    Raises:
        ArgumentError: a size or count is below 1, or the smaller size is greater.
    """

    def __init__(
        self,
        draw: Callable[[Scene, pygame.Surface], Any],
        size: tuple[int, int],
        *,
        small: tuple[int, int] | None = None,
        stack: int = 3,
        color: bool = False,
    ) -> None:
        self.size = integer("size[0]", size[0], 1), integer("size[1]", size[1], 1)
        """Width and height of what is drawn."""
        self.small = (
            self.size if small is None else (integer("small[0]", small[0], 1), integer("small[1]", small[1], 1))
        )
        """Width and height of what is seen."""
        if self.small[0] > self.size[0] or self.small[1] > self.size[1]:
            raise ArgumentError(f"small: expected at most {self.size}, got {self.small}")
        self.stack = integer("stack", stack, 1)
        """How many looks, one a decision, make an observation."""
        self.color = color
        """Whether red, green and blue are separate channels."""
        self.shape: tuple[int, ...] = (3 if color else 1, self.small[1], self.small[0])
        """Channels, height, width."""
        self.names = ("red", "green", "blue") if color else ("brightness",)
        """What each channel is."""
        self._draw = draw
        self._canvas: pygame.Surface | None = None

    def look(self, scene: Scene) -> NDArray[np.float32]:
        """The image now: float32 [channels, height, width] in [0, 1]."""
        if self._canvas is None:
            _display()
            self._canvas = pygame.Surface(self.size, depth=32)
        self._draw(scene, self._canvas)
        canvas = self._canvas
        if self.small != self.size:
            canvas = pygame.transform.smoothscale(canvas, self.small)
        image = pygame.surfarray.pixels3d(canvas).astype(np.float32)  # [width, height, 3]
        image /= np.float32(255.0)
        seen = image if self.color else (image @ LUMA)[..., None]
        return np.ascontiguousarray(seen.transpose(2, 1, 0))

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self


class Sight(Generic[Scene]):
    """What one seat has seen of a game: the latest looks of an eye.

    Args:
        eye: looks at the game.
        scene: the game as it begins; earlier looks are taken to be the same.
    """

    def __init__(self, eye: Eye[Scene], scene: Scene) -> None:
        self.eye = eye
        """The eye that looks at the game."""
        self._looks = (eye.look(scene),) * eye.stack

    def see(self, scene: Scene) -> None:
        """Look at the game; called when a decision is due."""
        self._looks = (*self._looks[1:], self.eye.look(scene))

    def observation(self) -> NDArray[np.float32]:
        """The looks joined in their first dimension, the oldest first: float32 [stack × shape[0], …]."""
        return np.concatenate(self._looks)

    def copy(self) -> Self:
        """A copy that has seen the same."""
        other = object.__new__(type(self))
        other.eye, other._looks = self.eye, self._looks
        return other


def _display() -> None:
    """Open a dummy display, if none is open."""
    if pygame.display.get_surface() is not None:
        return
    before = os.environ.get("SDL_VIDEODRIVER")
    os.environ["SDL_VIDEODRIVER"] = "dummy"
    try:
        pygame.display.quit()
        pygame.display.init()
        pygame.display.set_mode((1, 1))
    finally:
        if before is None:
            del os.environ["SDL_VIDEODRIVER"]
        else:
            os.environ["SDL_VIDEODRIVER"] = before
