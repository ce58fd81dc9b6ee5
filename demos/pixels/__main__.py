"""Star harvest: a small arcade game, learned from its image.

python demos/pixels [--agent FILE] [--curve FILE] [--seed N] [--watch] [--frames N] [--record FILE.gif]
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")

from sea import WINDOW, Sea

from myoshu_engines.pygame.recorder import Recorder
from myoshu_engines.pygame.window import Window

AGENT = Path(__file__).resolve().parents[1] / "agents" / "harvest.myoshu"
CURVE = Path(__file__).resolve().parent / "curve.csv"


def main() -> None:
    """Open the window and play until it is closed."""
    parser = argparse.ArgumentParser(description="An arcade game that an agent learned from its image.")
    parser.add_argument("--agent", type=Path, default=AGENT, help="the agent's file")
    parser.add_argument("--curve", type=Path, default=CURVE, help="the evaluations.csv of the run that made it")
    parser.add_argument("--seed", type=int, default=1, help="seed of where the stars fall")
    parser.add_argument("--watch", action="store_true", help="let agents play at once")
    parser.add_argument("--frames", type=int, help="leave after this many frames")
    parser.add_argument("--record", type=Path, help="keep what is shown: a .gif, or a folder for frames")
    options = parser.parse_args()
    recorder = Recorder(options.record) if options.record else None
    with Window("Star harvest", WINDOW) as window:
        sea = Sea(window.surface, options.agent, options.curve, options.seed)
        if options.watch:
            sea.watch()
        for _ in window.frames(sea, options.frames, recorder=recorder):
            pass
        if recorder is not None:
            print(f"recorded {recorder.save()}")


if __name__ == "__main__":
    main()
