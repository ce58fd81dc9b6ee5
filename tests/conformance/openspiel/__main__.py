"""Play every game that OpenSpiel registers with untrained agents, and write down what came of it.

python -m tests.conformance.openspiel --moves 10000 --out docs/games.md

With --log FILE a run that was ended goes on where it was.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from tests.conformance.openspiel.catalogue import catalogue
from tests.conformance.openspiel.isolation import try_games
from tests.conformance.openspiel.logbook import Logbook
from tests.conformance.openspiel.table import page
from tests.conformance.openspiel.trial import Effort


def main() -> int:
    """Try the games; the exit code is 1 if a move was illegal."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--moves", type=int, default=10_000, help="moves of agents in each game")
    parser.add_argument("--seconds", type=float, default=900.0, help="time for each game")
    parser.add_argument("--processes", type=int, default=1, help="games tried at a time")
    parser.add_argument("--log", type=Path, help="where findings are kept, and those of an earlier run are found")
    parser.add_argument("--out", type=Path, help="where the page is written")
    parser.add_argument("names", nargs="*", help="names of games; all if not given")
    given = parser.parse_args()
    effort = Effort(moves=given.moves, checked_games=4, checked_moves=100, simulations=4, seconds=given.seconds)
    strings = {name: string for name, string in catalogue().items() if not given.names or name in given.names}
    begin = time.monotonic()
    logbook = Logbook(given.log, effort)
    found = {name: finding for name, finding in logbook.findings().items() if name in strings}
    remaining = {name: string for name, string in strings.items() if name not in found}
    for finding in try_games(remaining, effort, given.processes):
        found[finding.name] = finding
        logbook.add(finding)
        print(
            f"[{time.monotonic() - begin:6.0f} s] {finding.string}: {finding.moves} moves, {finding.games} games, "
            f"{finding.illegal} illegal, {finding.seconds:.1f} s of processor time {finding.stopped}",
            flush=True,
        )
    if given.out is not None:
        given.out.write_text(page(list(found.values()), effort), encoding="utf-8")
    return int(any(finding.illegal for finding in found.values()))


if __name__ == "__main__":
    sys.exit(main())
