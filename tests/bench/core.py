"""The search core alone: µs a simulation, the call from Python included, and how many times the reference's speed.

A network that answers at once: between the steps, random evaluations drawn beforehand are copied into the arrays that
the core reads. What is timed is `Wave.step`: expansion, backup, selection, gathering and scattering of latents, and the
call itself. The reference runs the same number of simulations, once.
"""

from __future__ import annotations

import gc
import platform
import time
from pathlib import Path

import numpy as np

from myoshu.search import Algorithm, Forest, SearchConfig, Wave
from myoshu.search.reference import ReferenceForest

SIMULATIONS = 50
LATENT = 64
REPEATS = 200
LIMITS = {7: 0.6, 82: 4.0}
"""µs a simulation that one tree must not exceed, by number of actions."""


def processor() -> str:
    """The name of the machine's processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def roots(trees: int, actions: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Random root priors and values."""
    return rng.dirichlet(np.ones(actions), trees).astype(np.float32), np.zeros((trees, 2), np.float32)


def time_core(algorithm: Algorithm, actions: int, trees: int) -> float:
    """Seconds a simulation: the least of several runs."""
    rng = np.random.default_rng(0)
    forest = Forest(
        SearchConfig(algorithm=algorithm, simulations=SIMULATIONS),
        slots=trees, actions=actions, players=2, nodes=SIMULATIONS + 1,
    )  # fmt: skip
    latent_out, prior, value = (
        np.zeros((trees, LATENT), np.float32), np.zeros((trees, actions), np.float32), np.zeros((trees, 1), np.float32)
    )  # fmt: skip
    wave = Wave(
        forest,
        pool=np.zeros((trees * forest.nodes, LATENT), np.float32),
        latent_in=np.zeros((trees, LATENT), np.float32),
        action_in=np.zeros(trees, np.int64),
        latent_out=latent_out,
        prior=prior,
        value=value,
        reward=np.zeros((trees, 1), np.float32),
    )
    slots = np.arange(trees)
    best = float("inf")
    priors = rng.dirichlet(np.ones(actions), (SIMULATIONS + 1, trees)).astype(np.float32)
    values = rng.uniform(-1, 1, (SIMULATIONS + 1, trees, 1)).astype(np.float32)
    for _ in range(REPEATS):
        forest.open_many(slots, *roots(trees, actions, rng))
        wave.begin(slots)
        spent = 0.0
        step = wave.step
        for i in range(SIMULATIONS + 1):
            begun = time.perf_counter()
            step()
            spent += time.perf_counter() - begun
            prior[:] = priors[i]
            value[:] = values[i]
        best = min(best, spent)
    return best / (SIMULATIONS * trees)


def clock_cost() -> float:
    """Seconds that the two readings of the clock add to what lies between them: the least of several."""
    pairs = []
    for _ in range(10000):
        begun = time.perf_counter()
        pairs.append(time.perf_counter() - begun)
    return min(pairs)


def time_reference(algorithm: Algorithm, actions: int) -> float:
    """Seconds a simulation of one tree."""
    rng = np.random.default_rng(0)
    config = SearchConfig(algorithm=algorithm, simulations=SIMULATIONS)
    forest = ReferenceForest(config, slots=1, actions=actions, players=2, nodes=SIMULATIONS + 1)
    priors, values = roots(1, actions, rng)
    forest.open(0, priors[0], values[0])
    begun = time.perf_counter()
    while len(forest.select([0])):
        forest.expand(None, rng.uniform(-1, 1, (1, 2)), rng.dirichlet(np.ones(actions), 1))
    return (time.perf_counter() - begun) / SIMULATIONS


def main() -> None:
    """Print the table."""
    print(f"search core alone, {SIMULATIONS} simulations, µs a simulation ({processor()})")
    print(f"{'':8}{'actions':>8}{'one tree':>10}{'wanted':>8}{'64 trees':>10}{'reference ÷ core':>18}")
    cost = clock_cost()
    gc.disable()
    for algorithm in Algorithm:
        for actions in (7, 82, 500):
            one = time_core(algorithm, actions, 1) - cost
            many = time_core(algorithm, actions, 64)
            ratio = time_reference(algorithm, actions) / one
            wanted = f"≤ {LIMITS[actions]}" if actions in LIMITS else ""
            print(f"{algorithm:8}{actions:8}{one * 1e6:10.2f}{wanted:>8}{many * 1e6:10.2f}{ratio:18.0f}")


if __name__ == "__main__":
    main()
