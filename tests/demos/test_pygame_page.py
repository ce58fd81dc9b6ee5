"""docs/pygame.md: its rules keep the contract, and its programs play in a window, here with untrained agents."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from tests.pages import blocks

from myoshu.testing.networks import mlp, write_bundle
from myoshu_engines import load_game

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "pygame.md"

PERSON = """
import runpy, sys
import pygame

class Clock:
    def tick(self, rate):
        assert rate == 60

shown = 0
flip = pygame.display.flip

def see():
    global shown
    flip()
    shown += 1
    assert shown < 100_000, "it came to no end"
    look(sys._getframe(1).f_globals)

def post(kind, **attributes):
    pygame.event.post(pygame.event.Event(kind, **attributes))

pygame.time.Clock, pygame.display.flip = Clock, see
"""
"""A program that plays another: it sees each frame as it is shown, and time goes as fast as frames do."""

EATER = """
decisions, games, early = [], [], 0

def look(there):
    global early
    if there["frame"] % 5 == 4 and not there["state"].is_terminal():  # the last frame before a decision is due
        early += 1
        assert there["player"].thinking or there["ready"] is not None
    if there["decision"] is not None and (not decisions or decisions[-1] is not there["decision"]):
        decisions.append(there["decision"])
    if there["state"] not in games:
        games.append(there["state"])
    if len(games) == 2:
        post(pygame.QUIT)

runpy.run_path("play.py", run_name="__main__")
assert games[0].is_terminal()
assert len(decisions) > 5 * 10
assert early > 50
"""

PLAYER = """
finished, told = 0, []

def look(there):
    global finished
    state = there["state"]
    if state.is_terminal():
        told.append(str(state))
        finished += 1
        post(pygame.MOUSEBUTTONDOWN, pos=(10, 10), button=1)
    elif finished == 2:
        post(pygame.QUIT)
    elif state.to_play() == 0:
        post(pygame.MOUSEBUTTONDOWN, pos=(60 * state.legal_actions()[0] + 30, 200), button=1)
    elif there["decision"] is not None and there["player"].thinking:
        screen = there["screen"]
        assert any(screen.get_at((60 * column + 30, 4)).g > 52 for column in range(7))  # what it thinks, over the board

runpy.run_path("board.py", run_name="__main__")
assert len(told) == 2
assert all(abs(board.count("x") - board.count("o")) <= 1 < board.count("o") for board in told)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a reader has once they have followed the page, but for the learning."""
    folder = tmp_path_factory.mktemp("page")
    rules, _, play, board = blocks(PAGE, "python")
    for name, text in (("apples", rules), ("play", play), ("board", board)):
        (folder / f"{name}.py").write_text(text + "\n", encoding="utf-8")
    return folder


def run(folder: Path, program: str) -> str:
    environment = {**os.environ, "SDL_VIDEODRIVER": "dummy"}
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_page_from_the_rules_to_the_agent_in_the_window(folder: Path) -> None:
    _, check, _, _ = blocks(PAGE, "python")
    (train,) = blocks(PAGE, "sh")
    assert "games=20, finished=20" in run(folder, check)
    words = train.split()
    spec = load_game(f"python:{folder / 'apples.py'}:apples").spec
    assert words[2] == "python:apples.py:apples"
    network = mlp(spec.observation, spec.actions, 16, players=1, reward_columns=1)
    game = msgspec.structs.replace(spec, name=words[2])
    write_bundle(folder / words[words.index("--out") + 1], network, game=game)
    told = run(folder, PERSON + EATER)
    assert len(re.findall(r"^caught \d of 5$", told, re.M)) == 1


def test_the_board_games_agent_thinks_over_frames_until_it_has_moved(folder: Path) -> None:
    spec = load_game("openspiel:connect_four").spec
    write_bundle(folder / "connect_four.myoshu", mlp(spec.observation, spec.actions, 16), game=spec)
    run(folder, PERSON + PLAYER)
