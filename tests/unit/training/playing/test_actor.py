"""Actors: another process that plays without torch, dies with its parent, and says why it failed."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import textwrap
import time
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest
from tests.processes import alive, spawned
from tests.unit.training.flaky_game import Helped, Unique
from tests.unit.training.tasks import make_task
from tests.waiting import wait_until

from myoshu.errors import TrainingError
from myoshu.game import Game
from myoshu.training import TrainingConfig
from myoshu.training.memory.replay import Replay
from myoshu.training.playing.actor import Actor
from myoshu.training.playing.actor_source import ActorSource
from myoshu.training.playing.local_source import LocalSource

LONG = tuple(range(100_000))
"""A seed that makes a task longer than what a pipe holds."""


FREE = (
    "budget checkpoint config folder footprint interrupts learning.augmentation learning.targets "
    "networks.action_planes networks.architecture presets randomness settings strength.games "
    "strength.opponents telling.progress"
)
"""What needs no torch, beside the rooms in which nothing does."""


def test_what_an_actor_needs_loads_no_torch() -> None:
    program = (
        "import pkgutil, sys\nfrom myoshu.training import memory, playing\n"
        "rooms = [each.name for room in (memory, playing) "
        "for each in pkgutil.iter_modules(room.__path__, room.__name__ + '.')]\n"
        "assert 'myoshu.training.playing.actor' in rooms, rooms\n"
        f"for name in rooms + ['myoshu.training.' + name for name in {FREE.split()!r}]: __import__(name)\n"
        "print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()).isdisjoint({"torch", "onnx", "onnxscript", "tensorboard", "matplotlib", "rich"})


@pytest.mark.slow
def test_an_actor_plays_and_takes_weights(game: Game, config: TrainingConfig) -> None:
    task = make_task(game, config)
    actor = Actor(task)
    try:
        records = []
        wait_until(lambda: bool(records.extend(actor.receive()) or records))
        assert all(len(record) for record in records)
        for _ in range(3):
            actor.send(task.weights)
        wait_until(lambda: actor.moves > 0 and actor.busy > 0)
        more: list[object] = []
        wait_until(lambda: bool(more.extend(actor.receive()) or more))
    finally:
        pid = actor.pid
        actor.stop()
    assert not alive(pid)


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.75, 1.0])
def test_actors_renew_what_is_stored(game: Game, config: TrainingConfig, share: float) -> None:
    task = replace(make_task(game, config), reanalyse=share)
    local = LocalSource(make_task(game, config))
    replay = Replay(game.spec, 1000)
    for _ in range(40):
        for trajectory in local.receive():
            replay.add([trajectory])
    before = replay.policies(np.arange(len(replay)))
    source = ActorSource([task])
    try:
        counts: list[tuple[int, int]] = []

        def renewed() -> bool:
            source.receive()
            source.renew(replay)
            counts.append((replay.renewed, source.moves()))
            return replay.renewed > 20_000 and source.busy() > 0

        wait_until(renewed)
    finally:
        source.stop()
    assert (replay.policies(np.arange(len(replay))) != before).any(-1).mean() > 0.5
    np.testing.assert_allclose(replay.policies(np.arange(len(replay))).sum(-1), 1.0, atol=1e-5)
    if share == 1.0:
        assert counts[-1][1] == 0
    else:
        first = next(count for count in counts if count[1] > 0)
        renewals, moves = (last - before for last, before in zip(counts[-1], first, strict=True))
        assert 0.6 < renewals / (3.0 * moves) < 1.6


@pytest.mark.slow
def test_what_is_renewed_is_still_remembered(game: Game, config: TrainingConfig) -> None:
    source = ActorSource([replace(make_task(game, config), reanalyse=0.5)])
    replay = Replay(game.spec, 1000)
    try:

        def long_renewed() -> bool:
            for trajectory in source.receive():
                replay.add([trajectory])
            source.renew(replay)
            return replay.added > 20_000 and replay.renewed > 5_000  # how many come too late is the machine's affair

        wait_until(long_renewed)
    finally:
        source.stop()


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="a process's children are read from /proc")
def test_actors_do_not_outlive_a_killed_learner(tmp_path: Path) -> None:
    program = textwrap.dedent(
        """
        import sys, time
        from pathlib import Path
        import msgspec
        from myoshu.training import preset
        from myoshu.training.run import Run
        from myoshu_engines import load_game

        if __name__ == "__main__":
            game = load_game("openspiel:tic_tac_toe")
            Run(game, preset(game.spec), Path(sys.argv[1]), cores=3).train()
        """
    )
    script = tmp_path / "learn.py"
    script.write_text(program)
    learner = subprocess.Popen([sys.executable, str(script), str(tmp_path / "run")])
    try:
        wait_until(lambda: len(spawned(learner.pid)) == 2)
        actors = spawned(learner.pid)
        wait_until((tmp_path / "run" / "metrics.csv").exists)
    finally:
        learner.kill()
        learner.wait()
    wait_until(lambda: not any(alive(pid) for pid in actors))


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is POSIX's")
def test_an_actor_that_is_killed_is_started_anew(
    game: Game, config: TrainingConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("myoshu.training.playing.actor_source.RESTARTS", 2)
    notes: list[str] = []
    source = ActorSource([make_task(game, config)] * 2, notes.append)
    try:
        games: list[object] = []
        while len(notes) < 2:
            before, known = source.moves(), len(notes)
            wait_until(lambda: bool(games.extend(source.receive()) or source._actors[1].moves > 0))
            os.kill(source._actors[1].pid, signal.SIGKILL)
            while len(notes) == known:
                games.extend(source.receive())
                time.sleep(0.02)
            assert source.moves() > before
        assert re.match(r"actor 1: the process ended without .*; restarted, up to 8 games .* are lost", notes[0])
        reached = len(games)
        wait_until(lambda: bool(games.extend(source.receive()) or source._actors[1].moves > 0))
        wait_until(lambda: bool(games.extend(source.receive()) or len(games) > reached + 20))
        os.kill(source._actors[1].pid, signal.SIGKILL)
        with pytest.raises(TrainingError, match="expected actors that keep running, 3 ended within"):
            wait_until(lambda: source.receive() is None)
    finally:
        pids = [actor.pid for actor in source._actors]
        source.stop()
    assert not any(map(alive, pids))


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is POSIX's")
def test_an_actor_that_is_killed_while_it_starts_is_started_anew(game: Game, config: TrainingConfig) -> None:
    notes: list[str] = []
    source = ActorSource([replace(make_task(game, config), seed=LONG)], notes.append)
    try:
        assert not source.begun()
        os.kill(source._actors[0].pid, signal.SIGKILL)
        wait_until(lambda: bool(source.receive() or notes))
        assert "ended without saying why" in notes[0]
        wait_until(lambda: source.receive() is not None and source.begun())
    finally:
        source.stop()


@pytest.mark.slow
def test_a_game_that_cannot_be_made_twice_is_an_error(config: TrainingConfig) -> None:
    task = make_task(Unique(), msgspec.structs.replace(config, game="python:flaky"))
    source = ActorSource([replace(task, seed=LONG)])
    try:
        with pytest.raises(TrainingError, match="made again in another process, got OSError: the port is taken; a det"):
            wait_until(lambda: source.receive() is None)
    finally:
        source.stop()


UNGUARDED = """
import sys
from pathlib import Path
from myoshu.training import preset
from myoshu.training.run import Run
from myoshu_engines import load_game

{how}
game = load_game("openspiel:tic_tac_toe")
Run(game, preset(game.spec), Path(sys.argv[1]), cores=3).train()
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("", r'began to train there too: put what it does under `if __name__ == "__main__":`\n$'),
        ("assert __name__ == '__main__'", r"the process ended with exit status 1 while it started; what it printed"),
        ("if __name__ != '__main__': sys.exit(3)", r"the process ended with exit status 3 while it started; what it"),
    ],
)
def test_a_program_that_actors_cannot_import_is_told_so(tmp_path: Path, how: str, message: str) -> None:
    script = tmp_path / "learn.py"
    script.write_text(UNGUARDED.format(how=how))
    done = subprocess.run(
        [sys.executable, str(script), str(tmp_path / "run")], capture_output=True, text=True, timeout=500
    )
    assert done.returncode == 1
    assert re.search(message, done.stderr)
    assert done.stderr.count("Traceback") == (1 if "exit" in how or not how else 3)


HELPED = """
import sys
sys.path.append({folder!r})
import msgspec
from pathlib import Path
from tests.unit.training.flaky_game import Helped
from myoshu.training import preset
from myoshu.training.run import Run

if __name__ == "__main__":
    game = Helped(share=0.0, folder=sys.argv[2])
    Run(game, preset(game.spec), Path(sys.argv[1]), cores=2).train()
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="whether a process lives is read from /proc")
def test_processes_that_a_game_starts_end_with_its_actor(config: TrainingConfig, tmp_path: Path) -> None:
    def helper(folder: Path, *others: str) -> int:
        """The first that is not of one of the other processes; the learner plays a little before its actors do."""
        found: list[int] = []

        def look() -> bool:
            found.extend(
                int(text)
                for file in folder.glob("helper-of-*")
                if file.name.rpartition("-")[2] not in others and (text := file.read_text()).endswith(" ")
            )
            return bool(found)

        wait_until(look)
        return found[0]

    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    game = Helped(share=0.0, folder=str(first))
    actor = Actor(make_task(game, msgspec.structs.replace(config, game="python:flaky")))
    try:
        wait_until(lambda: bool(actor.receive()))
        stopped = helper(first)
        assert alive(stopped)
    finally:
        actor.stop()
    wait_until(lambda: not alive(stopped))

    script = tmp_path / "learn.py"
    script.write_text(HELPED.format(folder=str(Path(__file__).parents[4])))
    learner = subprocess.Popen([sys.executable, str(script), str(tmp_path / "run"), str(second)])
    try:
        orphan = helper(second, str(learner.pid))
        assert alive(orphan)
    finally:
        learner.kill()
        learner.wait()
        for file in second.glob(f"helper-of-{learner.pid}"):  # nothing can end this one, where the learner is killed
            os.kill(int(file.read_text()), signal.SIGKILL)
    wait_until(lambda: not alive(orphan))
