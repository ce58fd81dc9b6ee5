"""A game's window: its loop, what ends it, and what it leaves behind."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

import pygame
import pytest

from myoshu_engines.pygame.recorder import Recorder
from myoshu_engines.pygame.window import Window


class Scene:
    """Counts what it is asked for; ends on QUIT."""

    def __init__(self) -> None:
        self.running = True
        self.idle = False
        self.events: list[int] = []
        self.updates = self.drawn = 0

    def handle(self, event: pygame.event.Event) -> None:
        self.events.append(event.type)
        self.running = self.running and event.type != pygame.QUIT

    def update(self) -> None:
        self.updates += 1

    def draw(self) -> None:
        self.drawn += 1


@pytest.fixture(autouse=True)
def dummy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")


def test_so_many_frames_and_no_more(tmp_path: Path) -> None:
    scene, recorder = Scene(), Recorder(tmp_path / "frames", every=1)
    with Window("A game", (64, 48)) as window:
        assert pygame.display.get_caption()[0] == "A game"
        assert list(window.frames(scene, 3, recorder=recorder)) == [1, 2, 3]
        recorder.save()
    assert (scene.updates, scene.drawn) == (3, 3)
    assert len(list((tmp_path / "frames").iterdir())) == 3
    assert not pygame.display.get_init()


def test_the_environment_is_left_as_it_was() -> None:
    before = dict(os.environ)
    with Window("A game", (64, 48)) as window:
        list(window.frames(Scene(), 1))
        assert os.environ["SDL_RENDER_SCALE_QUALITY"] == "nearest"  # no graphics card on a screen that is none
    assert dict(os.environ) == before


def test_frames_come_at_their_rate() -> None:
    with Window("A game", (64, 48)) as window:
        begin = time.perf_counter()
        for _ in window.frames(Scene(), 11, rate=50):
            pass
    assert time.perf_counter() - begin >= 10 / 50 * 0.9


def test_ctrl_c_is_quit_while_the_window_is_open() -> None:
    before = signal.getsignal(signal.SIGINT)
    scene = Scene()
    with Window("A game", (64, 48)) as window:
        for number in window.frames(scene, 100):
            if number == 2:
                os.kill(os.getpid(), signal.SIGINT)
    assert pygame.QUIT in scene.events
    assert scene.updates < 10
    assert signal.getsignal(signal.SIGINT) is before


def test_an_idle_scene_is_drawn_when_something_happens_and_not_else() -> None:
    scene = Scene()
    scene.idle = True
    with Window("A game", (64, 48)) as window:
        frames = window.frames(scene)
        assert next(frames) == 1  # its first picture
        pygame.event.clear()
        posting = threading.Timer(1.0, lambda: pygame.event.post(pygame.event.Event(pygame.KEYDOWN, key=pygame.K_a)))
        posting.start()
        assert next(frames) == 2
        posting.join()
        assert scene.events[-1] == pygame.KEYDOWN  # nothing was drawn before it came
        assert scene.updates == scene.drawn == 2
        scene.idle = False
        pygame.event.clear()
        assert [next(frames) for _ in range(3)] == [3, 4, 5]


def test_ctrl_c_ends_an_idle_scene() -> None:
    scene = Scene()
    scene.idle = True
    with Window("A game", (64, 48)) as window:
        frames = window.frames(scene)
        next(frames)
        pygame.event.clear()
        pressing = threading.Timer(0.3, lambda: os.kill(os.getpid(), signal.SIGINT))
        pressing.start()
        for _ in frames:
            pass
        pressing.join()
    assert not scene.running


def test_frames_that_are_counted_or_recorded_all_come(tmp_path: Path) -> None:
    scene = Scene()
    scene.idle = True
    with Window("A game", (64, 48)) as window:
        assert list(window.frames(scene, 3)) == [1, 2, 3]
        recorder = Recorder(tmp_path / "frames", every=1)
        frames = window.frames(scene, recorder=recorder)
        assert [next(frames) for _ in range(4)] == [1, 2, 3, 4]


def test_f11_is_the_windows_own_key() -> None:
    scene = Scene()
    with Window("A game", (64, 48)) as window:
        pygame.event.clear()
        pygame.event.post(pygame.event.Event(pygame.KEYDOWN, key=pygame.K_F11))
        list(window.frames(scene, 2))
    assert pygame.KEYDOWN not in scene.events


def test_where_nothing_can_be_scaled_a_window_has_one_size(monkeypatch: pytest.MonkeyPatch) -> None:
    real = pygame.display.set_mode

    def without(size: tuple[int, int], flags: int = 0) -> pygame.Surface:
        if flags:
            raise pygame.error("failed to create renderer")
        return real(size)

    monkeypatch.setattr(pygame.display, "set_mode", without)
    with Window("A game", (64, 48)) as window:
        assert window.surface.get_size() == (64, 48)


def test_an_error_of_the_game_closes_the_window_and_is_met_outside() -> None:
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(ZeroDivisionError), Window("A game", (64, 48)):
        1 / 0  # noqa: B018
    assert not pygame.display.get_init()
    assert signal.getsignal(signal.SIGINT) is before
