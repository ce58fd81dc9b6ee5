"""Board room: tic-tac-toe, connect four, othello, and dots and boxes against agents that myoshu trained.

python demos/board_room [--agents FOLDER] [--seed N] [--watch GAME] [--frames N] [--record FILE.gif]
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")

from boards import BOARDS
from room import SIZE, Room

from myoshu_engines.pygame.recorder import Recorder
from myoshu_engines.pygame.window import Window

AGENTS = Path(__file__).resolve().parents[1] / "agents"


def main() -> None:
    """Open the window and play until it is closed."""
    parser = argparse.ArgumentParser(description="Board games against agents that myoshu trained.")
    parser.add_argument("--agents", type=Path, default=AGENTS, help="the folder that has the agents' files")
    parser.add_argument("--seed", type=int, default=1, help="seed of the agents' random choices")
    names = [kind.file.removesuffix(".myoshu") for kind in BOARDS]
    parser.add_argument("--watch", choices=names, help="let the agents play this game against each other at once")
    parser.add_argument("--frames", type=int, help="leave after this many frames, and say how long the start took")
    parser.add_argument("--record", type=Path, help="keep what is shown: a .gif, or a folder for frames")
    options = parser.parse_args()
    recorder = Recorder(options.record) if options.record else None
    begin = time.perf_counter()
    started = moved = 0.0
    with Window("Board room", SIZE) as window:
        room = Room(window.surface, options.agents, options.seed)
        if options.watch:
            room.watch(names.index(options.watch))
            if room.table is None:
                sys.exit(room.excuses[room.chosen])
        for _ in window.frames(room, options.frames, recorder=recorder):
            since = time.perf_counter() - begin
            started = started or since
            if not moved and room.table is not None and room.table.moves:
                moved = since
        if recorder is not None:
            print(f"recorded {recorder.save()}")
    if options.frames:
        print(f"first frame after {started:.2f} s" + (f", first move after {moved:.2f} s" if moved else ""))


if __name__ == "__main__":
    main()
