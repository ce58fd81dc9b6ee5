"""How strong each level of the duel's agent is: rallies against the built-in opponent, and against the level below.

python tests/strength/duel.py [demos/agents/duel.myoshu] [--rallies 60]

The agent sits on the left in one half of the rallies and on the right in the other. The built-in opponent plays as well
as it can, as it does in the demo; the agent learned against one that is often worse.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import myoshu
from myoshu.rating.intervals import score_interval

DEMOS = Path(__file__).resolve().parents[2] / "demos"
sys.path.insert(0, str(DEMOS / "duel"))

from match import LEVELS, Hands, Level, Match, Seat  # noqa: E402 -- the demo's own modules

LONGEST = 60 * 60
"""Frames after which a rally is nobody's: a minute."""


def main() -> int:
    """A line for each level."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("agent", type=Path, nargs="?", default=DEMOS / "agents" / "duel.myoshu")
    parser.add_argument("--rallies", type=int, default=60)
    options = parser.parse_args()
    agent = myoshu.load(options.agent, "cpu")
    print(f"{options.rallies} rallies each: won/nobody's/lost, share, 95% interval")
    for number, level in enumerate(LEVELS):
        line = f"level {number + 1:>2}   built-in opponent {told(agent, level, None, options.rallies)}"
        if number:
            line += f"   level {number:>2} {told(agent, level, LEVELS[number - 1], options.rallies)}"
        print(line, flush=True)
    return 0


def told(agent: myoshu.Agent, level: Level, other: Level | None, rallies: int) -> str:
    """How the rallies of a level against another, or against the built-in opponent, ended."""
    wins = draws = 0
    for seed in range(rallies):
        winner = rally(agent, level, other, seed, seed % 2)
        wins += winner == seed % 2
        draws += winner is None
    losses = rallies - wins - draws
    interval = score_interval(wins, draws, losses)
    share = (wins + draws / 2) / rallies
    return f"{wins:>3}/{draws}/{losses:<3} {share:6.1%} ({interval.low:.0%} to {interval.high:.0%})"


def rally(agent: myoshu.Agent, level: Level, other: Level | None, seed: int, own: int) -> int | None:
    """Who wins one rally; None if nobody does."""
    hands = [Hands.AGENT, Hands.AGENT]
    if other is None:
        hands[1 - own] = Hands.SCRIPT
    match = Match((hands[0], hands[1]), agent, level, seed)
    if other is not None:
        match.seats[1 - own].close()
        match.seats[1 - own] = Seat(agent, other, 1 - own, seed)
    match.waits = 0
    for _ in range(LONGEST):
        match.update()
        if sum(match.score):
            break
    match.close()
    return None if not sum(match.score) else match.score.index(1)


if __name__ == "__main__":
    sys.exit(main())
