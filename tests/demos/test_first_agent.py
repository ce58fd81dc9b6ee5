"""The demo from its first line to its last, with less time to learn: every step runs and says what it should."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
def test_the_demo_learns_exports_and_plays(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "demos" / "first_agent.py"), "--minutes", "0.2", "--folder", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr.count("Traceback") == 0
    said = done.stdout
    assert (tmp_path / "tic_tac_toe.myoshu").is_file()
    for step in range(1, 8):
        assert f"── {step}. " in said
    assert "cpu: right" in said
    assert "100 games, seed 1" in said
    assert "against every line an opponent could play" in said
    assert "Game 1: " in said


def test_the_demo_explains_itself() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "demos" / "first_agent.py"), "--help"], capture_output=True, text=True, check=True
    )
    assert "--minutes" in done.stdout
