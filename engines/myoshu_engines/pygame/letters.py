"""Evenly spaced text: Pygame's own font, drawn larger and scaled down.

Pygame places each letter on a whole pixel, so that small words fall apart (``t rained``, ``a rrow``). Letters drawn
:data:`TIMES` times as large are placed to a fraction of a pixel once they are scaled down. The font is part of Pygame,
so text takes the same room on every machine.
"""

from __future__ import annotations

from collections import OrderedDict

import pygame

from myoshu.checks import integer

__all__ = ["Letters"]

Color = tuple[int, int, int]

TIMES = 4
"""How many times larger letters are drawn at first."""
KEPT = 256
"""Drawn words that are kept for the frames to come."""


class Letters:
    """Letters of one size, with those methods of ``pygame.font.Font`` that a game needs. Initialises ``pygame.font``.

    Args:
        size: their height in pixels.

    Raises:
        ArgumentError: the size is not an integer from 1.
    """

    def __init__(self, size: int) -> None:
        size = integer("size", size, 1)
        pygame.font.init()
        self._large = pygame.font.Font(None, TIMES * size)
        self._drawn: OrderedDict[tuple[str, Color], pygame.Surface] = OrderedDict()

    def get_height(self) -> int:
        """Height of a word, in pixels."""
        return -(-self._large.get_height() // TIMES)

    def size(self, text: str) -> tuple[int, int]:
        """Width and height of a text, in pixels."""
        return -(-self._large.size(text)[0] // TIMES), self.get_height()

    def render(self, text: str, antialias: bool, color: Color) -> pygame.Surface:
        """A text, drawn on a transparent surface of its :meth:`size`. It is cached: draw on a copy.

        Args:
            text: one line.
            antialias: has no effect, edges are always smooth; here as ``pygame.font.Font.render`` takes it.
            color: red, green, blue.
        """
        key = text, color
        if key in self._drawn:
            self._drawn.move_to_end(key)
            return self._drawn[key]
        large = self._large.render(text, True, color)
        width, height = self.size(text)
        whole = pygame.Surface((TIMES * width, TIMES * height), pygame.SRCALPHA)
        whole.fill((*color, 0))
        whole.blit(large, (0, 0), special_flags=pygame.BLEND_RGBA_MAX)
        drawn = pygame.transform.smoothscale(whole, (width, height))
        self._drawn[key] = drawn
        if len(self._drawn) > KEPT:
            self._drawn.popitem(last=False)
        return drawn
