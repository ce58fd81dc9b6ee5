"""Duel: an arcade game against an agent that learned it by playing.

python demos/duel [--agent FILE] [--seed N] [--watch] [--frames N] [--record FILE.gif]
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")

from stage import SIZE, Stage

from myoshu_engines.pygame.recorder import Recorder
from myoshu_engines.pygame.window import Window

AGENT = Path(__file__).resolve().parents[1] / "agents" / "duel.myoshu"


def main() -> None:
    """Open the window and play until it is closed."""
    parser = argparse.ArgumentParser(description="An arcade duel against an agent that myoshu trained.")
    parser.add_argument("--agent", type=Path, default=AGENT, help="the agent's file")
    parser.add_argument("--seed", type=int, default=1, help="seed of the serves and of the agents' choices")
    parser.add_argument("--watch", action="store_true", help="let agents play at once")
    parser.add_argument("--frames", type=int, help="leave after this many frames")
    parser.add_argument("--record", type=Path, help="keep what is shown: a .gif, or a folder for frames")
    options = parser.parse_args()
    recorder = Recorder(options.record) if options.record else None
    with Window("Duel", SIZE) as window:
        stage = Stage(window.surface, options.agent, options.seed)
        if options.watch:
            stage.watch()
        for _ in window.frames(stage, options.frames, recorder=recorder):
            pass
        if recorder is not None:
            print(f"recorded {recorder.save()}")


if __name__ == "__main__":
    main()
