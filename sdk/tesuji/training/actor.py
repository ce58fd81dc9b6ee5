"""Self-play in a process of its own, and its handle in the learner's process. Knows no torch.

Between the two runs one pipe in each direction, with messages of a letter and msgpack (no pickle)::

    learner → actor   W weights            play with these from now on
                      Q                    stop
    actor → learner   G games              finished games, packed
                      S moves, busy        counters: moves played, share of its time the actor computed
                      E text               the actor ends because of this error

The learner never waits for an actor: a thread reads what comes, another writes the latest weights. An actor never
outlives the learner: it watches for the end of its parent process, however that came.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import queue
import signal
import threading
import time
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait

import msgpack
import numpy as np
from numpy.typing import NDArray

from tesuji.errors import TesujiError, TrainingError
from tesuji.game import Game
from tesuji.runtime.evaluator import Evaluator
from tesuji.runtime.planner import Planner
from tesuji.search.config import SearchConfig
from tesuji.spec import ModelSpec
from tesuji.training.config import SelfPlayConfig
from tesuji.training.selfplay import SelfPlay
from tesuji.training.trajectory import Trajectory, pack_trajectories, unpack_trajectories

__all__ = ["Actor", "ActorTask", "new_selfplay"]

REPORT_SECONDS = 0.25
"""Games and counters are sent this often."""
STOP_SECONDS = 5.0
"""How long an actor may take to end when told to; then it is terminated."""


@dataclass(frozen=True)
class ActorTask:
    """What an actor is started with."""

    game: Game
    """The rules; must survive pickling, since it is sent to a new process of this program."""
    model: ModelSpec
    """The graphs' inputs and outputs."""
    initial: bytes
    """The initial graph, its weights external."""
    recurrent: bytes
    """The recurrent graph, its weights external."""
    weights: dict[str, NDArray[np.float32]]
    """The first weights."""
    selfplay: SelfPlayConfig
    """How to play."""
    search: SearchConfig
    """How to search."""
    seed: tuple[int, ...]
    """Of everything random in this actor."""


def new_selfplay(task: ActorTask) -> tuple[Evaluator, SelfPlay]:
    """Self-play as the task says, with the evaluator whose weights can be replaced."""
    evaluator = Evaluator(task.model, task.initial, task.recurrent, providers="cpu", weights=task.weights)
    planner = Planner(evaluator, task.search, slots=task.selfplay.games, simulations=task.selfplay.simulations)
    seed = np.random.SeedSequence(task.seed)
    return evaluator, SelfPlay(task.game, planner, task.selfplay, task.search, seed=seed)


class Actor:
    """The learner's handle of one actor process.

    Raises:
        TrainingError: the game cannot be sent to another process.
    """

    def __init__(self, task: ActorTask, name: str = "actor") -> None:
        context = multiprocessing.get_context("spawn")
        self._incoming, theirs_out = context.Pipe(duplex=False)
        theirs_in, self._outgoing = context.Pipe(duplex=False)
        self._process = context.Process(target=_main, args=(task, theirs_in, theirs_out), name=name, daemon=True)
        try:
            self._process.start()
        except Exception as error:
            raise TrainingError(
                f"{task.game.spec.name}: expected a game that can be sent to another process, got: {error}; "
                "a deterministic run needs no other process"
            ) from error
        finally:
            theirs_in.close()
            theirs_out.close()
        self.name = name
        self.moves = 0
        """Moves it has played."""
        self.busy = 0.0
        """Share of its time in which it computed, lately."""
        self._games: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._letters: queue.Queue[bytes] = queue.Queue(maxsize=1)
        self._failure: str | None = None
        self._stopping = False
        self._reader = threading.Thread(target=self._read, name=f"{name} reader", daemon=True)
        self._writer = threading.Thread(target=self._write, name=f"{name} writer", daemon=True)
        self._reader.start()
        self._writer.start()

    @property
    def pid(self) -> int:
        """The process's number."""
        assert self._process.pid is not None
        return self._process.pid

    def send(self, weights: Mapping[str, NDArray[np.float32]]) -> None:
        """Have the actor play with these weights soon; weights that it did not yet get are dropped."""
        self._post(b"W" + _pack_weights(weights))

    def receive(self) -> list[Trajectory]:
        """The games that came since the last call. Does not wait.

        Raises:
            TrainingError: the actor failed; the message says why.
        """
        records: list[Trajectory] = []
        with contextlib.suppress(queue.Empty):
            while True:
                records += unpack_trajectories(self._games.get_nowait())
        if self._failure is not None and not self._stopping:
            raise TrainingError(f"{self.name}: {self._failure}")
        return records

    def stop(self) -> None:
        """End the process, and wait until it has ended."""
        self._stopping = True
        self._post(b"Q")
        self._process.join(STOP_SECONDS)
        if self._process.is_alive():
            self._process.terminate()
            self._process.join()
        self._post(b"Q")
        for thread in (self._reader, self._writer):
            thread.join(STOP_SECONDS)
        for connection in (self._incoming, self._outgoing):
            connection.close()
        self._process.close()

    def _post(self, letter: bytes) -> None:
        with contextlib.suppress(queue.Empty):
            self._letters.get_nowait()
        with contextlib.suppress(queue.Full):
            self._letters.put_nowait(letter)

    def _write(self) -> None:
        while True:
            letter = self._letters.get()
            try:
                self._outgoing.send_bytes(letter)
            except OSError:
                return
            if letter == b"Q":
                return

    def _read(self) -> None:
        try:
            while True:
                message = self._incoming.recv_bytes()
                kind, body = message[:1], message[1:]
                if kind == b"G":
                    self._games.put(body)
                elif kind == b"S":
                    self.moves, self.busy = msgpack.unpackb(body)
                else:
                    self._failure = body.decode("utf-8", "replace")
                    return
        except (EOFError, OSError):
            self._failure = "the process ended without saying why (was it killed, or out of memory?)"


def _main(task: ActorTask, incoming: Connection, outgoing: Connection) -> None:
    """The actor's process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, name="parent watch", daemon=True).start()
    try:
        _play(task, incoming, outgoing)
    except (BrokenPipeError, EOFError):
        return
    except TesujiError as error:
        _say(outgoing, str(error))
    except Exception:  # noqa: BLE001 -- whatever it is, the learner must hear of it
        _say(outgoing, traceback.format_exc())


def _play(task: ActorTask, incoming: Connection, outgoing: Connection) -> None:
    evaluator, selfplay = new_selfplay(task)
    finished: list[Trajectory] = []
    reported, computed = time.perf_counter(), time.process_time()
    while True:
        while incoming.poll():
            letter = incoming.recv_bytes()
            if letter == b"Q":
                return
            evaluator.replace(_unpack_weights(letter[1:]))
        finished += selfplay.play()
        now = time.perf_counter()
        if now - reported >= REPORT_SECONDS:
            busy = (time.process_time() - computed) / (now - reported)
            outgoing.send_bytes(b"S" + msgpack.packb([selfplay.moves, busy]))
            if finished:
                outgoing.send_bytes(b"G" + pack_trajectories(finished))
                finished = []
            reported, computed = time.perf_counter(), time.process_time()


def _say(outgoing: Connection, text: str) -> None:
    with contextlib.suppress(OSError):
        outgoing.send_bytes(b"E" + text.encode())


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    wait([parent.sentinel])
    os._exit(1)


def _pack_weights(weights: Mapping[str, NDArray[np.float32]]) -> bytes:
    packed: bytes = msgpack.packb({name: [list(array.shape), array.tobytes()] for name, array in weights.items()})
    return packed


def _unpack_weights(packed: bytes) -> dict[str, NDArray[np.float32]]:
    message = msgpack.unpackb(packed)
    return {name: np.frombuffer(data, np.float32).reshape(shape) for name, (shape, data) in message.items()}
