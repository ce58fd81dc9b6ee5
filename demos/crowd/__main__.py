"""Crowd: a flock of sheep that each look ahead, with one budget of 2 ms a frame for all of them.

python demos/crowd [--agent FILE] [--sheep N] [--seed N] [--frames N] [--record FILE.gif]
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")

from field import SIZE, Field

import myoshu
from myoshu_engines.pygame.recorder import Recorder
from myoshu_engines.pygame.window import Window

AGENT = Path(__file__).resolve().parents[1] / "agents" / "grazing.myoshu"
TRAINED = "myoshu train python:demos/crowd/rules.py:grazing --minutes 10 --out"


def main() -> None:
    """Open the window and let them graze until it is closed."""
    parser = argparse.ArgumentParser(description="A flock whose sheep think, within one budget.")
    parser.add_argument("--agent", type=Path, default=AGENT, help="the agent's file")
    parser.add_argument("--sheep", type=int, default=64, help="how many, from 1")
    parser.add_argument("--seed", type=int, default=1, help="seed of the meadow")
    parser.add_argument("--frames", type=int, help="leave after this many frames")
    parser.add_argument("--record", type=Path, help="keep what is shown: a .gif, or a folder for frames")
    options = parser.parse_args()
    if options.sheep < 1:
        parser.error(f"--sheep: expected a number from 1, got {options.sheep}")
    if not options.agent.exists():
        sys.exit(f"no agent: one is trained by  {TRAINED} {options.agent}")
    agent = myoshu.load(options.agent, "cpu")
    recorder = Recorder(options.record) if options.record else None
    with Window("Crowd", SIZE) as window:
        field = Field(window.surface, agent, options.sheep, options.seed)
        for _ in window.frames(field, options.frames, recorder=recorder):
            pass
        if recorder is not None:
            print(f"recorded {recorder.save()}")


if __name__ == "__main__":
    main()
