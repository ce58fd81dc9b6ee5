"""A search on the project's own kernels, beside the same search on ONNX Runtime's.

One tree of 50 simulations of each network, by turns in one process and one thread, so that whatever else the machine
does meets both; the figure is the median of the ratios, native divided by ONNX Runtime. The networks are those of the
agents in ``demos/agents``.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import numpy as np

from myoshu.runtime.bundle import Bundle
from myoshu.runtime.evaluator import Evaluator
from myoshu.runtime.planner import Planner
from myoshu.search import SearchConfig

SIMULATIONS = 50
SECONDS = 2.0
WARM_UP = 3
FOLDER = Path(__file__).parents[2] / "demos" / "agents"
AGENTS = ("tic_tac_toe", "connect_four", "cart_pole", "othello")
MOST = 0.8
"""What none of the ratios may exceed."""


def searcher(bundle: Bundle, provider: str) -> Callable[[], float]:
    """A search of one random observation, which returns the seconds of its simulations."""
    evaluator = Evaluator(bundle.manifest.model, bundle.graphs, providers=provider)
    planner = Planner(evaluator, SearchConfig(), slots=1, simulations=SIMULATIONS)
    shape = (1, *evaluator.model.observation)
    observations = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    slots = np.arange(1)

    def search() -> float:
        planner.open(slots, observations)
        begin = perf_counter()
        planner.run()
        seconds = perf_counter() - begin
        planner.results(slots)
        return seconds

    return search


def ratio(bundle: Bundle) -> tuple[float, float]:
    """The median ratio, and microseconds a simulation on the project's own kernels."""
    native, other = searcher(bundle, "native"), searcher(bundle, "cpu")
    ratios, times = [], []
    end = perf_counter() + SECONDS
    while perf_counter() < end or len(ratios) < 2 * WARM_UP:
        times.append(native())
        ratios.append(times[-1] / other())
    return statistics.median(ratios[WARM_UP:]), statistics.median(times[WARM_UP:]) / SIMULATIONS * 1e6


def main() -> int:
    """Print the table; 1 where a ratio is larger than it may be."""
    print(f"{'agent':<14} {'native ÷ ONNX Runtime':>22} {'µs a simulation':>16}")
    worst = 0.0
    for agent in AGENTS:
        figure, microseconds = ratio(Bundle.read(FOLDER / f"{agent}.myoshu"))
        worst = max(worst, figure)
        print(f"{agent:<14} {figure:>22.2f} {microseconds:>16.1f}", flush=True)
    return int(worst > MOST)


if __name__ == "__main__":
    sys.exit(main())
