"""The crowd: the meadow's rules, a flock that thinks within one budget, and its window driven by synthetic events."""

from __future__ import annotations

import copy
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

import myoshu
from myoshu.testing.games import check_game
from myoshu.testing.networks import mlp, write_bundle
from myoshu_engines import load_game

FOLDER = Path(__file__).resolve().parents[2] / "demos" / "crowd"
GAME = f"python:{FOLDER / 'rules.py'}:grazing"


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    spec = load_game(GAME).spec
    path = tmp_path_factory.mktemp("agents") / "grazing.myoshu"
    write_bundle(path, mlp(spec.observation, spec.actions, 16, players=1), game=spec)
    return path


@pytest.fixture
def field(demo: Any, bundle: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    pygame.display.init()
    pygame.font.init()
    yield demo.field.Field(pygame.display.set_mode(demo.field.SIZE), myoshu.load(bundle, "cpu"), 64, 1)
    pygame.quit()


def frames(field: Any, number: int = 1) -> None:
    for _ in range(number):
        for event in pygame.event.get():
            field.handle(event)
        field.update()


def press(field: Any, key: int) -> None:
    pygame.event.post(pygame.event.Event(pygame.KEYDOWN, key=key))
    frames(field)


def picture(field: Any) -> bytes:
    field.draw()
    return pygame.image.tobytes(field.surface, "RGB")


def test_it_keeps_the_games_contract() -> None:
    assert check_game(load_game(GAME), games=2).finished == 2


def test_a_sheep_sees_the_grass_around_it_the_fence_and_the_wolf(demo: Any) -> None:
    meadow = demo.rules.Meadow(6, 5, 1, np.random.default_rng(0))
    meadow.sheep[0] = (0.5, 1.5)
    meadow.wolf[:] = (2.5, 1.5)
    seen = meadow.numbers(0)
    assert seen.shape == (demo.rules.NUMBERS,)
    grass = seen[:25].reshape(5, 5)
    assert (grass[:, :2] == -1).all()  # the fence in the west
    assert (grass[0] == -1).all()  # and in the north
    np.testing.assert_array_equal(grass[1:, 2:], meadow.grass[:4, :3])
    near, east, south = seen[-3:]
    assert near == east == pytest.approx(1 - 2 / demo.rules.SIGHT)
    assert south == 0.0


def test_grazing_eats_what_is_there_and_it_grows_again(demo: Any) -> None:
    meadow = demo.rules.Meadow(6, 5, 2, np.random.default_rng(0))
    meadow.sheep[:] = ((2.5, 2.5), (4.5, 2.5))
    meadow.ways[:] = (0, 1)
    meadow.grass[:] = 0.1
    eaten = 0.0
    for _ in range(30):
        meadow.step()
        eaten += meadow.eaten[0]
        assert meadow.eaten[1] == 0.0
    assert 0.1 < eaten < 0.13  # no more than there was, and what grew meanwhile
    assert meadow.grass[2, 2] < 0.01 < 0.1 < meadow.grass[0, 0]


def test_in_strides_it_is_nearly_the_same_meadow(demo: Any) -> None:
    fine = demo.rules.Meadow(6, 5, 1, np.random.default_rng(0))
    fine.sheep[0], fine.ways[0] = (1.0, 2.5), 1
    coarse = copy.deepcopy(fine)
    for _ in range(20):
        fine.step()
    for _ in range(4):
        coarse.step(5)
    np.testing.assert_allclose(fine.sheep, coarse.sheep)
    np.testing.assert_allclose(fine.grass, coarse.grass, atol=0.01)


def test_every_sheep_decides_again_and_again_within_the_budget(demo: Any, bundle: Path) -> None:
    flock = demo.flock.Flock(myoshu.load(bundle, "cpu"), 64, 1)
    waiting = np.zeros(64, np.int64)
    for _ in range(4000):
        flock.update()
        asked = flock._asked >= 0
        waiting = np.where(asked, flock.frames - flock._asked, 0)
        assert len(flock.crowd) == int(asked.sum())
        assert waiting.max() < 1500
        if flock.crowd.decisions >= 64 * 5:
            break
    assert flock.crowd.decisions >= 64 * 5
    assert flock.decisions > 0


def test_a_bitten_sheep_comes_back_at_the_far_fence(demo: Any, bundle: Path) -> None:
    flock = demo.flock.Flock(myoshu.load(bundle, "cpu"), 4, 1)
    flock.meadow.sheep[2] = flock.meadow.wolf = np.array([5.0, 5.0])
    flock.update((5.0, 5.0))
    assert flock.bitten >= 1
    assert flock.meadow.sheep[2][0] == demo.flock.COLUMNS - 0.5


def test_the_wolf_is_led_with_the_mouse(field: Any) -> None:
    place = (900, 100)
    pygame.event.post(pygame.event.Event(pygame.MOUSEMOTION, pos=place, rel=(0, 0), buttons=(0, 0, 0)))
    before = np.hypot(*(field.flock.meadow.wolf - np.array(place) / 32))
    frames(field, 40)
    assert np.hypot(*(field.flock.meadow.wolf - np.array(place) / 32)) < max(before - 1.0, 0.2)
    pygame.event.post(pygame.event.Event(pygame.WINDOWLEAVE))
    frames(field)
    assert field.led is None


def test_the_keys_change_the_flock_pause_and_leave(field: Any) -> None:
    first = picture(field)
    frames(field, 30)
    assert picture(field) != first
    press(field, pygame.K_p)
    before = field.flock.meadow.sheep.copy()
    frames(field, 5)
    assert np.array_equal(before, field.flock.meadow.sheep)
    assert picture(field)
    press(field, pygame.K_p)
    for key, number in ((pygame.K_1, 16), (pygame.K_4, 256)):
        press(field, key)
        assert len(field.flock.meadow.sheep) == number
        assert picture(field)
    begun = field.flock
    press(field, pygame.K_r)
    assert field.flock is not begun
    assert len(field.flock.meadow.sheep) == 256
    press(field, pygame.K_ESCAPE)
    assert not field.running


def test_the_program_runs_and_records_until_its_window_is_closed(
    demo: Any, bundle: Path, program: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    gif = tmp_path / "crowd.gif"
    monkeypatch.setattr(sys, "argv", ["crowd", "--agent", str(bundle), "--sheep", "16", "--record", str(gif)])
    pygame.display.init()
    closing = threading.Timer(0.8, lambda: pygame.event.post(pygame.event.Event(pygame.QUIT)))
    closing.start()
    program.main()
    closing.join()
    assert not pygame.display.get_init()
    assert 0 < gif.stat().st_size <= 2_000_000


def test_without_an_agent_it_says_how_to_train_one(
    demo: Any, program: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "argv", ["crowd", "--agent", str(tmp_path / "none.myoshu")])
    with pytest.raises(SystemExit, match=r"myoshu train python:demos/crowd/rules\.py:grazing"):
        program.main()
