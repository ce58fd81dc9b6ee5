"""The project's own kernels beside ONNX Runtime, on the networks of the agents in ``demos/agents``.

A search: one tree of 50 simulations. Evaluations: the recurrent graph with 1, 8 and 64 rows. Each on both by turns in
one process and one thread, in seconds that the thread computed, so that whatever else the machine does meets both and
little of it is counted; a figure is the median of the ratios, native divided by ONNX Runtime.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter, thread_time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from myoshu.model import played
from myoshu.runtime.bundle import Bundle
from myoshu.runtime.evaluator import Evaluator
from myoshu.runtime.planner import Planner
from myoshu.search import SearchConfig

SIMULATIONS = 50
ROWS = (1, 8, 64)
EVALUATIONS = 64
"""Rows that are evaluated between two looks at the clock."""
SECONDS = 2.0
WARM_UP = 3
FOLDER = Path(__file__).parents[2] / "demos" / "agents"
MOST = 0.8
"""What no search's ratio may exceed."""
MOST_OF_A_BATCH = 1.15
"""What no evaluation's ratio may exceed."""


def evaluator(bundle: Bundle, provider: str) -> Evaluator:
    """The bundle's networks at work."""
    return Evaluator(bundle.manifest.model, bundle.graphs, providers=provider)


def searcher(at_work: Evaluator) -> Callable[[], float]:
    """A search of one random observation, which returns the seconds of its simulations."""
    planner = Planner(at_work, SearchConfig(), slots=1, simulations=SIMULATIONS)
    shape = (1, *at_work.model.observation)
    observations = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    slots = np.arange(1)

    def search() -> float:
        planner.open(slots, observations)
        begin = thread_time()
        planner.run()
        seconds = thread_time() - begin
        planner.results(slots)
        return seconds

    return search


def batch(at_work: Evaluator, rows: int) -> Callable[[], float]:
    """An evaluation of random latent states, which returns its seconds."""
    rng = np.random.default_rng(0)
    inputs, outputs = played(at_work.model)["recurrent"]
    arrays: dict[str, NDArray[Any]] = {
        name: np.zeros((rows, *port.shape), port.dtype) for name, port in {**inputs, **outputs}.items()
    }
    arrays["latent"][:] = rng.random(arrays["latent"].shape)
    arrays["action"][:] = rng.integers(0, at_work.model.actions, rows)
    binding = at_work.bind("recurrent", arrays)

    def evaluate() -> float:
        begin = thread_time()
        for _ in range(EVALUATIONS // rows):
            binding.run()
        return thread_time() - begin

    return evaluate


def ratio(native: Callable[[], float], other: Callable[[], float]) -> float:
    """The median ratio of the two."""
    ratios: list[float] = []
    end = perf_counter() + SECONDS
    while perf_counter() < end or len(ratios) < 2 * WARM_UP:
        ratios.append(native() / other())
    return statistics.median(ratios[WARM_UP:])


def main() -> int:
    """Print the table; 1 where a ratio is larger than it may be."""
    print("native ÷ ONNX Runtime")
    print(f"{'agent':<16} {'search':>8}" + "".join(f"{rows:>8} rows" for rows in ROWS))
    failed = False
    for path in sorted(FOLDER.glob("*.myoshu")):
        bundle = Bundle.read(path)
        native, other = evaluator(bundle, "native"), evaluator(bundle, "cpu")
        search = ratio(searcher(native), searcher(other))
        batches = [ratio(batch(native, rows), batch(other, rows)) for rows in ROWS]
        failed |= search > MOST or max(batches) > MOST_OF_A_BATCH
        print(f"{path.stem:<16} {search:>8.2f}" + "".join(f"{figure:>13.2f}" for figure in batches), flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
