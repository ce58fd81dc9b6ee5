"""How much a search adds to the evaluations it asks for.

The limit is the same number of back-to-back bound calls of the same recurrent graph, alone. Search and limit are
measured by turns in one process and one thread, so that whatever else the machine does meets both; the figure is the
median of the ratios. ``search`` is the search itself: every evaluation, and everything between two. ``move`` is that
and the root's evaluation, the opening of the tree and the reading of the result.

The networks have random weights: mlp64 (27 inputs, 9 actions, hidden 64, two hidden layers each in h, g and f), mlp256
(7 actions, hidden 256), res32x2 (3×6×7 inputs, 32 channels, two residual blocks in h and in g, 7 actions).
"""

from __future__ import annotations

import platform
import statistics
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

import numpy as np

from myoshu.runtime.evaluator import Evaluator
from myoshu.runtime.planner import Planner
from myoshu.search import SearchConfig
from myoshu.testing.networks import Network, mlp64, mlp256, res32x2

SIMULATIONS = 50
SECONDS = 4.0
WARM_UP = 3


class Case(NamedTuple):
    network: Callable[[], Network]
    trees: int
    most: float


CASES = [
    Case(mlp64, 1, 1.20),
    Case(mlp256, 1, 1.12),
    Case(res32x2, 1, 1.06),
    Case(mlp64, 64, 2.0),
    Case(mlp256, 64, 1.25),
    Case(res32x2, 64, 1.10),
]


class Figures(NamedTuple):
    search: float
    move: float
    microseconds: float
    rounds: int


def measure(case: Case) -> Figures:
    network = case.network()
    evaluator = Evaluator(network.model, network.graphs, providers="cpu")
    planner = Planner(evaluator, SearchConfig(), slots=case.trees, simulations=SIMULATIONS)
    shape = (case.trees, *network.model.observation)
    observations = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    slots = np.arange(case.trees)
    evaluate = planner.bound(case.trees)
    searches, moves, limits = [], [], []
    end = perf_counter() + SECONDS
    while perf_counter() < end or len(searches) < 2 * WARM_UP:
        begin = perf_counter()
        for _ in range(SIMULATIONS):
            evaluate()
        limit = perf_counter() - begin
        begin = perf_counter()
        planner.open(slots, observations)
        opened = perf_counter()
        planner.run()
        searched = perf_counter()
        planner.results(slots)
        moves.append((perf_counter() - begin) / limit)
        searches.append((searched - opened) / limit)
        limits.append(limit / SIMULATIONS)
    return Figures(
        statistics.median(searches[WARM_UP:]),
        statistics.median(moves[WARM_UP:]),
        1e6 * statistics.median(limits[WARM_UP:]),
        len(searches) - WARM_UP,
    )


def cpu() -> str:
    """The processor's name, as far as it says."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def main() -> int:
    print(f"{cpu()}, {SIMULATIONS} simulations, one thread; search time ÷ the network alone")
    print("network   trees  search  at most   move   µs an evaluation  rounds")
    missed = 0
    for case in CASES:
        figures = measure(case)
        late = figures.search > case.most
        missed += late
        print(
            f"{case.network.__name__:8} {case.trees:6}  {figures.search:6.3f}  {case.most:7.2f}  {figures.move:5.2f}  "
            f"{figures.microseconds:17.1f}  {figures.rounds:6}{'   missed' if late else ''}",
            flush=True,
        )
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())
