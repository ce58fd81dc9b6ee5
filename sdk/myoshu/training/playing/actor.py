"""Self-play in a separate process, and its handle in the learner's process. Knows no torch.

One pipe in each direction connects the two, with messages of a letter and msgpack; only the task, which holds the
user's own game, is pickled::

    learner → actor   B task               begin; the first message
                      W weights            search with these from now on
                      P positions          search these again
                      Q                    stop
    actor → learner   R                    the task was understood, playing begins
                      G games              finished games, packed
                      T targets            results of positions searched again
                      A games              games abandoned: seed, moves, error, place of each
                      S moves, busy, MB    counters: moves played, share of its time the actor computed
                      N text               the actor ends because the network's answers are not finite
                      E text               the actor ends because of this error

The learner never waits for an actor: a thread reads what comes, another writes the task and the latest weights. (As
arguments of the process, the task would be written while the learner still holds the reading end of that pipe too: if
the new process died first, the write would never return.) An actor never outlives the learner: it watches for the end
of its parent process, for any reason. Nor do processes that the game started with ``multiprocessing`` outlive it.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import pickle
import queue
import signal
import sys
import threading
import time
import traceback
from collections import deque
from collections.abc import Mapping
from dataclasses import astuple, dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.reduction import ForkingPickler

import msgpack
import numpy as np
from numpy.typing import NDArray

from myoshu.errors import EvaluationError, MyoshuError, TrainingError
from myoshu.game import Game
from myoshu.runtime.evaluator import Evaluator
from myoshu.runtime.planner import Planner
from myoshu.search.config import SearchConfig
from myoshu.spec import ModelSpec
from myoshu.training.config import SelfPlayConfig
from myoshu.training.memory.trajectory import Trajectory, pack_trajectories, unpack_trajectories
from myoshu.training.playing.failures import AbandonedGame
from myoshu.training.playing.packing import pack_arrays, unpack_arrays
from myoshu.training.playing.reanalysis import Positions, Reanalysis, Targets
from myoshu.training.playing.selfplay import SelfPlay
from myoshu.training.resident import resident_megabytes

__all__ = ["Actor", "ActorTask", "Work", "end_if_imported", "new_work"]

REPORT_SECONDS = 0.25
"""Seconds between two reports of games and counters."""
IDLE_SECONDS = 0.05
"""Seconds that an actor without games waits for positions at a time."""
STOP_SECONDS = 5.0
"""Seconds that an actor may take to end when asked to; then it is terminated, and soon after killed."""
CHILD_SECONDS = 1.0
"""Seconds that a process started by the game may take to end when its actor does; then it is killed."""
ALONE = "a deterministic run needs no other process"
"""The advice for a game that is bound to one process."""
TERMINATED = 128 + signal.SIGTERM
"""Exit status of an actor that was ended by SIGTERM, as shells report it."""
IMPORTED = 79
"""Exit status of a process that was started as an actor and began to train by itself."""


@dataclass(frozen=True)
class ActorTask:
    """The task that an actor is started with."""

    game: Game
    """The rules; must survive pickling, since it is sent to a new process of this program."""
    model: ModelSpec
    """The graphs' inputs and outputs."""
    graphs: dict[str, bytes]
    """The graphs that play runs, their weights external."""
    weights: dict[str, NDArray[np.float32]]
    """The initial weights, by name."""
    selfplay: SelfPlayConfig
    """The settings of self-play."""
    search: SearchConfig
    """The settings of the search."""
    seed: tuple[int, ...]
    """Seed of everything random in this actor."""
    reanalyse: float = 0.0
    """Share of its searches that are of stored positions, in [0, 1]; 1 plays no games."""


@dataclass(frozen=True)
class Work:
    """The work of an actor, or of the learner's process in its place."""

    evaluator: Evaluator
    """The network, whose weights can be replaced."""
    selfplay: SelfPlay | None
    """The games, unless none are played."""
    reanalysis: Reanalysis
    """Stored positions, searched again."""


def new_work(task: ActorTask) -> Work:
    """The work of a task, ready to begin."""
    evaluator = Evaluator(task.model, task.graphs, providers="cpu", weights=task.weights)
    simulations = task.selfplay.simulations
    planner = Planner(evaluator, task.search, slots=task.selfplay.games, simulations=simulations)
    seed = np.random.SeedSequence(task.seed)
    reanalysis = Reanalysis(planner, task.search, simulations, seed=seed.spawn(1)[0])
    if task.reanalyse == 1.0:
        return Work(evaluator, None, reanalysis)
    return Work(evaluator, SelfPlay(task.game, planner, task.selfplay, task.search, seed=seed), reanalysis)


def end_if_imported() -> None:
    """End this process if it was started as an actor and is only importing the program that trains.

    A program that begins to train while it is imported would start actors that import it, and so on. The learner
    recognises such an end by its exit status and says what to do.
    """
    if getattr(multiprocessing.current_process(), "_inheriting", False):  # the same test as multiprocessing's own
        sys.exit(IMPORTED)


class Actor:
    """The learner's handle of one actor process.

    Raises:
        TrainingError: the game cannot be sent to another process, or no process can be started.
    """

    def __init__(self, task: ActorTask, name: str = "actor") -> None:
        end_if_imported()
        try:
            begin = b"B" + bytes(ForkingPickler.dumps(task))
        except Exception as error:
            raise TrainingError(
                f"{task.game.spec.name}: expected a game that can be sent to another process, got: {error}; {ALONE}"
            ) from error
        context = multiprocessing.get_context("spawn")
        self._incoming, theirs_out = context.Pipe(duplex=False)
        theirs_in, self._outgoing = context.Pipe(duplex=False)
        self._process = context.Process(target=_main, args=(theirs_in, theirs_out), name=name, daemon=True)
        try:
            self._process.start()
        except OSError as error:
            raise TrainingError(f"{name}: expected to start a process, got: {error}") from error
        finally:
            theirs_in.close()
            theirs_out.close()
        self.name = name
        self.moves = 0
        """Number of moves that it has played."""
        self.busy = 0.0
        """Recent share of its time spent computing, in [0, 1]."""
        self.memory = 0.0
        """Megabytes of memory that its process holds."""
        self.begun = False
        """Whether it has understood its task and plays."""
        self.lost = False
        """Whether the process was ended from outside, so that a new one may succeed."""
        self.waiting = 0
        """Number of positions sent to be searched again whose targets have not arrived yet."""
        self._games: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._abandoned: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._targets: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._letters: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._weights: deque[bytes] = deque(maxlen=1)
        self._failure: str | None = None
        self._blown = False
        self._stopping = False
        self._letters.put(begin)
        self._reader = threading.Thread(target=self._read, name=f"{name} reader", daemon=True)
        self._writer = threading.Thread(target=self._write, name=f"{name} writer", daemon=True)
        self._reader.start()
        self._writer.start()

    @property
    def pid(self) -> int:
        """The process id."""
        assert self._process.pid is not None
        return self._process.pid

    def send(self, weights: Mapping[str, NDArray[np.float32]]) -> None:
        """Have the actor search with these weights soon; weights that it has not received yet are dropped."""
        self._weights.append(pack_arrays(weights))
        self._letters.put(b"W")

    def renew(self, positions: Positions) -> None:
        """Have the actor search these positions again, at most as many as it plays games at once."""
        self.waiting += len(positions)
        self._letters.put(b"P" + pack_arrays(vars(positions)))

    def receive(self) -> list[Trajectory]:
        """The games that arrived since the last call. Does not wait.

        Raises:
            EvaluationError: the network's answers are not finite.
            TrainingError: the actor failed otherwise; the message says why.
        """
        if self._failure is None and not self._stopping and not (self._reader.is_alive() and self._process.is_alive()):
            self._bury()
        records: list[Trajectory] = []
        with contextlib.suppress(queue.Empty):
            while True:
                records += unpack_trajectories(self._games.get_nowait())
        if self._failure is not None and not self._stopping and not records:
            raise (EvaluationError if self._blown else TrainingError)(f"{self.name}: {self._failure}")
        return records

    def abandoned(self) -> list[AbandonedGame]:
        """The games that it has abandoned since the last call. Does not wait."""
        games: list[AbandonedGame] = []
        with contextlib.suppress(queue.Empty):
            while True:
                for seed, moves, *rest in msgpack.unpackb(self._abandoned.get_nowait()):
                    games.append(AbandonedGame(seed, tuple(moves), *rest))
        return games

    def targets(self) -> list[Targets]:
        """The targets of positions searched again since the last call. Does not wait."""
        found: list[Targets] = []
        with contextlib.suppress(queue.Empty):
            while True:
                found.append(Targets(**unpack_arrays(self._targets.get_nowait())))
                self.waiting -= len(found[-1].serials)
        return found

    def ask_to_stop(self) -> None:
        """Ask the process to end. Does not wait."""
        if not self._stopping:
            self._stopping = True
            self._letters.put(b"Q")

    def stop(self) -> None:
        """End the process, and wait until it has ended."""
        self.ask_to_stop()
        for seconds, end in ((STOP_SECONDS, self._process.terminate), (2.0 * CHILD_SECONDS, self._process.kill)):
            self._process.join(seconds)
            if self._process.is_alive():
                end()
        self._process.join()
        for thread in (self._reader, self._writer):
            thread.join(STOP_SECONDS)
        for connection in (self._incoming, self._outgoing):
            connection.close()
        self._process.close()

    def _bury(self) -> None:
        """Find out why the process ended. Its last message, if there is one, may still be on its way."""
        self._process.join(STOP_SECONDS)
        self._reader.join(STOP_SECONDS)
        if self._failure is not None:
            return
        status = self._process.exitcode
        if status == IMPORTED:
            self._failure = (
                "the program that trains was imported to start this process, and began to train there too: "
                'put what it does under `if __name__ == "__main__":`'
            )
        elif not self.begun and status not in (None, TERMINATED) and status > 0:
            self._failure = (
                f"the process ended with exit status {status} while it started; what it printed says why. It imports "
                "the program that trains, which must be a file that can be imported and does its work under "
                f'`if __name__ == "__main__":`; {ALONE}'
            )
        else:
            self.lost = True
            self._failure = "the process ended without saying why (was it killed, or out of memory?)"

    def _write(self) -> None:
        while True:
            letter = self._letters.get()
            if letter == b"W":
                try:
                    letter += self._weights.pop()
                except IndexError:  # they went with an earlier message
                    continue
            try:
                self._outgoing.send_bytes(letter)
            except OSError:
                return
            if letter == b"Q":
                return

    def _read(self) -> None:
        with contextlib.suppress(EOFError, OSError):
            while True:
                message = self._incoming.recv_bytes()
                kind, body = message[:1], message[1:]
                if kind == b"G":
                    self._games.put(body)
                elif kind == b"T":
                    self._targets.put(body)
                elif kind == b"A":
                    self._abandoned.put(body)
                elif kind == b"S":
                    self.moves, self.busy, self.memory = msgpack.unpackb(body)
                elif kind == b"R":
                    self.begun = True
                else:
                    self._blown = kind == b"N"
                    self._failure = body.decode("utf-8", "replace")
                    return


def _main(incoming: Connection, outgoing: Connection) -> None:
    """The main function of the actor's process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED))
    multiprocessing.current_process().daemon = False  # a daemon may have no children, and a game may need some
    threading.Thread(target=_end_with_parent, name="parent watch", daemon=True).start()
    try:
        _play(_received(incoming), incoming, outgoing)
    except (BrokenPipeError, EOFError):
        return
    except EvaluationError as error:
        _say(outgoing, b"N", str(error))
    except MyoshuError as error:
        _say(outgoing, b"E", str(error))
    except Exception:  # noqa: BLE001 -- user code may raise anything; the learner reports it
        _say(outgoing, b"E", traceback.format_exc())
    finally:
        _end_children()


def _received(incoming: Connection) -> ActorTask:
    """Read the task.

    Raises:
        TrainingError: its game cannot be created here.
    """
    letter = incoming.recv_bytes()
    try:
        task: ActorTask = pickle.loads(letter[1:])
    except Exception as error:
        raise TrainingError(
            f"expected a game that can be made again in another process, got {type(error).__name__}: {error}; {ALONE}"
        ) from error
    return task


def _play(task: ActorTask, incoming: Connection, outgoing: Connection) -> None:
    work = new_work(task)
    outgoing.send_bytes(b"R")
    selfplay, share = work.selfplay, task.reanalyse
    finished: list[Trajectory] = []
    stored: deque[Positions] = deque()
    owed = 0.0
    reported, computed = time.perf_counter(), time.process_time()
    while True:
        while incoming.poll(IDLE_SECONDS if selfplay is None and not stored else 0.0):
            letter = incoming.recv_bytes()
            if letter == b"Q":
                return
            if letter[:1] == b"P":
                stored.append(Positions(**unpack_arrays(letter[1:])))
            else:
                work.evaluator.replace(unpack_arrays(letter[1:]))
        if selfplay is not None:
            played = selfplay.moves
            finished += selfplay.play()
            owed += (selfplay.moves - played) * share / (1.0 - share)
        while stored and (selfplay is None or owed >= len(stored[0])):
            positions = stored.popleft()
            owed -= len(positions)
            outgoing.send_bytes(b"T" + pack_arrays(vars(work.reanalysis.renew(positions))))
            if selfplay is None:
                break
        if not stored:
            owed = min(owed, task.selfplay.games)
        if selfplay is not None and selfplay.abandoned:
            outgoing.send_bytes(b"A" + msgpack.packb([astuple(game) for game in selfplay.abandoned]))
            selfplay.abandoned.clear()
        now = time.perf_counter()
        if now - reported >= REPORT_SECONDS:
            busy = (time.process_time() - computed) / (now - reported)
            moves = 0 if selfplay is None else selfplay.moves
            outgoing.send_bytes(b"S" + msgpack.packb([moves, busy, resident_megabytes()]))
            if finished:
                outgoing.send_bytes(b"G" + pack_trajectories(finished))
                finished = []
            reported, computed = time.perf_counter(), time.process_time()


def _say(outgoing: Connection, kind: bytes, text: str) -> None:
    with contextlib.suppress(OSError):
        outgoing.send_bytes(kind + text.encode())


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    wait([parent.sentinel])
    _end_children()
    os._exit(1)


def _end_children() -> None:
    """End the processes that the game started with ``multiprocessing``."""
    children = multiprocessing.active_children()
    for child in children:
        child.terminate()
    for child in children:
        child.join(CHILD_SECONDS)
        child.kill()
