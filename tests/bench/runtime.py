"""What a move costs beside the network, on the CPU with ONNX Runtime.

The limit is as many bare calls of the recurrent graph as the search has simulations, made in C++ without Python. Search
and limit are measured alternating in one thread, each in the thread's own seconds on a core, and a figure
is the ratio of two low quantiles, so that whatever else the machine does changes it little.

``search`` is the search itself: every evaluation, and everything between two. ``move`` is that and the root's
evaluation, the opening of the tree and the reading of the result. ``Python's`` is the move with the loop in Python,
which is what there is where ONNX Runtime has no library. Below the table:

- One simulation: ``Session.play`` on mlp64, divided by the same with the loop in Python.
- Two threads: with a planner each, on mlp64, the moves that both make in the time that one alone needs for one, divided
  by the same of bare calls. So it is 1 where they hinder each other no more than the machine makes them, and 0.5 where
  they take turns on two idle cores. It is of the whole time of all rounds.

The networks have random weights: mlp64 (27 inputs, 9 actions, hidden 64, two hidden layers each in h, g and f), mlp256
(7 actions, hidden 256), res32x2 (3×6×7 inputs, 32 channels, two residual blocks in h and in g, 7 actions).
"""

from __future__ import annotations

import platform
import sys
import tempfile
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from time import perf_counter, thread_time
from typing import Any, NamedTuple
from unittest.mock import patch

import numpy as np

from myoshu import Limit
from myoshu.cores import available_cores
from myoshu.runtime.agent import Agent, load
from myoshu.runtime.evaluator import Evaluator
from myoshu.runtime.evaluators import onnx_library
from myoshu.runtime.planner import Planner
from myoshu.search import SearchConfig
from myoshu.testing.networks import Network, mlp64, mlp256, res32x2, write_bundle

SIMULATIONS = 50
SECONDS = 4.0
FEWEST = 20
LOW = 0.05


class Case(NamedTuple):
    """A network, how many trees are searched at once, and the most that their search and their moves may cost."""

    network: Callable[[], Network]
    trees: int
    search: float
    move: float


CASES = [
    Case(mlp64, 1, 1.20, 1.40),
    Case(mlp256, 1, 1.15, 1.25),
    Case(res32x2, 1, 1.15, 1.25),
    Case(mlp64, 64, 2.2, 2.6),
    Case(mlp256, 64, 1.45, 1.5),
    Case(res32x2, 64, 1.3, 1.35),
]
PLAY = 0.98
THREADS = 0.6
ROUND = 20
"""Moves of a thread between two turns."""


def by_turns(*each: Callable[[], float]) -> list[list[float]]:
    """What each returns, time and again."""
    found: list[list[float]] = [[] for _ in each]
    end = perf_counter() + SECONDS
    while perf_counter() < end or len(found[0]) < FEWEST:
        for measure, figures in zip(each, found, strict=True):
            figures.append(measure())
    return found


def clocked(do: Callable[[], object], first: Callable[[], object] | None = None) -> Callable[[], float]:
    """This thread's own seconds, without those of what is done first."""

    def measure() -> float:
        if first is not None:
            first()
        begin = thread_time()
        do()
        return thread_time() - begin

    return measure


def quickest(*each: Callable[[], float]) -> list[float]:
    """A low quantile of what each returns."""
    return [float(np.quantile(seconds, LOW)) for seconds in by_turns(*each)]


def interpreted() -> AbstractContextManager[Any]:
    """While it lasts, what is started has its loop in Python."""
    return patch.object(onnx_library, "in_wheel", lambda: None)


class Mover:
    """Moves of some trees in a planner of their own."""

    def __init__(self, evaluator: Evaluator, trees: int = 1) -> None:
        self.planner = Planner(evaluator, SearchConfig(), slots=trees, simulations=SIMULATIONS)
        shape = (trees, *evaluator.model.observation)
        self.observations = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
        self.slots = np.arange(trees, dtype=np.int32)

    def open(self) -> None:
        """The roots' evaluation, and the opening of the trees."""
        self.planner.open(self.slots, self.observations)

    def move(self) -> object:
        """All of a move."""
        self.open()
        self.planner.run()
        return self.planner.results(self.slots)

    def bare(self) -> None:
        """As many calls of the network as a move makes simulations, on the planner's memory."""
        network = self.planner._network
        assert network is not None, "the installed ONNX Runtime has no library"
        network.run(len(self.slots), SIMULATIONS)


class Figures(NamedTuple):
    """Ratios, and the microseconds of a bare call."""

    search: float
    move: float
    python: float
    microseconds: float


def measure(case: Case) -> Figures:
    """One line of the table."""
    network = case.network()
    start = partial(Evaluator, network.model, network.graphs, providers="cpu")
    mover = Mover(start(), case.trees)
    with interpreted():
        slow = Mover(start(), case.trees)
    limit, search, move, python = quickest(
        clocked(mover.bare), clocked(mover.planner.run, first=mover.open), clocked(mover.move), clocked(slow.move)
    )
    return Figures(search / limit, move / limit, python / limit, 1e6 * limit / SIMULATIONS)


def player(agent: Agent) -> Callable[[], object]:
    """A move with one simulation."""
    session = agent.new_session(seed=1)
    observation = np.zeros(agent.model.observation, np.float32)
    return lambda: session.play(observation, limit=Limit(simulations=1))


def at_once(moves: list[Callable[[], object]]) -> float:
    """Seconds in which as many threads make so many moves each."""

    def work(move: Callable[[], object]) -> None:
        for _ in range(ROUND):
            move()

    threads = [threading.Thread(target=work, args=(move,)) for move in moves]
    begin = perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return perf_counter() - begin


def speed_ups(evaluator: Evaluator, slow: Evaluator) -> list[float]:
    """What two threads do in the time in which one does its own: bare calls, moves, moves with the loop in Python."""
    movers = [Mover(each) for each in (evaluator, evaluator, slow, slow)]
    fast = movers[:2]
    work = [[each.bare for each in fast], [each.move for each in fast], [each.move for each in movers[2:]]]
    alone = [partial(at_once, moves[:1]) for moves in work]
    seconds = [sum(each) for each in by_turns(*alone, *(partial(at_once, moves) for moves in work))]
    return [2 * one / two for one, two in zip(seconds[:3], seconds[3:], strict=True)]


def cpu() -> str:
    """The processor's name, as far as it says."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def main() -> int:
    missed = 0
    print(f"{cpu()}, {SIMULATIONS} simulations, one thread; ÷ the network alone")
    print("network   trees  search  at most   move  at most  Python's  µs an evaluation")
    for case in CASES:
        figures = measure(case)
        late = figures.search > case.search or figures.move > case.move
        missed += late
        print(
            f"{case.network.__name__:8} {case.trees:6}  {figures.search:6.2f}  {case.search:7.2f}  "
            f"{figures.move:5.2f}  {case.move:7.2f}  {figures.python:8.2f}  {figures.microseconds:16.1f}"
            f"{'   missed' if late else ''}",
            flush=True,
        )
    with tempfile.TemporaryDirectory() as folder:
        path = write_bundle(Path(folder) / "mlp64.myoshu", mlp64())
        agent = load(path, "cpu")
        with interpreted():
            slow = load(path, "cpu")
    play, python = quickest(clocked(player(agent)), clocked(player(slow)))
    late = play / python > PLAY
    missed += late
    print(
        f"one simulation: {1e6 * play:.0f} µs, Python's {1e6 * python:.0f}: {play / python:.2f}, at most {PLAY}"
        f"{'   missed' if late else ''}",
        flush=True,
    )
    machine, moves, python = speed_ups(agent.evaluator, slow.evaluator)
    late = available_cores() > 1 and moves / machine < THREADS
    missed += late
    print(
        f"two threads: {moves / machine:.2f} of bare calls' {machine:.2f}, Python's {python / machine:.2f}, "
        f"at least {THREADS}{'   missed' if late else ''}"
    )
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())
