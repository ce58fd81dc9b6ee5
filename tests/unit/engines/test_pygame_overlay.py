"""The overlay draws what the decision says, inside its place."""

from __future__ import annotations

import dataclasses

import numpy as np
import pygame
import pytest

from myoshu import Agent, Decision, Limit
from myoshu.errors import ArgumentError
from myoshu_engines.pygame_overlay import Overlay

CELLS = {action: pygame.Rect(40 * (action % 3), 40 * (action // 3), 40, 40) for action in range(9)}
BLACK = (0, 0, 0)


@pytest.fixture(scope="module")
def decision(small_agent: Agent) -> Decision:
    found = small_agent.new_session().play(np.zeros(27), [0, 4, 8], Limit(simulations=40))
    policy = np.zeros(9, np.float32)
    policy[[0, 4, 8]] = 0.7, 0.29, 0.01
    return dataclasses.replace(found, action=0, policy=policy, value=0.5)


def test_the_heat_map_is_warmest_where_the_policy_is(screen: pygame.Surface, decision: Decision) -> None:
    Overlay().heat(screen, decision, CELLS, numbers=False)
    green = {action: screen.get_at(cell.center).g for action, cell in CELLS.items()}
    assert green[0] > green[4] > 0
    assert all(green[action] == 0 for action in (1, 2, 3, 5, 6, 7, 8))  # not legal, or next to never chosen


def test_the_panel_stays_in_its_place(screen: pygame.Surface, decision: Decision) -> None:
    place = pygame.Rect(200, 50, 220, 90)  # too small for all of it
    clip = screen.get_clip()
    Overlay().panel(screen, place, decision, name=lambda action: f"a long name {action}", spent=0.0012, budget=0.002)
    assert screen.get_clip() == clip
    pixels = pygame.surfarray.array3d(screen)
    assert pixels[place.left : place.right, place.top : place.bottom].any()
    pixels[place.left : place.right, place.top : place.bottom] = 0
    assert not pixels.any()


def bar(overlay: Overlay, screen: pygame.Surface, decision: Decision) -> tuple[int, int]:
    """How many pixels of the value bar are towards red, and towards green."""
    screen.fill(BLACK)
    overlay.panel(screen, pygame.Rect(0, 0, 300, 300), dataclasses.replace(decision, principal_variation=()))
    top = 12 + int(overlay.font.get_height() * 1.35)
    row = pygame.surfarray.array3d(screen)[:, top + 4].astype(int)
    return int((row[:, 0] > row[:, 1] + 20).sum()), int((row[:, 1] > row[:, 0] + 20).sum())


def test_the_value_bar_goes_left_for_losing_and_right_for_winning(screen: pygame.Surface, decision: Decision) -> None:
    overlay = Overlay()
    red, green = bar(overlay, screen, dataclasses.replace(decision, value=1.0))
    assert (red, green > 100) == (0, True)
    red, green = bar(overlay, screen, dataclasses.replace(decision, value=-1.0))
    assert (red > 100, green) == (True, 0)
    assert bar(overlay, screen, dataclasses.replace(decision, value=7.0)) == bar(
        overlay, screen, dataclasses.replace(decision, value=1.0)
    )


def test_more_thought_draws_another_picture(screen: pygame.Surface, decision: Decision) -> None:
    overlay = Overlay(size=20)

    def picture(shown: Decision | None) -> bytes:
        screen.fill(BLACK)
        overlay.panel(screen, pygame.Rect(0, 0, 300, 400), shown, title="agent")
        return pygame.image.tobytes(screen, "RGB")

    pictures = {
        picture(None),
        picture(decision),
        picture(dataclasses.replace(decision, simulations=41)),
        picture(dataclasses.replace(decision, provider="cuda")),
        picture(dataclasses.replace(decision, principal_variation=(8,))),
    }
    assert len(pictures) == 5


def test_a_size_is_a_size() -> None:
    with pytest.raises(ArgumentError, match="size: expected an integer from 1, got 0"):
        Overlay(size=0)
