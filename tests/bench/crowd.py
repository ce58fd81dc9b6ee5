"""Decisions a second of many characters that share 2 ms a frame: together in one crowd, and one search at a time.

Frames follow each other without a pause; figures are for 60 of them. Each character asks again as soon as it has been
answered, with 8 simulations a decision. ``one at a time`` gives the same budget to the characters' own sessions in
turn. Both are measured alternating in one process and one thread. The network is ``mlp64``, with random weights.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

os.environ["PYGAME_HIDE_SUPPORT_PROMPT"] = "1"

import myoshu
from myoshu import Agent, Crowd, Limit
from myoshu.testing.networks import mlp64, write_bundle
from myoshu_engines.pygame.player import Player

BUDGET = 0.002
SIMULATIONS = 8
NUMBERS = (1, 16, 64, 256)
FRAMES = 150
ROUNDS = 3
TARGET = 2.0
"""How many times as many decisions 64 characters get together."""


def together(agent: Agent, views: NDArray[np.float32]) -> Callable[[], int]:
    """A frame of a crowd: how many it decided for."""
    crowd = Crowd(agent, size=min(len(views), 64), simulations=SIMULATIONS)
    for number, view in enumerate(views):
        crowd.ask(number, view)

    def frame() -> int:
        made, end = 0, perf_counter() + BUDGET
        while (left := end - perf_counter()) > 0.0:
            decided = crowd.step(left)
            if not decided:
                break
            for number in decided:
                crowd.ask(number, views[int(number)])  # type: ignore[call-overload]  # the numbers asked with above
            made += len(decided)
        return made

    return frame


def one_at_a_time(agent: Agent, views: NDArray[np.float32]) -> Callable[[], int]:
    """A frame of sessions of their own, one search after the other."""
    players = [Player(agent.new_session(seed=0, keep_tree=False)) for _ in views]
    limit = Limit(simulations=SIMULATIONS)
    turn = 0

    def frame() -> int:
        nonlocal turn
        decided, end = 0, perf_counter() + BUDGET
        while (left := end - perf_counter()) > 0.0:
            player = players[turn]
            if not player.thinking:
                player.think(views[turn], limit=limit)
            if player.step(left) is None:
                break
            decided += 1
            turn = (turn + 1) % len(players)
        return decided

    return frame


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        agent = myoshu.load(write_bundle(Path(folder) / "mlp64.myoshu", mlp64()), "cpu")
    print(f"{1e3 * BUDGET:g} ms a frame, {SIMULATIONS} simulations; decisions a second at 60 frames")
    print("characters  together  one at a time  times as many  longest frame, ms")
    missed = False
    for number in NUMBERS:
        views = np.random.default_rng(1).normal(size=(number, *agent.model.observation)).astype(np.float32)
        frames = together(agent, views), one_at_a_time(agent, views)
        decided, longest = [0, 0], 0.0
        for _ in range(ROUNDS):
            for way, frame in enumerate(frames):
                for _ in range(FRAMES):
                    begin = perf_counter()
                    decided[way] += frame()
                    if way == 0:
                        longest = max(longest, perf_counter() - begin)
        both, alone = (60 * made / (ROUNDS * FRAMES) for made in decided)
        late = number == 64 and both < TARGET * alone
        missed |= late
        print(
            f"{number:10}  {both:8,.0f}  {alone:13,.0f}  {both / alone:13.2f}  {1e3 * longest:17.2f}"
            f"{'   missed' if late else ''}",
            flush=True,
        )
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
