"""How strong an agent is that learned connect four on 5 by 4 from the JavaScript engine, against OpenSpiel's players.

python tests/strength/javascript_engine.py four.myoshu [--games 100] [--simulations 64]

OpenSpiel's game of that size has the same rules and is seen in the same planes. Each opening of two random moves is
played from both sides.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import pyspiel

import myoshu
from myoshu.rating.intervals import score_interval
from myoshu_engines import load_game

GAME = "connect_four(rows=4,columns=5)"
PLIES = 2


def main() -> int:
    """Play each opponent and print a line for it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("agent", type=Path)
    parser.add_argument("--games", type=int, default=100)
    parser.add_argument("--simulations", type=int, default=64)
    options = parser.parse_args()
    agent = myoshu.load(options.agent, "cpu")
    for rollouts in (0, 100, 1000):
        points = [play(agent, rollouts, number, options.simulations) for number in range(options.games)]
        wins, draws = points.count(1.0), points.count(0.5)
        interval = score_interval(wins, draws, len(points) - wins - draws)
        name = f"MCTS {rollouts}" if rollouts else "random play"
        print(
            f"against {name}: {wins}/{draws}/{len(points) - wins - draws}, "
            f"{sum(points) / len(points):.1%} ({interval.low:.1%} to {interval.high:.1%})"
        )
    return 0


def play(agent: myoshu.Agent, rollouts: int, number: int, simulations: int) -> float:
    """The agent's points in one game."""
    rng, seat = np.random.default_rng(number // 2), number % 2
    rules = pyspiel.load_game(GAME)
    ours, theirs = load_game(f"openspiel:{GAME}").new_state(rng), rules.new_initial_state()
    bot = None
    if rollouts:
        bot = pyspiel.MCTSBot(
            rules, pyspiel.RandomRolloutEvaluator(1, number), 2.0, rollouts, 1000, True, number, False
        )
    limit = myoshu.Limit(simulations=simulations)
    while not ours.is_terminal():
        legal = ours.legal_actions()
        if theirs.move_number() < PLIES or (ours.to_play() != seat and bot is None):
            action = int(rng.choice(legal))
        elif ours.to_play() != seat:
            assert bot is not None
            action = bot.step(theirs)
        else:
            session = agent.new_session(seed=number)
            action = session.play(ours.observation(), legal, limit, to_play=seat).action
        ours.apply(action)
        theirs.apply_action(action)
    return (1.0 + float(theirs.returns()[seat])) / 2.0


if __name__ == "__main__":
    sys.exit(main())
