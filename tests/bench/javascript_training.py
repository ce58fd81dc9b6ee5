"""What it costs that the rules live in another process, in another language.

Self-play of connect four on 5 by 4, 64 games in step, once with the engine in ``bindings/javascript/examples`` through
the socket, once with the same rules in Python in this process. Both play alternating with the same untrained network,
preset and seeds, hence the same games, which is checked; a figure is the median over the rounds, and the ratio the
median of the rounds' ratios. What training adds beside (the learner) is the same for both and left out.
"""

from __future__ import annotations

import contextlib
import shutil
import statistics
import subprocess
import sys
from collections.abc import Hashable, Iterator
from pathlib import Path
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from myoshu.game import Game
from myoshu.runtime.evaluator import Evaluator
from myoshu.runtime.planner import Planner
from myoshu.spec import GameSpec, Movers
from myoshu.testing.networks import mlp
from myoshu.training.playing.selfplay import SelfPlay
from myoshu.training.presets import preset
from myoshu_engines import load_game

PACKAGE = Path(__file__).resolve().parents[2] / "bindings" / "javascript"
COLUMNS, ROWS = 5, 4
ROUNDS = 8
MOVES = 20
"""Moves in each game and round; a round of each kind is timed, one after the other."""
LEAST = 0.5


class FourState:
    """A position, as :class:`myoshu.game.State`."""

    def __init__(self) -> None:
        self.cells = [-1] * (COLUMNS * ROWS)
        self.heights = [0] * COLUMNS
        self.moves = 0
        self.winner = -1

    def to_play(self) -> int:
        return self.moves % 2

    def legal_actions(self) -> list[int]:
        return [] if self.is_terminal() else [column for column in range(COLUMNS) if self.heights[column] < ROWS]

    def is_terminal(self) -> bool:
        return self.winner >= 0 or self.moves == len(self.cells)

    def apply(self, action: int) -> NDArray[np.float32]:
        row, player = self.heights[action], self.moves % 2
        self.heights[action] += 1
        self.cells[row * COLUMNS + action] = player
        self.moves += 1
        if any(self._count(row, action, *step, player) >= 3 for step in ((0, 1), (1, 0), (1, 1), (1, -1))):
            self.winner = player
            return np.array([1, -1] if player == 0 else [-1, 1], np.float32)
        return np.zeros(2, np.float32)

    def _count(self, row: int, column: int, up: int, right: int, player: int) -> int:
        count = 0
        for sign in (1, -1):
            r, c = row + sign * up, column + sign * right
            while 0 <= r < ROWS and 0 <= c < COLUMNS and self.cells[r * COLUMNS + c] == player:
                count += 1
                r, c = r + sign * up, c + sign * right
        return count

    def observation(self) -> NDArray[np.float32]:
        cells, mover = np.array(self.cells).reshape(ROWS, COLUMNS), self.moves % 2
        return np.stack([cells == mover, cells == 1 - mover, cells == -1]).astype(np.float32)

    def clone(self) -> FourState:
        copy = FourState()
        copy.cells, copy.heights = self.cells.copy(), self.heights.copy()
        copy.moves, copy.winner = self.moves, self.winner
        return copy

    def key(self) -> Hashable:
        return tuple(self.cells)

    def __str__(self) -> str:
        return str(self.cells)


class Four:
    """The rules in Python."""

    spec = GameSpec(
        name="python:four", players=2, actions=COLUMNS, observation=(3, ROWS, COLUMNS), returns=(-1.0, 1.0),
        zero_sum=True, movers=Movers.ALTERNATE, final_rewards_only=True, max_length=COLUMNS * ROWS,
    )  # fmt: skip

    def new_state(self, rng: np.random.Generator) -> FourState:
        return FourState()

    def action_name(self, state: FourState, action: int) -> str:
        return str(action + 1)


@contextlib.contextmanager
def engine(node: str) -> Iterator[str]:
    """The JavaScript engine's address."""
    command = [node, "examples/connect_four/engine.js", "--columns", str(COLUMNS), "--rows", str(ROWS)]
    with subprocess.Popen(command, cwd=PACKAGE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().split()[-1]
        finally:
            process.terminate()


def selfplay(game: Game) -> SelfPlay:
    config = preset(game.spec)
    network = mlp((3, ROWS, COLUMNS), COLUMNS, 128)
    evaluator = Evaluator(network.model, network.graphs, providers="cpu")
    planner = Planner(evaluator, config.search, slots=config.selfplay.games, simulations=config.selfplay.simulations)
    return SelfPlay(game, planner, config.selfplay, config.search, seed=1)


def play(source: SelfPlay) -> tuple[float, list[list[int]]]:
    """Steps a second in one round, and the games that ended in it."""
    games: list[list[int]] = []
    moves, begin = source.moves, perf_counter()
    for _ in range(MOVES):
        games += [trajectory.actions.tolist() for trajectory in source.play()]
    return (source.moves - moves) / (perf_counter() - begin), games


def main() -> int:
    node = shutil.which("node")
    if node is None or not (PACKAGE / "node_modules").is_dir():
        print("left out: it needs node, and npm ci in bindings/javascript")
        return 0
    with engine(node) as address:
        socket, inside = selfplay(load_game(address)), selfplay(Four())
        steps: list[tuple[float, float]] = []
        for _ in range(ROUNDS + 1):
            (far, games), (near, same) = play(socket), play(inside)
            assert games == same, "not the same games"
            steps.append((far, near))
    far, near = (statistics.median(column) for column in zip(*steps[1:], strict=True))
    ratio = statistics.median(far / near for far, near in steps[1:])
    config = socket.config
    print(f"{config.games} games, {config.simulations} simulations, MLP 128; steps a second, and as a ratio")
    late = ratio < LEAST
    print("JavaScript through the socket  Python in process  ratio  at least")
    print(f"{far:29,.0f}  {near:17,.0f}  {ratio:5.2f}  {LEAST:8.2f}{'   missed' if late else ''}")
    return int(late)


if __name__ == "__main__":
    sys.exit(main())
