"""Crowd: a flock of sheep that each look ahead, with one budget of 2 ms a frame for all of them.

python demos/crowd [--agent FILE] [--sheep N] [--seed N] [--frames N] [--record FILE.gif]
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from pathlib import Path

os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")

import pygame
from field import SIZE, Field

import tesuji
from tesuji_engines.pygame_recorder import Recorder

AGENT = Path(__file__).resolve().parents[1] / "agents" / "grazing.tesuji"
FRAMES = 60
"""Frames a second."""
TRAINED = "tesuji train python:demos/crowd/rules.py:grazing --minutes 10 --out"


def main() -> None:
    """Open the window and let them graze until it is closed."""
    parser = argparse.ArgumentParser(description="A flock whose sheep think, within one budget.")
    parser.add_argument("--agent", type=Path, default=AGENT, help="the agent's file")
    parser.add_argument("--sheep", type=int, default=64, help="how many, from 1")
    parser.add_argument("--seed", type=int, default=1, help="seed of the meadow")
    parser.add_argument("--frames", type=int, help="leave after so many frames")
    parser.add_argument("--record", type=Path, help="keep what is shown: a .gif, or a folder for frames")
    options = parser.parse_args()
    if options.sheep < 1:
        parser.error(f"--sheep: expected a number from 1, got {options.sheep}")
    if not options.agent.exists():
        sys.exit(f"no agent: one is trained by  {TRAINED} {options.agent}")
    agent = tesuji.load(options.agent, "cpu")
    pygame.display.init()
    signal.signal(signal.SIGINT, lambda *_: pygame.event.post(pygame.event.Event(pygame.QUIT)))
    pygame.font.init()
    pygame.display.set_caption("Crowd")
    field = Field(pygame.display.set_mode(SIZE), agent, options.sheep, options.seed)
    recorder = Recorder(options.record) if options.record else None
    clock = pygame.time.Clock()
    shown = 0
    while field.running and shown != options.frames:
        for event in pygame.event.get():
            field.handle(event)
        field.update()
        field.draw()
        pygame.display.flip()
        if recorder is not None:
            recorder.add(field.surface)
        shown += 1
        clock.tick(FRAMES)
    if recorder is not None:
        print(f"recorded {recorder.save()}")
    pygame.quit()


if __name__ == "__main__":
    main()
