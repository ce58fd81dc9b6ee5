"""From the rules of tic-tac-toe to an agent nobody beats: learn, export, inspect, play, look.

    python demos/first_agent.py                # about two and a half minutes on two cores
    python demos/first_agent.py --minutes 0.2  # an agent trained in haste, to see it lose a line or two

Each step is one `myoshu` command, printed before it runs, so you can repeat it by hand.
"""

from __future__ import annotations

import argparse
import shlex
import subprocess
import sys
import time
from pathlib import Path

GAME = "openspiel:tic_tac_toe"


def steps(bundle: Path, run: Path, minutes: float, seed: int) -> list[tuple[str, list[str]]]:
    """The commands of the demo with what each is for."""
    file = str(bundle)
    return [
        (
            "Learn the game by playing it, and export what was learned as one file",
            ["train", GAME, "--minutes", str(minutes), "--seed", str(seed), "--run", str(run), "--out", file],
        ),
        ("Look into the file", ["inspect", file]),
        ("Does it compute the same on this machine as where it was trained?", ["doctor", file]),
        (
            "Play against a random player",
            ["match", file, "random", "--games", "100", "--simulations", "32", "--seed", str(seed)],
        ),
        (
            "Play against a perfect player",
            ["match", file, "perfect", "--games", "100", "--simulations", "32", "--seed", str(seed)],
        ),
        (
            "Play against every line of play that an opponent could choose, as first and as second player",
            ["match", file, "--exhaustive", "--simulations", "32"],
        ),
        ("Watch a game", ["play", file, "--watch", "--opponent", "random", "--simulations", "32"]),
    ]


def main() -> int:
    """Run the steps; stop at the first that fails."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=1.5, help="how long to learn (default: 1.5)")
    parser.add_argument("--seed", type=int, default=1, help="seed of everything random (default: 1)")
    parser.add_argument("--folder", type=Path, default=Path("runs/demo"), help="where the files go")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    run = options.folder / time.strftime("%Y%m%d-%H%M%S")
    bundle = options.folder / "tic_tac_toe.myoshu"
    for number, (purpose, command) in enumerate(steps(bundle, run, options.minutes, options.seed), 1):
        print(f"\n── {number}. {purpose}\n$ myoshu {shlex.join(command)}\n", flush=True)
        code = subprocess.run([sys.executable, "-m", "myoshu.cli", *command], check=False).returncode
        if code:
            return code
    print(f"\nThe agent is {bundle}. Play it yourself:\n\n  source .venv/bin/activate\n  myoshu play {bundle}\n")
    print(f"How it learned is in {run}. Its Elo rises little after the first check, since good players draw.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
