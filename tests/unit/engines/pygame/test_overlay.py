"""The overlay draws what the decision says, inside its place."""

from __future__ import annotations

import dataclasses

import numpy as np
import pygame
import pytest

from myoshu import Agent, Decision, Limit
from myoshu.errors import ArgumentError
from myoshu_engines.pygame.overlay import Overlay

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


Colored = list[int]


def bar(
    overlay: Overlay, screen: pygame.Surface, decision: Decision, scale: tuple[float, float] = (-1.0, 1.0)
) -> tuple[Colored, Colored]:
    """Where the value bar is red, and where it is green: pixels from the left of a bar of 276."""
    screen.fill(BLACK)
    shown = dataclasses.replace(decision, principal_variation=())
    overlay.panel(screen, pygame.Rect(0, 0, 300, 300), shown, scale=scale)
    top = 12 + int(overlay.font.get_height() * 1.35)
    row = pygame.surfarray.array3d(screen)[12:288, top + 4].astype(int)
    red, green = row[:, 0] > row[:, 1] + 20, row[:, 1] > row[:, 0] + 20
    return np.flatnonzero(red).tolist(), np.flatnonzero(green).tolist()


def test_the_value_bar_goes_left_for_losing_and_right_for_winning(screen: pygame.Surface, decision: Decision) -> None:
    overlay = Overlay()
    red, green = bar(overlay, screen, dataclasses.replace(decision, value=1.0))
    assert red == []
    assert 138 <= min(green) <= 142
    assert max(green) >= 270
    red, green = bar(overlay, screen, dataclasses.replace(decision, value=-1.0))
    assert green == []
    assert min(red) <= 5
    assert 134 <= max(red) <= 138
    assert bar(overlay, screen, dataclasses.replace(decision, value=7.0)) == bar(
        overlay, screen, dataclasses.replace(decision, value=1.0)
    )


@pytest.mark.parametrize(
    ("scale", "value", "color", "begins", "ends"),
    [
        ((0.0, 1.0), 0.32, 1, 0.0, 0.32),  # what is collected is never shown as a loss
        ((0.0, 200.0), 150.0, 1, 0.0, 0.75),
        ((-500.0, 0.0), -125.0, 0, 0.75, 1.0),
        ((-1.0, 3.0), 1.0, 1, 0.25, 0.5),
        ((-1.0, 3.0), -0.5, 0, 0.125, 0.25),
        ((10.0, 20.0), 15.0, 1, 0.0, 0.5),
        ((-20.0, -10.0), -15.0, 0, 0.5, 1.0),
    ],
)
def test_the_value_bar_begins_at_nought(
    screen: pygame.Surface,
    decision: Decision,
    scale: tuple[float, float],
    value: float,
    color: int,
    begins: float,
    ends: float,
) -> None:
    found = bar(Overlay(), screen, dataclasses.replace(decision, value=value), scale)
    assert found[1 - color] == []
    assert abs(min(found[color]) - 276 * begins) <= 5
    assert abs(max(found[color]) - 276 * ends) <= 5


@pytest.mark.parametrize(
    ("scale", "value", "shown"),
    [
        ((-1.0, 1.0), 0.5, "+0.50"),
        ((-1.0, 1.0), 1.29, "+1.00"),  # the game pays no more, whatever the network estimates
        ((-1.0, 1.0), -1.29, "-1.00"),
        ((0.0, 1.0), 0.32, "0.32 of 1"),
        ((0.0, 500.0), 520.0, "500.00 of 500"),
        ((2.0, 2.0), 5.0, "+2.00"),
    ],
)
def test_the_value_is_told_in_what_the_game_pays(
    screen: pygame.Surface,
    decision: Decision,
    monkeypatch: pytest.MonkeyPatch,
    scale: tuple[float, float],
    value: float,
    shown: str,
) -> None:
    overlay = Overlay()
    said: list[str] = []
    render = overlay.font.render
    monkeypatch.setattr(overlay.font, "render", lambda text, *rest: said.append(text) or render(text, *rest))
    overlay.panel(screen, pygame.Rect(0, 0, 300, 300), dataclasses.replace(decision, value=value), scale=scale)
    assert said[said.index("expects") + 1] == shown


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
