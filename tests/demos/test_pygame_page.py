"""docs/pygame.md: its rules keep the contract, and its program plays them in a window, here with an untrained agent."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import msgspec

from myoshu.testing.networks import mlp, write_bundle
from myoshu_engines import load_game

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "pygame.md"
BLOCK = re.compile(r"^```(python|sh)\n(.*?)\n```$", re.MULTILINE | re.DOTALL)


def blocks(language: str) -> list[str]:
    return [text for found, text in BLOCK.findall(PAGE.read_text(encoding="utf-8")) if found == language]


def test_the_page_from_the_rules_to_the_agent_in_the_window(tmp_path: Path) -> None:
    rules, check, play = blocks("python")
    (train,) = blocks("sh")
    (tmp_path / "apples.py").write_text(rules + "\n", encoding="utf-8")
    (tmp_path / "play.py").write_text(play + "\n", encoding="utf-8")
    environment = {**os.environ, "SDL_VIDEODRIVER": "dummy"}

    def run(*words: str) -> str:
        command = [sys.executable, *words]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path, env=environment)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    assert "games=20, finished=20" in run("-c", check)
    words = train.split()
    spec = load_game(f"python:{tmp_path / 'apples.py'}:apples").spec
    assert words[2] == "python:apples.py:apples"
    network = mlp(spec.observation, spec.actions, 16, players=1, reward_columns=1)
    game = msgspec.structs.replace(spec, name=words[2])
    write_bundle(tmp_path / words[words.index("--out") + 1], network, game=game)
    assert re.search(r"caught \d of 5", run("play.py"))
