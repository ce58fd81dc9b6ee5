"""Ten kills at random instants in one training run, resumed each time by the same command.

    python -m tests.bench.kills [--kills 10] [--minutes 1.2] [--seed 1]

A real run of tic-tac-toe is started as a person starts it, and killed with SIGKILL at random instants, start-up
included: in turn its whole process group, the learner alone, an actor alone. Reported are how many steps and games
each kill cost, the processes that were left over (there must be none), and how strong the agent is in the end.

What a kill of the learner costs is what was learned since the last checkpoint, here written every two seconds (in
earnest, every minute), as ``metrics.csv`` has it, which is written about once a second. An actor that is killed alone
costs the games that it had under way; the run goes on and starts it anew.
"""

from __future__ import annotations

import argparse
import atexit
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import msgspec

from myoshu.training import preset
from myoshu.training.checkpoint import read_checkpoint
from myoshu.training.folder import CHECKPOINT, EVALUATIONS, METRICS
from myoshu.training.run import Run
from myoshu.training.telling.metrics import read_table
from myoshu_engines import load_game

GAME = "openspiel:tic_tac_toe"
KINDS = ("group", "learner", "actor")
LATEST = 14.0
"""Seconds after its start at which a process is killed at the latest."""
PATIENCE = 60.0
"""Seconds in which everything that belonged to a killed run must have ended."""


@dataclass(frozen=True)
class Kill:
    """What one kill did."""

    kind: str
    """Whom it hit."""
    after: float
    """Seconds since the process was started."""
    step: int
    """Steps learned by then."""
    steps: int
    """Steps lost."""
    games: int
    """Finished games lost, or those under way in an actor that was killed alone."""
    orphans: int
    """Processes left over."""


def main() -> int:
    """Kill, resume, and print a table; 1 if anything was left over or the run did not end well."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--minutes", type=float, default=1.2)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with tempfile.TemporaryDirectory() as folder:
        return _kill_and_resume(Path(folder) / "run", arguments.kills, arguments.minutes, arguments.seed)


def _kill_and_resume(run: Path, count: int, minutes: float, seed: int) -> int:
    game = load_game(GAME)
    config = msgspec.structs.replace(preset(game.spec), minutes=minutes, checkpoint_seconds=2.0)
    Run(game, config, run)
    rng, kills, resumes, restarts = random.Random(seed), [], 0, 0
    process = _start(run)
    print(f"{'kill':>4}  {'of':8} {'after':>6} {'at step':>8} {'steps lost':>10} {'games lost':>10} {'orphans':>8}")
    while len(kills) < count:
        kind = KINDS[len(kills) % len(KINDS)]
        begun = time.monotonic()
        time.sleep(rng.uniform(0.5, LATEST))
        while kind == "actor" and not _actors(process.pid) and process.poll() is None:
            time.sleep(0.02)
        if process.poll() is not None:
            print(f"the run ended before {count} kills: {process.stderr.read().decode() if process.stderr else ''}")
            return 1
        after, step, orphans = time.monotonic() - begun, _written(run, "step"), 0
        if kind == "actor":
            os.kill(rng.choice(_actors(process.pid)), signal.SIGKILL)
            steps, games = 0, config.selfplay.games
            restarts += 1
        else:
            (os.killpg if kind == "group" else os.kill)(process.pid, signal.SIGKILL)
            process.wait()
            orphans = _left_over(process.pid)
            steps, games = step - _kept(run)[0], _written(run, "games") - _kept(run)[1]
            process = _start(run)
            resumes += 1
        kill = Kill(kind, after, step, max(0, steps), max(0, games), orphans)
        kills.append(kill)
        print(
            f"{len(kills):>4}  {kill.kind:8} {kill.after:>5.1f}s {kill.step:>8,} {kill.steps:>10,} {kill.games:>10,} "
            f"{kill.orphans:>8}",
            flush=True,
        )
    _, errors = process.communicate()
    orphans = sum(kill.orphans for kill in kills) + _left_over(process.pid)
    seconds = max(float(row["seconds"]) for row in read_table(run / METRICS))
    print(
        f"\n{len(kills)} kills, {resumes} resumed by the same command, {restarts} actors killed alone; "
        f"{orphans} orphaned processes"
    )
    print(f"exit status {process.returncode} after {seconds:.0f} s learned, {_kept(run)[0]:,} steps")
    print(f"lost: {sum(kill.steps for kill in kills):,} steps, {sum(kill.games for kill in kills):,} games")
    last = read_table(run / EVALUATIONS)
    for row in [row for row in last if row["step"] == last[-1]["step"]]:
        print(f"strength at the end: {row['wins']}/{row['draws']}/{row['losses']} against {row['opponent']}")
    unfinished = [path.name for path in run.rglob(".*") if path.name != ".lock"]
    print(f"unfinished files: {', '.join(unfinished) or 'none'}")
    if process.returncode:
        print(errors.decode())
    return int(bool(process.returncode or orphans or unfinished))


def _start(run: Path) -> subprocess.Popen[bytes]:
    """The command that begins the run and goes on with it, in a process group and session of its own."""
    command = [sys.executable, "-m", "myoshu.cli", "train", GAME, "--run", str(run), "--quiet"]
    process = subprocess.Popen(command, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    atexit.register(_left_over, process.pid, patience=0.0)  # should this program be interrupted
    return process


def _kept(run: Path) -> tuple[int, int]:
    """Steps and games in the checkpoint."""
    if not (run / CHECKPOINT).exists():
        return 0, 0
    sections = read_checkpoint(run / CHECKPOINT)
    return int(sections["learner"]["steps"]), int(sections["replay"]["counts"][1])


def _written(run: Path, column: str) -> int:
    """The last number in a column of the metrics."""
    cells = [row[column] for row in read_table(run / METRICS) if row[column]]
    return int(float(cells[-1])) if cells else 0


def _members(session: int) -> list[int]:
    """The processes of a session that are alive."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == session and fields[0] not in "ZX":
            found.append(int(stat.parent.name))
    return found


def _actors(session: int) -> list[int]:
    """Those of them that multiprocessing started to play."""
    found = []
    for pid in _members(session):
        try:
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            continue
        if b"spawn_main" in command:
            found.append(pid)
    return found


def _left_over(session: int, patience: float = PATIENCE) -> int:
    """How many of a killed run's processes do not end by themselves; they are ended then."""
    limit = time.monotonic() + patience
    while (left := _members(session)) and time.monotonic() < limit:
        time.sleep(0.05)
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    return len(left)


if __name__ == "__main__":
    sys.exit(main())
