"""How much of self-play's time is spent inside ONNX Runtime, and how fast one actor plays.

The presets' self-play in one process and one thread, as an actor does it, with a new network. ``inside`` is the share
of the time that the evaluations' native calls take; the rest is the search, the rules (OpenSpiel's) and the records.
``moves/s`` and ``games/s`` say what this machine did while nothing else learned beside it.
"""

from __future__ import annotations

import sys
from time import perf_counter
from typing import NamedTuple

from myoshu.runtime.evaluator import Evaluator
from myoshu.runtime.planner import Planner
from myoshu.server.timed_evaluator import TimedEvaluator
from myoshu.training import preset
from myoshu.training.learning.learner import Learner
from myoshu.training.networks.architecture import Architecture
from myoshu.training.networks.onnx_writer import played_graphs
from myoshu.training.playing.selfplay import SelfPlay
from myoshu_engines import load_game

GAMES = ("openspiel:connect_four", "openspiel:othello", "openspiel:tic_tac_toe")
SECONDS = 15.0
WARM_UP = 40


class Figures(NamedTuple):
    inside: float
    microseconds: float
    moves: float
    games: float


def measure(name: str) -> Figures:
    game = load_game(name)
    config = preset(game.spec)
    architecture = Architecture.of(game.spec, config.network)
    weights = Learner(architecture, config.learner, seed=1).weights()
    graphs = played_graphs(architecture)
    evaluator = TimedEvaluator(Evaluator(architecture.model, graphs, providers="cpu", weights=weights))
    planner = Planner(evaluator, config.search, slots=config.selfplay.games, simulations=config.selfplay.simulations)
    playing = SelfPlay(game, planner, config.selfplay, config.search, seed=1)
    for _ in range(WARM_UP):
        playing.play()
    before, runs = evaluator.seconds, evaluator.runs
    moves, games, begin = playing.moves, playing.games, perf_counter()
    while perf_counter() - begin < SECONDS:
        playing.play()
    seconds = perf_counter() - begin
    return Figures(
        (evaluator.seconds - before) / seconds,
        1e6 * (evaluator.seconds - before) / (evaluator.runs - runs),
        (playing.moves - moves) / seconds,
        (playing.games - games) / seconds,
    )


def main() -> int:
    print("game                      inside  µs an evaluation  moves/s  games/s")
    for name in GAMES:
        inside, microseconds, moves, games = measure(name)
        print(f"{name:24}  {inside:6.1%}  {microseconds:16.0f}  {moves:7.0f}  {games:7.1f}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
