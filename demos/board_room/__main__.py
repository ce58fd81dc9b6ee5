"""Board room: tic-tac-toe, connect four, othello, and dots and boxes against agents that tesuji trained.

python demos/board_room [--agents FOLDER] [--seed N]
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")

import pygame
from room import SIZE, Room

AGENTS = Path(__file__).resolve().parents[1] / "agents"
FRAMES = 60
"""Frames a second."""


def main() -> None:
    """Open the window and play until it is closed."""
    parser = argparse.ArgumentParser(description="Board games against agents that tesuji trained.")
    parser.add_argument("--agents", type=Path, default=AGENTS, help="the folder that has the agents' files")
    parser.add_argument("--seed", type=int, default=1, help="seed of the agents' random choices")
    options = parser.parse_args()
    pygame.display.init()
    pygame.font.init()
    pygame.display.set_caption("Board room")
    room = Room(pygame.display.set_mode(SIZE), options.agents, options.seed)
    clock = pygame.time.Clock()
    while room.running:
        now = pygame.time.get_ticks()
        for event in pygame.event.get():
            room.handle(event, now)
        room.update(now)
        room.draw()
        pygame.display.flip()
        clock.tick(FRAMES)
    pygame.quit()


if __name__ == "__main__":
    main()
