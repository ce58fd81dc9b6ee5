"""What the socket costs: an agent served over TCP on the loopback interface beside the same search in process.

The server is ``myoshu serve`` in a process of its own; the client, a plain one, is here. Four figures:

- ``think``: a think with 1 simulation on mlp64, there and back, one at a time; beside it :meth:`Session.play` here, and
  what 300 bytes take there and back between two processes that do nothing else: no server is faster than both together.
- ``sessions``: 64 sessions of mlp256 that think at once, 50 simulations each, again and again; beside it the batched
  search of 64 trees here, measured alternating with it. ``by the clock`` is the ratio of moves a second; ``by CPU`` the
  ratio of processor time a move, which other programs on the machine disturb less.
- ``limit``: the same with 50 ms a move: by how much answers are late, as the client sees it.
- ``crowd``: 1,000 open sessions of mlp64 on 20 connections, 200 thinking at once, each again and again in turn: the
  longest wait of any session for a move against the median, and the server's resident memory at the beginning and the
  end. ``--minutes`` says how long; ten seconds if it does not.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import select
import socket
import statistics
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import numpy as np

import myoshu
from myoshu.discovery import Discovery
from myoshu.protocol import Connection, Role, Tensor
from myoshu.protocol.messages import Hello, Open, Opened, Result, Think, Welcome
from myoshu.runtime.evaluator import Evaluator
from myoshu.runtime.planner import Planner
from myoshu.search import SearchConfig
from myoshu.testing.networks import Network, mlp64, mlp256, write_bundle

SIMULATIONS = 50
THINKS = 2000
TURNS, SECONDS = 4, 2.0
SESSIONS = 64
CROWD, CONNECTIONS, THINKING = 1000, 20, 200


class Server:
    """``myoshu serve`` in a process of its own."""

    def __init__(self, folder: Path, network: Network) -> None:
        self.bundle = write_bundle(folder / "agent.myoshu", network)
        here = folder / "server.json"
        command = [sys.executable, "-m", "myoshu.cli", "serve", str(self.bundle), "--discovery", str(here)]
        command += ["--provider", "cpu", "--log", "error"]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        if not self._process.stdout.readline():
            raise SystemExit("the server did not start")
        self.port = int(str(Discovery.read(here).tcp).rpartition(":")[2])

    def seconds(self) -> float:
        """Processor time that it has taken."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def megabytes(self) -> float:
        """Resident memory."""
        pages = int(Path(f"/proc/{self._process.pid}/statm").read_text(encoding="ascii").split()[1])
        return pages * resource.getpagesize() / 2**20

    def end(self) -> None:
        """Stop it."""
        with self._process:
            self._process.terminate()


@contextmanager
def serving(network: Network) -> Iterator[Server]:
    """A server under way."""
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder), network)
        try:
            yield server
        finally:
            server.end()


class Client:
    """One connection, and the sessions that it has."""

    def __init__(self, port: int, sessions: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._connection = Connection(Role.PLAYER, dials=True)
        self._id = 0
        self.say(Hello(proto=(1, 1), role="player", heartbeat=0.0))
        assert isinstance(self.hear(), Welcome)
        for number in range(sessions):
            self.say(Open(id=self.next_id(), seed=number))
            assert isinstance(self.hear(), Opened)

    def next_id(self) -> int:
        """An id that was not used."""
        self._id += 1
        return self._id

    def say(self, message: Any) -> None:
        """Send."""
        self.socket.sendall(self._connection.send(message))

    def think(self, session: int, observation: Tensor, **limit: Any) -> int:
        """Ask for a move; returns the request's id."""
        number = self.next_id()
        self.say(Think(id=number, session=session, obs=observation, **limit))
        return number

    def hear(self) -> Any:
        """The next message."""
        while (event := self._connection.next()) is None:
            self._connection.feed(self.socket.recv(1 << 16))
        return event

    def heard(self) -> list[Any]:
        """What has come; at least some bytes must be there."""
        self._connection.feed(self.socket.recv(1 << 16))
        events: list[Any] = []
        while (event := self._connection.next()) is not None:
            events.append(event)
        return events


def share(values: list[float], part: float) -> float:
    """The value below which this part of the values lies."""
    return sorted(values)[min(len(values) - 1, int(part * len(values)))]


def observation_of(network: Network) -> np.ndarray[Any, Any]:
    return np.random.default_rng(0).standard_normal(network.model.observation).astype(np.float32)


ECHO = """
import socket, sys
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
peer = listener.accept()[0]
peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
while data := peer.recv(65536):
    peer.sendall(data)
"""


@contextmanager
def echoing() -> Iterator[socket.socket]:
    """A connection to a process that does nothing but say everything again."""
    with subprocess.Popen([sys.executable, "-c", ECHO], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        with socket.create_connection(("127.0.0.1", int(process.stdout.readline()))) as peer:
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            yield peer


def think() -> bool:
    """Round trip of a think with 1 simulation."""
    network = mlp64()
    observation = observation_of(network)
    limit = myoshu.Limit(simulations=1)
    there, here, bare = [], [], []
    with serving(network) as server, echoing() as echo:
        client = Client(server.port, 1)
        session = myoshu.load(server.bundle, "cpu").new_session(seed=0)
        tensor = Tensor.of(observation)
        for turn in range(THINKS + 200):
            begin = perf_counter()
            client.think(0, tensor, simulations=1)
            client.hear()
            between = perf_counter()
            session.play(observation, limit=limit)
            after = perf_counter()
            echo.sendall(bytes(300))
            echo.recv(1 << 16)
            if turn >= 200:
                there.append(1e3 * (between - begin))
                here.append(1e3 * (after - between))
                bare.append(1e3 * (perf_counter() - after))
            if turn == 200:
                before = server.seconds()
        cost = 1e3 * (server.seconds() - before) / THINKS
    p50, p99 = share(there, 0.5), share(there, 0.99)
    late = p50 > 0.4 or p99 > 2.0
    print(
        f"think     p50 {p50:.3f} ms (at most 0.4), p99 {p99:.3f} ms (at most 2); "
        f"in process p50 {share(here, 0.5):.3f}, p99 {share(here, 0.99):.3f}, "
        f"300 bytes there and back p50 {share(bare, 0.5):.3f}; server {cost:.3f} ms CPU{'   missed' if late else ''}",
        flush=True,
    )
    return not late


def played(client: Client, tensor: Tensor, seconds: float, **limit: Any) -> tuple[int, list[float]]:
    """All sessions think again and again for a while; how many moves, and how long each took."""
    asked = {client.think(session, tensor, **limit): (session, perf_counter()) for session in range(SESSIONS)}
    moves, took = 0, []
    end = perf_counter() + seconds
    while asked:
        for result in client.heard():
            assert isinstance(result, Result), result
            session, begin = asked.pop(result.id)
            took.append(perf_counter() - begin)
            moves += 1
            if perf_counter() < end:
                asked[client.think(session, tensor, **limit)] = session, perf_counter()
    return moves, took


def sessions() -> bool:
    """64 sessions at once against the batched search of 64 trees, and answers within a time limit."""
    network = mlp256()
    observation = observation_of(network)
    evaluator = Evaluator(network.model, network.graphs, providers="cpu")
    planner = Planner(evaluator, SearchConfig(), slots=SESSIONS, simulations=SIMULATIONS)
    observations, slots = np.stack([observation] * SESSIONS), np.arange(SESSIONS)

    def search() -> None:
        planner.open(slots, observations)
        planner.run()
        planner.results(slots)

    with serving(network) as server:
        client, tensor = Client(server.port, SESSIONS), Tensor.of(observation)
        played(client, tensor, 0.5, simulations=SIMULATIONS)
        clock, work = [], []
        for _ in range(TURNS):
            begin, cpu, rounds = perf_counter(), process_time(), 0
            while perf_counter() < begin + SECONDS:
                search()
                rounds += 1
            here = rounds * SESSIONS / (perf_counter() - begin)
            cost = (process_time() - cpu) / (rounds * SESSIONS)
            begin, cpu = perf_counter(), server.seconds()
            moves, _ = played(client, tensor, SECONDS, simulations=SIMULATIONS)
            clock.append(moves / (perf_counter() - begin) / here)
            work.append(cost * moves / (server.seconds() - cpu))
        _, took = played(client, tensor, 4.0, time=0.05)
        over = [1e3 * (each - 0.05) for each in took]
    ratio, late = statistics.median(clock), share(over, 0.99)
    few, slow = ratio < 0.7, late > 10.0
    print(
        f"sessions  {100 * ratio:.0f}% of the moves/s in process by the clock (at least 70%), "
        f"{100 * statistics.median(work):.0f}% by CPU; {here:,.0f} moves/s here{'   missed' if few else ''}"
    )
    print(
        f"limit     p50 {share(over, 0.5):+.1f} ms, p99 {late:+.1f} ms (at most +10), of {len(over):,} moves of 50 ms"
        f"{'   missed' if slow else ''}",
        flush=True,
    )
    return not few and not slow


def crowd(seconds: float) -> bool:
    """Many open sessions, a part of which think at once."""
    network = mlp64()
    tensor = Tensor.of(observation_of(network))
    each = CROWD // CONNECTIONS
    with serving(network) as server:
        clients = {client.socket.fileno(): client for client in (Client(server.port, each) for _ in range(CONNECTIONS))}
        resting = {fd: deque(range(each)) for fd in clients}
        asked: dict[tuple[int, int], tuple[int, float]] = {}
        took: dict[tuple[int, int], list[float]] = {(fd, number): [] for fd in clients for number in range(each)}

        def ask(fd: int) -> None:
            session = resting[fd].popleft()
            asked[fd, clients[fd].think(session, tensor, simulations=SIMULATIONS)] = session, perf_counter()

        poll = select.poll()
        for fd in clients:
            poll.register(fd, select.POLLIN)
            for _ in range(THINKING // CONNECTIONS):
                ask(fd)
        begin, first = perf_counter(), 0.0
        while asked:
            ready = poll.poll()
            random.shuffle(ready)  # who is answered first asks again first: it should not always be the same
            for fd, _ in ready:
                for result in clients[fd].heard():
                    assert isinstance(result, Result), result
                    session, since = asked.pop((fd, result.id))
                    took[fd, session].append(perf_counter() - since)
                    resting[fd].append(session)
                    if perf_counter() < begin + seconds or not all(took.values()):
                        ask(fd)
            if not first and all(took.values()):
                first = server.megabytes()
        last = server.megabytes()
    waits = [1e3 * wait for each_one in took.values() for wait in each_one]
    middle, longest = statistics.median(waits), max(waits)
    moves = [len(each_one) for each_one in took.values()]
    wrong = longest > max(5 * middle, 1000.0) or max(moves) > min(moves) + max(2, min(moves) // 4) or last > 1.1 * first
    print(
        f"crowd     {len(waits):,} moves in {perf_counter() - begin:.0f} s, {min(moves)} to {max(moves)} a session; "
        f"wait p50 {middle:.0f} ms, longest {longest:.0f} ms; resident {first:.0f} MB, at the end {last:.0f} MB"
        f"{'   missed' if wrong else ''}",
        flush=True,
    )
    return not wrong


def main() -> int:
    parser = argparse.ArgumentParser(description="What the socket costs.")
    parser.add_argument("--minutes", type=float, default=1 / 6, help="how long the crowd plays")
    parser.add_argument("--only", choices=("think", "sessions", "crowd"), help="one of the figures")
    options = parser.parse_args()
    parts: dict[str, Callable[[], bool]] = {
        "think": think,
        "sessions": sessions,
        "crowd": lambda: crowd(60 * options.minutes),
    }
    chosen = [part for name, part in parts.items() if options.only in (None, name)]
    return int(sum(not part() for part in chosen) > 0)


if __name__ == "__main__":
    sys.exit(main())
