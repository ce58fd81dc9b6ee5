"""The project's own kernels beside ONNX Runtime, on the shipped agents' networks and on some of random weights.

A search: one tree of 50 simulations. Evaluations: the recurrent graph with 1, 8 and 64 rows. Each on both, alternating,
in one process and one thread, in seconds that the thread computed, so that whatever else the machine does meets both
and little of it is counted; a figure is the median of the ratios, native divided by ONNX Runtime.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from time import perf_counter, thread_time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from myoshu.model import played
from myoshu.runtime.bundle import Bundle
from myoshu.runtime.evaluator import Evaluator
from myoshu.runtime.planner import Planner
from myoshu.search import SearchConfig, _core
from myoshu.spec import ModelSpec
from myoshu.testing.networks import Network, mlp, mlp64, mlp256, res32x2, resnet

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


NETWORKS: dict[str, Callable[[], Network]] = {
    "mlp64": mlp64,
    "mlp256": mlp256,
    "mlp512": lambda: mlp(126, 7, 512),
    "res16x1": lambda: resnet((3, 6, 7), 7, 16, 1),
    "res32x2": res32x2,
    "res64x2": lambda: resnet((3, 6, 7), 7, 64, 2),
    "res64x6": lambda: resnet((3, 8, 8), 65, 64, 6),
}
"""Of random weights, larger ones too: what they take is no limit, but says where the kernels stop being the faster."""


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


def figures(model: ModelSpec, graphs: Mapping[str, bytes]) -> list[float]:
    """The ratios of a search and of the batches."""
    native, other = (Evaluator(model, graphs, providers=provider) for provider in ("native", "cpu"))
    return [
        ratio(searcher(native), searcher(other)),
        *(ratio(batch(native, rows), batch(other, rows)) for rows in ROWS),
    ]


def line(name: str, graphs: Mapping[str, bytes], numbers: list[float]) -> str:
    """A row of the table."""
    millions = _core.Network(graphs["recurrent"], {}, "").multiplications / 1e6
    return f"{name:<16} {millions:>9.2f} M" + "".join(f"{number:>9.2f}" for number in numbers)


def main() -> int:
    """Print the table; 1 where a ratio of a shipped agent is larger than it may be."""
    print(f"native ÷ ONNX Runtime\n{'':<16} {'products':>11}   search" + "".join(f"{rows:>4} rows" for rows in ROWS))
    failed = False
    for path in sorted(FOLDER.glob("*.myoshu")):
        bundle = Bundle.read(path)
        search, *batches = figures(bundle.manifest.model, bundle.graphs)
        failed |= search > MOST or max(batches) > MOST_OF_A_BATCH
        print(line(path.stem, bundle.graphs, [search, *batches]), flush=True)
    for name, make in NETWORKS.items():
        network = make()
        print(line(name, network.graphs, figures(network.model, network.graphs)), flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
