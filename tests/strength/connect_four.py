"""How well an agent of connect four sees: wins in one, and moves that throw the game's value away.

    python tests/strength/connect_four.py connect_four.myoshu

Two questions to random positions (legal moves drawn evenly):

- of 1,000 positions that offer a win in one, how often is it taken;
- of 200 positions of 8 to 30 plies in which moves differ in value, labelled by the exact solver in ``tests/solver``
  (about a minute), how often does the chosen move lead to a worse result than the best one.

Each at 0 simulations (the raw policy), 64 and 400. Intervals are Wilson's, 95%.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import myoshu
from myoshu.game import Game, State
from myoshu.rating.intervals import score_interval
from myoshu_engines import load_game

SOLVER = Path(__file__).parents[1] / "solver" / "connect_four.cpp"
GAME = "openspiel:connect_four"
SIMULATIONS = (0, 64, 400)


@dataclass(frozen=True)
class Question:
    """A position and the moves that are right."""

    observation: NDArray[np.float32]
    """What the mover sees."""
    legal: tuple[int, ...]
    """What it may play."""
    right: frozenset[int]
    """What it should play."""


def random_position(game: Game, rng: np.random.Generator, plies: int) -> tuple[State, list[int]] | None:
    """A position after so many random plies and the plies, or None if the game ended before."""
    state, columns = game.new_state(rng), list[int]()
    for _ in range(plies):
        if state.is_terminal():
            return None
        legal = state.legal_actions()
        columns.append(int(legal[rng.integers(len(legal))]))
        state.apply(columns[-1])
    return None if state.is_terminal() else (state, columns)


def wins_in_one(game: Game, count: int, seed: int) -> list[Question]:
    """Positions in which the mover can win at once."""
    rng, found = np.random.default_rng(seed), list[Question]()
    while len(found) < count:
        drawn = random_position(game, rng, int(rng.integers(6, 35)))
        if drawn is None:
            continue
        state, mover = drawn[0], drawn[0].to_play()
        wins = frozenset(action for action in state.legal_actions() if state.clone().apply(action)[mover] > 0)
        if wins:
            found.append(Question(state.observation(), tuple(state.legal_actions()), wins))
    return found


def solved(game: Game, count: int, seed: int) -> list[Question]:
    """Positions in which some legal move is worse than another, with those that keep the game's value."""
    rng, questions = np.random.default_rng(seed), list[Question]()
    with tempfile.TemporaryDirectory() as folder:
        solver = Path(folder) / "solver"
        subprocess.run(["c++", "-O2", "-std=c++17", str(SOLVER), "-o", str(solver)], check=True)
        while len(questions) < count:
            drawn = [random_position(game, rng, int(rng.integers(8, 31))) for _ in range(50)]
            positions = [position for position in drawn if position is not None]
            lines = "".join(" ".join(map(str, columns)) + "\n" for _, columns in positions)
            answers = subprocess.run([str(solver)], input=lines, capture_output=True, text=True, check=True)
            for (state, _), answer in zip(positions, answers.stdout.splitlines(), strict=True):
                values = {column: int(value) for column, value in enumerate(answer.split()) if value != "x"}
                right = frozenset(column for column, value in values.items() if value == max(values.values()))
                if len(right) < len(values):
                    questions.append(Question(state.observation(), tuple(values), right))
            print(f"  solved {min(len(questions), count)} of {count}", end="\r", flush=True)
    return questions[:count]


def chooser(agent: myoshu.Agent, simulations: int) -> Callable[[Question], int]:
    """The agent's choice with so many simulations; with 0 the likeliest move of its policy."""
    if simulations:
        limit = myoshu.Limit(simulations=simulations)
        return lambda asked: agent.new_session(seed=0).play(asked.observation, asked.legal, limit=limit).action

    def likeliest(asked: Question) -> int:
        prior = agent.evaluator.initial(asked.observation[None])["prior"][0]
        return max(asked.legal, key=lambda action: float(prior[action]))

    return likeliest


def main() -> None:
    """Ask both questions and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundle", type=Path, help="the agent's file")
    parser.add_argument("--wins", type=int, default=1000, help="positions with a win in one (default 1000)")
    parser.add_argument("--solved", type=int, default=200, help="positions for the solver (default 200; 0 for none)")
    parser.add_argument("--seed", type=int, default=20261121, help="seed of the positions")
    given = parser.parse_args()
    agent, game = myoshu.load(given.bundle), load_game(GAME)
    asked = {"takes a win in one": wins_in_one(game, given.wins, given.seed)}
    if given.solved:
        asked["throws the value away"] = solved(game, given.solved, given.seed + 1)
    print(f"{'':24} {'simulations':>11} {'share':>7}   95% interval")
    for name, questions in asked.items():
        for simulations in SIMULATIONS:
            choose = chooser(agent, simulations)
            right = sum(choose(question) in question.right for question in questions)
            hits = right if name.startswith("takes") else len(questions) - right
            interval = score_interval(hits, 0, len(questions) - hits)
            print(
                f"{name:24} {simulations:>11} {hits / len(questions):>7.1%}   {interval.low:.1%} to "
                f"{interval.high:.1%}",
                flush=True,
            )


if __name__ == "__main__":
    main()
