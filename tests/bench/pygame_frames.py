"""What an agent costs a Pygame game at 60 frames a second: SDL's dummy display, software rendering, one process.

``in the frame``: by how much thinking takes longer than the 2 ms that :meth:`Player.step` is given, while one search
after the other goes on.
``beside it``: how much longer a frame of a game takes, whose own Python code has 10 ms of work, with the agent thinking
in the background; and, to tell what of that is the machine's own doing, with a strange program that keeps another core
busy instead. All three alternating, so that whatever else the machine does meets all of them.
``board room``: from making it to its first frame drawn, and from sitting down to the agent's first move, imports warm.

Times are of the wall clock, which everything else on the machine disturbs; beside them, for the first, of the thread's
own processor time, and for the second what a frame's thread waited: the wall clock's time less its own.

``--seconds 600`` is the ten minutes of the promise; ``--histogram FILE.png`` draws all frame times.
The network is connect four's agent, or a larger one with random weights where there is none.
"""

from __future__ import annotations

import argparse
import importlib
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter, sleep, thread_time
from typing import Any

import numpy as np
from numpy.typing import NDArray

os.environ["PYGAME_HIDE_SUPPORT_PROMPT"] = "1"
os.environ["SDL_VIDEODRIVER"] = "dummy"

import pygame

import myoshu
from myoshu import Agent, Limit
from myoshu.testing.networks import mlp, res32x2, write_bundle
from myoshu_engines import load_game
from myoshu_engines.pygame.player import Player

ROOT = Path(__file__).resolve().parents[2]
AGENTS = ROOT / "demos" / "agents"
FRAME = 1 / 60
BUDGET = 0.002
BUSY = 0.010
WINDOW = 2.0
"""Seconds without anything beside the game, then as many with an agent, then with a stranger, and so on."""
LONG = Limit(simulations=2_000)


def agent_of(folder: Path) -> tuple[Agent, str]:
    """Connect four's agent, or one with random weights."""
    trained = AGENTS / "connect_four.myoshu"
    if trained.exists():
        return myoshu.load(trained, "cpu"), trained.name
    return myoshu.load(write_bundle(folder / "shape.myoshu", res32x2()), "cpu"), "random weights"


def position(agent: Agent) -> NDArray[np.float32]:
    return np.random.default_rng(0).random(agent.model.observation, np.float32)


def in_the_frame(agent: Agent, seconds: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Seconds of each step: by the wall clock, and of the thread's processor time."""
    player = Player(agent.new_session(seed=1))
    clock, view = pygame.time.Clock(), position(agent)
    spent, used = [], []
    end = perf_counter() + seconds
    while perf_counter() < end:
        begin, used_before = perf_counter(), thread_time()
        if not player.thinking:
            player.think(view, limit=LONG)
        player.step(BUDGET)
        used.append(thread_time() - used_before)
        spent.append(perf_counter() - begin)
        clock.tick(60)
    player.close()
    return np.array(spent), np.array(used)


def work(rounds: int) -> int:
    """A game's own Python code."""
    x = 0
    for _ in range(rounds):
        x = (x * 31 + 7) % 1009
    return x


def rounds_of_work() -> int:
    """How much of it takes 10 ms, with nothing beside it."""
    rounds, times = 50_000, []
    for _ in range(20):
        begin = perf_counter()
        work(rounds)
        times.append(perf_counter() - begin)
    return int(rounds * BUSY / float(np.median(times)))


@contextmanager
def stranger() -> Iterator[Callable[[bool], None]]:
    """A program that keeps a core busy, while it is let."""
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as process:
        try:
            yield lambda busy: process.send_signal(signal.SIGCONT if busy else signal.SIGSTOP)
        finally:
            process.kill()


def beside_it(agent: Agent, seconds: float) -> list[NDArray[np.float64]]:
    """Seconds of each frame, and of them what its thread waited: [frames, 2].

    With nothing beside it, with an agent that thinks, and with a stranger.
    """
    surface = pygame.display.set_mode((640, 480))
    player = Player(agent.new_session(seed=1), background=True)
    view, rounds = position(agent), rounds_of_work()
    times: list[list[tuple[float, float]]] = [[], [], []]
    windows = 3 * max(2, round(seconds / WINDOW / 3))
    with stranger() as let:
        for window in range(windows):
            company = window % 3
            let(company == 2)
            end = perf_counter() + seconds / windows
            while perf_counter() < end:
                begin, used = perf_counter(), thread_time()
                if company == 1 and not player.thinking:
                    player.think(view, limit=LONG)
                player.poll()
                surface.fill((work(rounds) % 255, 40, 60))
                pygame.display.flip()
                took = perf_counter() - begin
                times[company].append((took, took - (thread_time() - used)))
                sleep(max(0.0, begin + FRAME - perf_counter()))
            player.cancel()
    player.close()
    return [np.array(each) for each in times]


def board_room(folder: Path) -> tuple[float, float]:
    """Seconds to the first frame, and from sitting down to the agent's first move on the board."""
    sys.path.insert(0, str(ROOT / "demos" / "board_room"))
    room_module: Any = importlib.import_module("room")
    for kind in room_module.BOARDS:  # what has no agent yet gets one with random weights
        trained, own = AGENTS / kind.file, folder / kind.file
        if trained.exists():
            own.write_bytes(trained.read_bytes())
        else:
            spec = load_game(kind.string).spec
            write_bundle(own, mlp(spec.observation, spec.actions, 128, movers=spec.movers), game=spec)
    surface = pygame.display.set_mode(room_module.SIZE)
    begin = perf_counter()
    room = room_module.Room(surface, folder, 1)
    room.draw()
    pygame.display.flip()
    first = perf_counter() - begin
    room.chosen, room.mode = 1, 1
    begin = perf_counter()
    room.start()
    while not room.table.moves and perf_counter() - begin < 10.0:
        now = perf_counter()
        room.update()
        room.draw()
        pygame.display.flip()
        sleep(max(0.0, now + FRAME - perf_counter()))
    return first, perf_counter() - begin


def histogram(path: Path, frames: dict[str, NDArray[np.float64]]) -> None:
    """Draw how often a frame took how long, on a logarithmic scale."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, len(frames), figsize=(4 * len(frames), 3.4), layout="constrained", sharey=True)
    longest = 1e3 * max(float(seconds.max()) for seconds in list(frames.values())[1:])
    for number, (plot, (title, seconds)) in enumerate(zip(axes, frames.items(), strict=True)):
        most = longest if number else 1e3 * float(seconds.max())
        plot.hist(1e3 * seconds, bins=np.linspace(0.0, most, 80), color="#3e78be")
        plot.axvline(1e3 * float(np.percentile(seconds, 99)), color="#d65a50", label="99% take less")
        plot.set(yscale="log", xlabel="ms", title=title)
        plot.legend(frameon=False)
    axes[0].set_ylabel("frames")
    figure.savefig(path, dpi=110)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=9.0, help="of each of the two measurements")
    parser.add_argument("--histogram", type=Path, help="draw the frame times into this file")
    options = parser.parse_args()
    pygame.display.init()
    pygame.font.init()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        agent, network = agent_of(folder)
        spent, used = in_the_frame(agent, options.seconds)
        frames = beside_it(agent, options.seconds)
        (alone, beside, strange), waits = ([each[:, column] for each in frames] for column in range(2))
        room = folder / "room"
        room.mkdir()
        first, move = board_room(room)
    over, own = 1e3 * (spent - BUDGET), 1e3 * (used - BUDGET)
    late = [1e3 * float(np.percentile(times, 99)) for times in (alone, beside, strange)]
    print(f"network: {network}; {len(spent):,} and {len(alone):,} + {len(beside):,} + {len(strange):,} frames")
    print("                                             ms  at most")
    rows = [
        ("in the frame: over 2 ms, 99%", float(np.percentile(over, 99)), 0.5),
        ("  of the thread's own processor time", float(np.percentile(own, 99)), 0.5),
        ("  longest step", 1e3 * float(spent.max()), 33.0),
        ("beside it: 99% of frames, more by", late[1] - late[0], 1.0),
        ("  more than beside a stranger by", late[1] - late[2], 1.0),
        ("  longest frame with it", 1e3 * float(beside.max()), 33.0),
        ("board room: to the first frame", 1e3 * first, 1000.0),
        ("  and the agent's first move", 1e3 * move, 500.0),
    ]
    for label, figure, most in rows:
        print(f"{label:38} {figure:9.2f}  {most:7.1f}{'   missed' if figure > most else ''}")
    print("frames under, ms                   alone  with an agent  with a stranger     of it waiting")
    for label, share in (("half", 50), ("90%", 90), ("99%", 99), ("all", 100)):
        each = [1e3 * float(np.percentile(times, share)) for times in (alone, beside, strange, *waits)]
        print("{:30} {:9.2f}  {:13.2f}  {:15.2f}     {:5.2f} {:5.2f} {:5.2f}".format(label, *each))
    if options.histogram is not None:
        histogram(
            options.histogram,
            {
                "steps of 2 ms in the frame": spent,
                "frames with 10 ms of work": alone,
                "with an agent beside them": beside,
                "with a stranger instead": strange,
            },
        )
        print(f"drawn: {options.histogram}")
    pygame.quit()
    return int(any(figure > most for _, figure, most in rows))


if __name__ == "__main__":
    sys.exit(main())
