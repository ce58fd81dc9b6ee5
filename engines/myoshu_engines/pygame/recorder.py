"""Records a game's frames, as PNG files or as one animated GIF.

::

    recorder = Recorder("duel.gif", every=3)
    while running:
        ...
        pygame.display.flip()
        recorder.add(screen)
    recorder.save()

A GIF is written with Pillow (``pip install 'myoshu[pygame]'`` installs it). A GIF is never larger than requested: one
that comes out larger is tried again with fewer frames and colours.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pygame

from myoshu.checks import integer
from myoshu.errors import ArgumentError, DependencyError

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["Recorder"]

COLORS = (128, 64, 32)
"""Colours of a GIF: of the first attempt, and of the next where it came out too large."""


class Recorder:
    """Collects frames of a surface.

    Args:
        path: a file ending in ``.gif``, or a folder for ``frame-00000.png`` and so on, made if need be.
        every: keep one frame in this many.
        scale: the factor by which frames are scaled down, above 0 and at most 1.
        rate: frames a second of the game.
        most: the greatest size of a GIF, in bytes.

    Raises:
        ArgumentError: a number is out of its range.
        DependencyError: a GIF is requested, and Pillow is not installed.
    """

    def __init__(
        self, path: str | Path, *, every: int = 3, scale: float = 0.5, rate: int = 60, most: int = 2_000_000
    ) -> None:
        self.every, self.rate, self.most = (
            integer("every", every, 1),
            integer("rate", rate, 1),
            integer("most", most, 1),
        )
        if not 0.0 < scale <= 1.0:
            raise ArgumentError(f"scale: expected a number above 0, at most 1, got {scale!r}")
        self.path = Path(path)
        """Where it goes."""
        self.scale = scale
        self.frames = 0
        """Frames seen so far; one in ``every`` is kept."""
        self._moving = self.path.suffix.lower() == ".gif"
        self._kept: list[Image] = []
        if self._moving:
            try:
                import PIL.Image  # noqa: F401 -- fails now rather than after a whole game
            except ImportError as error:
                raise DependencyError(
                    "recording a GIF needs Pillow; pip install 'myoshu[pygame]' brings it", name="PIL"
                ) from error
        else:
            self.path.mkdir(parents=True, exist_ok=True)

    def add(self, surface: pygame.Surface) -> None:
        """Keep what the surface shows, if it is this frame's turn."""
        number, self.frames = self.frames, self.frames + 1
        if number % self.every:
            return
        size = (max(1, round(surface.get_width() * self.scale)), max(1, round(surface.get_height() * self.scale)))
        small = surface if self.scale == 1.0 else pygame.transform.smoothscale(surface, size)
        if self._moving:
            from PIL.Image import frombytes

            self._kept.append(frombytes("RGB", size, pygame.image.tobytes(small, "RGB")))
        else:
            pygame.image.save(small, self.path / f"frame-{number // self.every:05d}.png")

    def save(self) -> Path:
        """Write the frames.

        Returns:
            The file, or the folder.

        Raises:
            ArgumentError: no frame was added.
        """
        if not self.frames:
            raise ArgumentError("recorder: expected at least one frame, got none")
        if self._moving:
            for skip, colors in enumerate(COLORS, start=1):
                self._write(self._kept[::skip], skip, colors)
                if self.path.stat().st_size <= self.most:
                    break
            else:
                self._shorten()
        return self.path

    def _shorten(self) -> None:
        """Keep only the beginning, as much as fits."""
        kept, skip = self._kept[:: len(COLORS)], len(COLORS)
        while self.path.stat().st_size > self.most and len(kept) > 1:
            share = self.most / self.path.stat().st_size
            kept = kept[: max(1, int(0.9 * share * len(kept)))]
            self._write(kept, skip, COLORS[-1])

    def _write(self, kept: list[Image], skip: int, colors: int) -> None:
        from PIL.Image import Dither

        palette = kept[len(kept) // 2].quantize(colors)
        first, *others = [image.quantize(palette=palette, dither=Dither.NONE) for image in kept]
        self.path.parent.mkdir(parents=True, exist_ok=True)
        took = max(20, round(1000 * self.every * skip / self.rate))
        first.save(self.path, save_all=True, append_images=others, duration=took, loop=0, optimize=False)
