"""Star harvest: a small arcade game, learned from its image.

python demos/pixels [--agent FILE] [--curve FILE] [--seed N] [--watch] [--frames N] [--record FILE.gif]
"""

from __future__ import annotations

import argparse
import os
import signal
from pathlib import Path

os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")

import pygame
from sea import WINDOW, Sea

from tesuji_engines.pygame_recorder import Recorder

AGENT = Path(__file__).resolve().parents[1] / "agents" / "harvest.tesuji"
CURVE = Path(__file__).resolve().parent / "curve.csv"
FRAMES = 60
"""Frames a second."""


def main() -> None:
    """Open the window and play until it is closed."""
    parser = argparse.ArgumentParser(description="An arcade game that an agent learned from its image.")
    parser.add_argument("--agent", type=Path, default=AGENT, help="the agent's file")
    parser.add_argument("--curve", type=Path, default=CURVE, help="the evaluations.csv of the run that made it")
    parser.add_argument("--seed", type=int, default=1, help="seed of where the stars fall")
    parser.add_argument("--watch", action="store_true", help="let agents play at once")
    parser.add_argument("--frames", type=int, help="leave after so many frames")
    parser.add_argument("--record", type=Path, help="keep what is shown: a .gif, or a folder for frames")
    options = parser.parse_args()
    pygame.display.init()
    signal.signal(signal.SIGINT, lambda *_: pygame.event.post(pygame.event.Event(pygame.QUIT)))
    pygame.font.init()
    pygame.display.set_caption("Star harvest")
    sea = Sea(pygame.display.set_mode(WINDOW), options.agent, options.curve, options.seed)
    if options.watch:
        sea.watch()
    recorder = Recorder(options.record) if options.record else None
    clock = pygame.time.Clock()
    shown = 0
    while sea.running and shown != options.frames:
        for event in pygame.event.get():
            sea.handle(event)
        sea.update()
        sea.draw()
        pygame.display.flip()
        if recorder is not None:
            recorder.add(sea.surface)
        shown += 1
        clock.tick(FRAMES)
    if recorder is not None:
        print(f"recorded {recorder.save()}")
    pygame.quit()


if __name__ == "__main__":
    main()
