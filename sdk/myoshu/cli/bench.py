"""``myoshu bench``: how fast a bundle is on this machine."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING, Annotated

import typer

from myoshu.cli._options import BundleFile, Provider, Threads
from myoshu.counted import counted

if TYPE_CHECKING:
    from myoshu.runtime.agent import Agent

__all__ = ["bench"]

EPILOG = """
[bold]Examples[/bold]

Simulations a second, alone and with many games at once:

  myoshu bench agent.myoshu

With another budget, on a GPU:

  myoshu bench agent.myoshu --simulations 200 --trees 256 --provider cuda
"""


def bench(
    bundle: BundleFile,
    simulations: Annotated[int, typer.Option(min=1, help="Simulations a move.")] = 50,
    trees: Annotated[int, typer.Option(min=1, help="How many games at once, besides one alone.")] = 64,
    seconds: Annotated[float, typer.Option(min=0.01, help="Seconds to measure each.")] = 2.0,
    provider: Provider = "auto",
    threads: Threads = 1,
) -> None:
    """Measure simulations a second: one game alone, and many games whose positions are evaluated together."""
    import myoshu

    agent = myoshu.load(bundle, provider, threads=threads)
    typer.echo(
        f"{bundle}: {agent.game.name} on {agent.provider}, {counted(simulations, 'simulation')} a move, "
        f"{counted(threads, 'thread')}"
    )
    for count in dict.fromkeys((1, trees)):
        moves, elapsed, limit, memory = _measure(agent, count, simulations, seconds)
        rate = moves * simulations / elapsed
        typer.echo(
            f"{count:5} tree{'s' if count > 1 else ' '}  {rate:12,.0f} simulations/s  "
            f"{moves / elapsed:10,.1f} moves/s  {elapsed / moves * count * 1e3:8.2f} ms a move  "
            f"{memory / 1e6:6.1f} MB  {elapsed / limit:5.2f} × the network alone"
        )


def _measure(agent: Agent, trees: int, simulations: int, seconds: float) -> tuple[int, float, float, int]:
    """Moves made, seconds for them, seconds the network alone needs for as many evaluations, and bytes of memory."""
    import numpy as np

    from myoshu.runtime.planner import Planner

    planner = Planner(agent.evaluator, agent.manifest.search, slots=trees, simulations=simulations)
    shape = (trees, *agent.model.observation)
    observations = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    slots = np.arange(trees)
    evaluate = planner.bound(trees * planner.config.leaves)
    waves = -(-simulations // planner.config.leaves)
    moves, elapsed, limit = 0, 0.0, 0.0
    while elapsed + limit < seconds or not moves:
        begin = perf_counter()
        planner.open(slots, observations)
        planner.run()
        planner.results(slots)
        middle = perf_counter()
        for _ in range(waves):
            evaluate()
        limit += perf_counter() - middle
        elapsed += middle - begin
        moves += trees
    return moves, elapsed, limit, planner.nbytes
