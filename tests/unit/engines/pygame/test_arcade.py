"""A game of frames as a thing to learn: by numbers or by its image, headless or frame by frame, the same game."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pygame
import pytest

from myoshu.errors import ArgumentError, GameError, IllegalActionError
from myoshu.planes import planes_of
from myoshu.testing.games import check_game
from myoshu_engines import load_game
from myoshu_engines.pygame.arcade import Arcade
from myoshu_engines.pygame.eyes import Numbers, Pixels, Sight

WIDTH, HEIGHT = 40, 60


class Falling:
    """A ball falls; a bar below moves."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.ball = [float(rng.integers(4, WIDTH - 4)), 0.0]
        self.bar = WIDTH / 2
        self.rng = rng
        self.over = False

    def step(self, action: int) -> float:
        self.bar = min(max(self.bar + 2.0 * (action - 1), 0.0), float(WIDTH))
        self.ball[0] += float(self.rng.uniform(-0.5, 0.5))
        self.ball[1] += 1.0
        self.over = self.ball[1] >= HEIGHT
        return float(abs(self.ball[0] - self.bar) < 6) if self.over else 0.0

    def draw(self, surface: pygame.Surface) -> None:
        surface.fill((0, 0, 0))
        pygame.draw.circle(surface, (255, 255, 255), self.ball, 3)
        pygame.draw.rect(surface, (0, 255, 0), (self.bar - 6, HEIGHT - 3, 12, 3))


def read(game: Falling) -> list[float]:
    return [game.ball[0] / WIDTH, game.ball[1] / HEIGHT, game.bar / WIDTH]


def arcade(eye: Any = None, **changed: Any) -> Arcade[Falling]:
    settings: dict[str, Any] = {
        "name": "falling",
        "actions": ("left", "stay", "right"),
        "returns": (0.0, 1.0),
        "length": 30,
        "repeat": 4,
        "final_rewards_only": True,
    }
    return Arcade(Falling, eye or Numbers(read, 3), **(settings | changed))


def pixels(**changed: Any) -> Pixels[Falling]:
    return Pixels(Falling.draw, (WIDTH, HEIGHT), **({"small": (10, 15), "stack": 2} | changed))


@pytest.mark.parametrize("eye", [Numbers(read, 3), Numbers(read, 3, stack=3), pixels(), pixels(color=True, stack=1)])
def test_it_is_a_game(eye: Any) -> None:
    report = check_game(arcade(eye), games=4)
    assert report.finished == 4
    assert report.longest == HEIGHT // 4


def test_a_games_end_by_length_is_no_end_of_its_own() -> None:
    assert check_game(arcade(length=7), games=3).longest == 7
    state = arcade(length=7).new_state(np.random.default_rng(0))
    for _ in range(7):
        assert not state.truncated
        state.apply(1)
    assert state.is_terminal()
    assert state.truncated
    assert not state.legal_actions()
    whole = arcade(length=15).new_state(np.random.default_rng(0))
    for _ in range(15):
        whole.apply(1)
    assert whole.is_terminal()
    assert not whole.truncated


@pytest.mark.parametrize("eye", [Numbers(read, 3, stack=2), pixels()])
def test_frame_by_frame_it_is_the_same_game(eye: Any) -> None:
    game = arcade(eye)
    headless, window = (game.new_state(np.random.default_rng(3)) for _ in range(2))
    choice = np.random.default_rng(5)
    while not headless.is_terminal():
        assert window.due
        assert np.array_equal(window.observation(), headless.observation())
        assert window.key() == headless.key()
        action = int(choice.integers(3))
        paid = headless.apply(action)[0]
        window.choose(action)
        before, frames, got = window.observation(), 0, 0.0
        while not window.due and not window.is_terminal():
            assert np.array_equal(window.observation(), before)  # what was seen stands still while an action is held
            got += window.frame()
            frames += 1
        assert frames == 4
        assert got == paid
    assert window.is_terminal()
    assert (window.scene.ball, window.scene.bar) == (headless.scene.ball, headless.scene.bar)


def test_a_copy_made_between_two_decisions_goes_on_alike() -> None:
    state = arcade().new_state(np.random.default_rng(1))
    state.choose(2)
    state.frame()
    copy = state.clone()
    assert copy.key() == state.key()
    copy.frame()
    assert copy.key() != state.key()
    state.frame()
    assert copy.scene.ball == state.scene.ball
    assert copy.scene.rng is not state.scene.rng


def test_actions_are_chosen_when_they_are_due() -> None:
    state = arcade().new_state(np.random.default_rng(1))
    with pytest.raises(IllegalActionError, match=r"expected one to be chosen before the frame"):
        state.frame()
    state.choose(0)
    with pytest.raises(IllegalActionError, match=r"expected none, since none is due"):
        state.choose(0)
    assert state.legal_actions() == [0, 1, 2]


def test_a_person_may_change_their_mind_between_two_decisions() -> None:
    state, other = (arcade().new_state(np.random.default_rng(1)) for _ in range(2))
    for each in (state, other):
        each.choose(0)
        each.frame()
    state.frame(2)
    other.frame(0)
    assert state.scene.bar == WIDTH / 2
    assert other.scene.bar == WIDTH / 2 - 4
    assert state.key() != other.key()
    state.frame()
    assert state.scene.bar == WIDTH / 2 + 2  # held from then on
    with pytest.raises(IllegalActionError, match="expected one of"):
        state.frame(3)
    assert not state.due


def test_an_image_shows_the_game_upright_and_what_was_before() -> None:
    eye = Pixels(Falling.draw, (WIDTH, HEIGHT), stack=2, color=True)
    state = arcade(eye).new_state(np.random.default_rng(1))
    first = state.observation()
    assert first.shape == (6, HEIGHT, WIDTH)
    assert np.array_equal(first[:3], first[3:])  # what was before the beginning looked alike
    assert first[:, HEIGHT - 1, WIDTH // 2].tolist() == [0, 1, 0, 0, 1, 0]  # the bar: green, at the bottom
    assert first[:, HEIGHT - 1, 0].tolist() == [0, 0, 0, 0, 0, 0]
    state.apply(1)
    second = state.observation()
    assert np.array_equal(second[:3], first[3:])
    row, column = 4, round(state.scene.ball[0])
    assert second[3:, row, column].tolist() == [1, 1, 1]
    gray = Pixels(Falling.draw, (WIDTH, HEIGHT)).look(state.scene)
    assert gray.shape == (1, HEIGHT, WIDTH)
    assert gray[0, HEIGHT - 1, WIDTH // 2] == pytest.approx(0.587)


def test_a_smaller_image_is_the_mean_of_what_is_drawn() -> None:
    scene = Falling(np.random.default_rng(1))
    whole = Pixels(Falling.draw, (WIDTH, HEIGHT), color=True).look(scene)
    small = Pixels(Falling.draw, (WIDTH, HEIGHT), color=True, small=(10, 15)).look(scene)
    assert small.shape == (3, 15, 10)
    np.testing.assert_allclose(small, whole.reshape(3, 15, 4, 10, 4).mean((2, 4)), atol=0.02)


def test_two_seats_see_one_game_each_in_its_own_way() -> None:
    scene = Falling(np.random.default_rng(1))
    near, far = Sight(Numbers(read, 3, stack=2), scene), Sight(Numbers(lambda game: [game.ball[1]], 1), scene)
    copy = near.copy()
    scene.step(2)
    near.see(scene)
    far.see(scene)
    assert near.observation()[3:].tolist() == pytest.approx(read(scene))
    assert np.array_equal(near.observation()[:3], copy.observation()[3:])
    assert far.observation().tolist() == [1.0]


@pytest.mark.parametrize(
    ("make", "error", "says"),
    [
        (lambda: arcade(repeat=0), ArgumentError, "repeat: expected an integer from 1, got 0"),
        (lambda: arcade(actions=()), ArgumentError, "actions: expected an integer from 1"),
        (lambda: Numbers(read, 0), ArgumentError, "count: expected an integer from 1, got 0"),
        (lambda: pixels(small=(50, 10)), ArgumentError, r"small: expected at most \(40, 60\), got \(50, 10\)"),
        (lambda: pixels(stack=True), ArgumentError, "stack: expected an integer from 1, got True"),
        (lambda: _begin(Numbers(read, 4)), GameError, r"numbers: expected shape \(4,\), got \(3,\)"),
        (lambda: _begin(Numbers(lambda game: [float("nan")], 1)), GameError, "numbers: expected finite ones"),
        (lambda: _begin(Numbers(lambda game: ["a"], 1)), GameError, "numbers: expected 1 numbers"),
        (lambda: arcade().action_name(None, 3), ArgumentError, "action: expected one of 0 to 2, got 3"),
    ],
)
def test_mistakes_are_named(make: Any, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        make()


def _begin(eye: Any) -> None:
    arcade(eye).new_state(np.random.default_rng(0))


def test_a_game_that_pays_no_number_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    state = arcade().new_state(np.random.default_rng(0))
    monkeypatch.setattr(state.scene, "step", lambda action: float("inf"))
    with pytest.raises(GameError, match=r"falling: step: expected to be paid a finite number, got inf"):
        state.apply(0)


SOURCE = """
import numpy as np
import pygame

from myoshu_engines.pygame.arcade import Arcade
from myoshu_engines.pygame.eyes import Pixels


class Dot:
    over = False

    def __init__(self, rng):
        self.x = int(rng.integers(8))

    def step(self, action):
        self.x = (self.x + 2 * action - 1) % 8
        self.over = self.x == 0
        return float(self.over)

    def draw(self, surface):
        surface.fill((0, 0, 0))
        sprite = pygame.Surface((2, 2)).convert_alpha()
        sprite.fill((255, 255, 255))
        surface.blit(sprite, (self.x, 3))


def dot():
    return Arcade(
        Dot, Pixels(Dot.draw, (8, 8), stack=1), name="dot", actions=("left", "right"), returns=(0, 1), length=9
    )
"""


def test_it_is_learned_from_its_image_without_a_screen(tmp_path: Path) -> None:
    (tmp_path / "dot.py").write_text(SOURCE, encoding="utf-8")
    hidden = ("SDL_VIDEODRIVER", "DISPLAY", "WAYLAND_DISPLAY")
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    program = [sys.executable, "-m", "myoshu.cli", "train", "python:dot.py:dot", "--deterministic", "--steps", "2"]
    done = subprocess.run(
        [*program, "--out", "dot.myoshu"], capture_output=True, text=True, check=False, cwd=tmp_path, env=environment
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "dot.myoshu").exists()


def test_the_game_string_names_a_function_too(tmp_path: Path) -> None:
    path = tmp_path / "dot_game.py"
    path.write_text(SOURCE, encoding="utf-8")
    game = load_game(f"python:{path}:dot")
    assert game.spec.observation == (1, 8, 8)
    state: Any = game.new_state(np.random.default_rng(2))
    paid = 0.0
    while not state.is_terminal():
        paid += float(state.apply(1)[0])
    assert paid == 1.0
    assert state.scene.x == 0


def test_what_is_seen_is_named_by_the_eye() -> None:
    names = ("ball across", "ball down", "bar")
    assert planes_of(arcade(Numbers(read, 3, names=names))).words == names
    stacked = planes_of(arcade(Numbers(read, 3, stack=2, names=names))).words
    assert stacked == tuple(f"{name}, {age}" for age in ("1 decision ago", "now") for name in names)
    image = arcade(Pixels(Falling.draw, (WIDTH, HEIGHT), stack=3, color=True))
    assert planes_of(image).words[:4] == (
        "red, 2 decisions ago",
        "green, 2 decisions ago",
        "blue, 2 decisions ago",
        "red, 1 decision ago",
    )
    assert not planes_of(arcade())
    with pytest.raises(ArgumentError, match="names: expected 3, got 1"):
        Numbers(read, 3, names=("ball",))
