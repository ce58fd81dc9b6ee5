"""Star harvest: its rules, what the agent sees of them, and its window driven by synthetic events."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

os.environ["PYGAME_HIDE_SUPPORT_PROMPT"] = "1"

import pygame

from myoshu.testing.games import check_game
from myoshu.testing.networks import mlp, write_bundle
from myoshu_engines import load_game

FOLDER = Path(__file__).resolve().parents[2] / "demos" / "pixels"
GAME = f"python:{FOLDER / 'rules.py'}:harvest"
CURVE = "seconds,step,opponent,mean_return\n30,10,,0.25\n60,20,,0.75\n90,30,,\n"


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    spec = load_game(GAME).spec
    path = tmp_path_factory.mktemp("agents") / "harvest.myoshu"
    write_bundle(path, mlp(spec.observation, spec.actions, 8, players=1, reward_columns=1), game=spec)
    return path


@pytest.fixture
def sea(demo: Any, bundle: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Any]:
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    pygame.display.init()
    pygame.font.init()
    curve = tmp_path / "curve.csv"
    curve.write_text(CURVE, encoding="utf-8")
    yield demo.sea.Sea(pygame.display.set_mode(demo.sea.WINDOW), bundle, curve, 1)
    pygame.quit()


def frames(sea: Any, number: int = 1) -> None:
    for _ in range(number):
        for event in pygame.event.get():
            sea.handle(event)
        sea.update()


def press(sea: Any, *keys: int, kind: int = pygame.KEYDOWN) -> None:
    for key in keys:
        pygame.event.post(pygame.event.Event(kind, key=key))
    frames(sea)


def point(x: float) -> None:
    pygame.event.post(pygame.event.Event(pygame.MOUSEMOTION, pos=(round(x), 400), rel=(0, 0), buttons=(0, 0, 0)))


def picture(sea: Any) -> bytes:
    sea.draw()
    return pygame.image.tobytes(sea.surface, "RGB")


def test_it_keeps_the_games_contract() -> None:
    assert check_game(load_game(GAME), games=1).finished == 1


def test_every_star_can_be_caught(demo: Any) -> None:
    game = demo.rules.harvest()
    for seed in range(20):
        state = game.new_state(np.random.default_rng(seed))
        while not state.is_terminal():
            stars = state.scene.stars()
            ahead = stars[0][0] - state.scene.boat if stars else 0.0
            state.apply(1 if abs(ahead) < 8 else 2 if ahead > 0 else 0)
        assert state.collected == 1.0
        assert not state.truncated
        assert len(state.scene.caught) == demo.rules.STARS


def test_the_image_tells_where_boat_and_star_are(demo: Any) -> None:
    game = demo.rules.harvest()
    state = game.new_state(np.random.default_rng(2))
    for _ in range(5):
        state.apply(2)
    then, now = state.observation()
    (x, y) = state.scene.stars()[0]
    shrink = demo.rules.SIZE / demo.rules.SEEN[0]
    sky, deck = now[: int(90 / shrink)], now[int(demo.rules.WATER / shrink)]
    row, column = np.unravel_index(int(sky.argmax()), sky.shape)
    assert abs((column + 0.5) * shrink - x) <= shrink
    assert abs((row + 0.5) * shrink - y) <= shrink
    hull = np.flatnonzero(deck > 0.4)
    assert abs((hull.mean() + 0.5) * shrink - state.scene.boat) <= shrink
    assert (then != now).any()


def test_a_person_catches_everything_with_the_mouse(sea: Any, demo: Any) -> None:
    press(sea, pygame.K_TAB, pygame.K_RETURN)
    while not sea.state.is_terminal():
        stars = sea.scene.stars()
        if stars:
            point(demo.sea.SCENE.left + demo.sea.SCALE * stars[0][0])
        frames(sea)
    assert sea.scene.caught == [True] * demo.rules.STARS
    assert picture(sea)
    seed = sea.seed
    press(sea, pygame.K_RETURN)
    assert sea.seed == seed + 1
    assert not sea.scene.caught


def test_a_person_steers_with_the_keys_in_every_frame(sea: Any) -> None:
    press(sea, pygame.K_RIGHT, pygame.K_SPACE)
    assert sea.mode == 1
    begun = sea.scene.boat
    press(sea, pygame.K_RIGHT)
    frames(sea, 2)
    assert sea.scene.boat > begun
    press(sea, pygame.K_RIGHT, kind=pygame.KEYUP)
    press(sea, pygame.K_LEFT)
    frames(sea, 4)  # within the time of one decision of the agent's
    assert sea.scene.speed < 0
    press(sea, pygame.K_h)
    before = picture(sea)
    frames(sea, 16)
    assert sea.decision is not None
    assert picture(sea) != before


def test_the_agent_sails_a_whole_game_and_the_same_again(sea: Any, demo: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo.sea, "BUDGET", 60.0)  # else a busy machine hurries a decision, which may be another
    found = []
    for _ in range(2):
        press(sea, pygame.K_UP, pygame.K_RETURN)
        assert sea.level == len(found)
        while not sea.state.is_terminal():
            frames(sea)
        assert len(sea.scene.caught) == demo.rules.STARS
        found.append(sea.scene.boat)
        press(sea, pygame.K_ESCAPE)
        assert sea.menu
    sea.level = 0
    press(sea, pygame.K_RETURN)
    while not sea.state.is_terminal():
        frames(sea)
    assert sea.scene.boat == found[0]


def test_pause_restart_and_leaving(sea: Any) -> None:
    press(sea, pygame.K_RETURN)
    frames(sea, 30)
    press(sea, pygame.K_p)
    frame = sea.scene.frames
    frames(sea, 5)
    assert sea.scene.frames == frame
    assert picture(sea)
    press(sea, pygame.K_p)
    assert sea.scene.frames == frame + 1
    pygame.event.post(pygame.event.Event(pygame.WINDOWFOCUSLOST))
    frames(sea)
    assert sea.paused
    press(sea, pygame.K_p, pygame.K_r)
    assert sea.scene.frames == 1
    press(sea, pygame.K_ESCAPE)
    press(sea, pygame.K_ESCAPE)
    assert not sea.running


def test_the_learning_curve_is_shown(sea: Any, demo: Any, tmp_path: Path) -> None:
    assert sea.curve == [(0.5, 0.25), (1.0, 0.75)]
    shown = picture(sea)
    sea.curve = demo.sea.read_curve(tmp_path / "none.csv")
    assert sea.curve == []
    assert picture(sea) != shown


def test_the_menu_works_with_the_mouse_also_without_an_agent(demo: Any, sea: Any, tmp_path: Path) -> None:
    alone = demo.sea.Sea(sea.surface, tmp_path / "none.myoshu", tmp_path / "none.csv", 1)
    assert "myoshu train python:demos/pixels/rules.py:harvest" in alone.excuse
    mode, _, start = alone.buttons()

    def click(place: tuple[int, int]) -> None:
        pygame.event.post(pygame.event.Event(pygame.MOUSEBUTTONDOWN, pos=place, button=1))
        frames(alone)

    click(start.center)
    assert alone.menu
    assert picture(alone)
    click(mode.center)
    click(start.center)
    assert not alone.menu
    (tmp_path / "broken.myoshu").write_bytes(b"not a bundle")
    assert "broken.myoshu: " in demo.sea.Sea(sea.surface, tmp_path / "broken.myoshu", tmp_path / "none.csv", 1).excuse


def test_the_program_runs_until_its_window_is_closed(
    program: Any, bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    monkeypatch.setattr(sys, "argv", ["pixels", "--agent", str(bundle)])
    pygame.display.init()
    closing = threading.Timer(0.6, lambda: pygame.event.post(pygame.event.Event(pygame.QUIT)))
    closing.start()
    program.main()
    closing.join()
    assert not pygame.display.get_init()
