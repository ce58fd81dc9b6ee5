"""Letters take the room they say, are set evenly, and are drawn once."""

from __future__ import annotations

import numpy as np
import pygame
import pytest

from myoshu.errors import ArgumentError
from myoshu_engines.pygame.letters import KEPT, Letters

WHITE = (255, 255, 255)


def ink(surface: pygame.Surface) -> np.ndarray:
    """int [width]: how much is drawn in each column."""
    return pygame.surfarray.array_alpha(surface).astype(int).sum(1)


@pytest.mark.parametrize("text", ["", " ", "a", "The agent was trained", "妙手 – ½"])
def test_a_text_has_its_size(text: str) -> None:
    letters = Letters(21)
    drawn = letters.render(text, True, WHITE)
    assert drawn.get_size() == letters.size(text)
    assert drawn.get_height() == letters.get_height()
    assert ink(drawn).any() == bool(text.strip())


@pytest.mark.parametrize("size", [18, 20, 21, 23, 24, 32])
def test_letters_stand_where_large_ones_would(size: int) -> None:
    text = "the agent was trained; arrow, game"
    letters, large = Letters(size), pygame.font.Font(None, 32 * size)
    for end in range(1, len(text) + 1):
        assert abs(letters.size(text[:end])[0] - large.size(text[:end])[0] / 32) < 3.0


def test_a_text_is_drawn_once_and_the_oldest_forgotten() -> None:
    letters = Letters(18)
    first = letters.render("first", True, WHITE)
    for number in range(KEPT - 1):
        letters.render(str(number), True, WHITE)
    assert letters.render("first", True, WHITE) is first
    assert letters.render("first", True, (9, 9, 9)) is not first
    for number in range(KEPT):
        letters.render(f"more {number}", True, WHITE)
    assert letters.render("first", True, WHITE) is not first


@pytest.mark.parametrize("size", [0, -3, 1.5, True])
def test_a_size_is_a_size(size: int) -> None:
    with pytest.raises(ArgumentError, match=f"size: expected an integer from 1, got {size}"):
        Letters(size)
