"""Pygame without a window, and an agent with random weights."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

os.environ["PYGAME_HIDE_SUPPORT_PROMPT"] = "1"

import pygame

from myoshu import Agent, load
from myoshu.testing.networks import mlp, write_bundle


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Iterator[pygame.Surface]:
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    monkeypatch.setenv("SDL_AUDIODRIVER", "dummy")
    pygame.init()
    yield pygame.display.set_mode((640, 480))
    pygame.quit()


@pytest.fixture(scope="session")
def small_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_bundle(tmp_path_factory.mktemp("pygame") / "small.myoshu", mlp(27, 9, 16))


@pytest.fixture(scope="session")
def small_agent(small_bundle: Path) -> Agent:
    return load(small_bundle, "cpu")
