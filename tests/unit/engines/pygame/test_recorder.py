"""A game kept as frames or as a GIF, no larger than asked for."""

from __future__ import annotations

import builtins
from pathlib import Path
from typing import Any

import numpy as np
import pygame
import pytest
from PIL import Image

from myoshu.errors import ArgumentError, DependencyError
from myoshu_engines.pygame.recorder import Recorder


def show(recorder: Recorder, frames: int, noise: bool = False) -> None:
    surface = pygame.Surface((80, 60))
    rng = np.random.default_rng(0)
    for number in range(frames):
        surface.fill((10, 20, 30))
        if noise:
            pygame.surfarray.blit_array(surface, rng.integers(0, 255, (80, 60, 3)))
        pygame.draw.rect(surface, (250, 120, 60), (number, 20, 20, 20))
        recorder.add(surface)


def test_a_gif_moves_as_the_game_did(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "made" / "game.gif", every=2, scale=0.5)
    show(recorder, 40)
    with Image.open(recorder.save()) as image:
        assert image.size == (40, 30)
        assert image.n_frames == 20
        assert image.info["duration"] == 30  # two frames of a sixtieth, in hundredths
        places = []
        for number in (0, 19):
            image.seek(number)
            pixels = np.asarray(image.convert("RGB")).astype(int)
            places.append(int(np.argwhere(pixels[15, :, 0] > 200)[0][0]))
    assert places == [0, 19]


def test_a_gif_is_never_larger_than_asked_for(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "game.gif", every=1, scale=1.0, most=40_000)
    show(recorder, 60, noise=True)
    assert recorder.save().stat().st_size <= 40_000
    with Image.open(recorder.path) as image:
        assert image.n_frames >= 2


def test_frames_are_numbered(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "frames", every=3, scale=1.0)
    show(recorder, 7)
    files = sorted(path.name for path in recorder.save().iterdir())
    assert files == ["frame-00000.png", "frame-00001.png", "frame-00002.png"]
    assert pygame.image.load(tmp_path / "frames" / files[2]).get_at((6, 30))[:3] == (250, 120, 60)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"every": 0}, "every: expected an integer from 1, got 0"),
        ({"scale": 1.5}, "scale: expected a number above 0, at most 1, got 1.5"),
        ({"most": 0}, "most: expected an integer from 1"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, settings: Any, says: str) -> None:
    with pytest.raises(ArgumentError, match=says):
        Recorder(tmp_path / "game.gif", **settings)


def test_nothing_recorded_is_nothing_to_save(tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match="expected at least one frame"):
        Recorder(tmp_path / "game.gif").save()


def test_without_pillow_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *others: Any, **named: Any) -> Any:
        if name.startswith("PIL"):
            raise ModuleNotFoundError("No module named 'PIL'", name="PIL")
        return real(name, *others, **named)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(DependencyError, match=r"needs Pillow; pip install 'myoshu\[pygame\]'"):
        Recorder(tmp_path / "game.gif")
