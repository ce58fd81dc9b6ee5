"""Mutated frames and orders of messages, against the state machines and against a live server.

A few seconds in CI. For longer, run it as a program; it prints what came back, by code:

    python -m tests.fuzz.test_protocol --machines 1000000 --server 50000 --seed 1
"""

from __future__ import annotations

import argparse
import asyncio
import random
import re
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from tests.vectors.protocol import generate

import myoshu
from myoshu.protocol import Connection, Rejected, Role, State, Tensor
from myoshu.protocol.codec import decode, encode
from myoshu.protocol.framing import FrameReader, frame
from myoshu.protocol.messages import Error, Hello, Open, Result, Think, Welcome
from myoshu.protocol.roles import REQUESTS
from myoshu.runtime.positions import Position
from myoshu.server import Server, Settings
from myoshu.testing.networks import mlp, write_bundle

ROOT = Path(__file__).parents[2]
FRAMES = [path.read_bytes() for path in sorted(generate.FRAMES.glob("*.bin"))]
ASKED = [
    (generate.FRAMES / f"{name}.bin").read_bytes()
    for name, message in generate.VALID.items()
    if message["t"] in set().union(*REQUESTS.values())
]
HELLO = frame(encode(Hello(proto=(1, 1), role="player", caps=("batch", "examples", "stream"))))
DOCUMENTED = set(re.findall(r"^\| `(\w+)` \| (?:no|yes|both) \|", (ROOT / "bindings/PROTOCOL.md").read_text(), re.M))


def agent_in(folder: Path) -> myoshu.Agent:
    """An agent of random weights that has positions to be checked with."""
    rng = np.random.default_rng(0)
    positions = [
        Position((row,), 0, row == 3, row % 2, (0, 4, 8), rng.integers(0, 2, 27).astype(np.float32)) for row in range(8)
    ]
    return myoshu.load(write_bundle(folder / "ttt.myoshu", mlp(27, 9, 16), positions=positions), "cpu")


def mutated(rng: random.Random) -> bytes:
    """A golden frame with some bytes changed, cut, doubled, or two of them joined; or as it is."""
    data = bytearray(rng.choice(FRAMES if rng.random() < 0.1 else ASKED))
    for _ in range(rng.choice((0, 0, 0, 0, 1, 1, 2, 5))):
        if not data:
            break
        place = rng.randrange(len(data))
        match rng.randrange(4):
            case 0:
                data[place] = rng.randrange(256)
            case 1:
                del data[place : place + rng.randrange(1, 9)]
            case 2:
                data[place:place] = data[place : place + rng.randrange(1, 9)]
            case 3:
                data[place:] = rng.choice(FRAMES)[place:]
    if rng.random() < 0.7 and len(data) > 4:
        data[:4] = (len(data) - 4).to_bytes(4, "little")
    return bytes(data)


def fuzz_machines(count: int, seed: int) -> Counter[str]:
    """Feed frames to state machines in every role; returns what came of them."""
    rng, outcomes, done = random.Random(seed), Counter[str](), 0
    while done < count:
        connection = Connection(rng.choice(list(Role)), dials=False)
        if rng.random() < 0.8:
            connection.feed(frame(encode(Hello(proto=(1, 1), role=connection.role.counterpart.value))))
            assert isinstance(connection.next(), Hello)
            connection.send(Welcome(proto=1, role=connection.role.value))
        while connection.state is not State.CLOSED and rng.random() < 0.97:
            done += 1
            connection.feed(mutated(rng))
            while (event := connection.next()) is not None:
                if isinstance(event, Rejected):
                    outcomes[event.reply.code] += 1
                    connection.refuse(event)
                else:
                    outcomes["a message"] += 1
    return outcomes


async def fuzz_server(agent: Any, count: int, seed: int) -> Counter[str]:
    """Send frames to a live server beside a client that plays on; returns the codes of the errors that came back.

    Raises:
        AssertionError: the client's moves changed, the server hung, or something was left behind.
    """
    rng, outcomes = random.Random(seed), Counter[str]()
    async with Server({"ttt": agent}, Settings(simulations=200, handshake=5.0)) as server:
        port = await server.listen_tcp("127.0.0.1", 0)
        player = asyncio.create_task(_play(port))
        wanted = await asyncio.wait_for(player, 60)
        player = asyncio.create_task(_play(port))
        done = 0
        while done < count:
            frames = [mutated(rng) for _ in range(rng.randrange(1, 20))]
            done += len(frames)
            data = (HELLO if rng.random() < 0.9 else b"") + b"".join(frames)
            outcomes.update(await asyncio.wait_for(_send(port, data), 30))
            if player.done():
                assert player.result() == wanted
                player = asyncio.create_task(_play(port))
        assert await asyncio.wait_for(player, 60) == wanted
        for _ in range(100):
            if not server.shared.metrics.open_connections:
                break
            await asyncio.sleep(0.05)
        shared = server.shared
        left = shared.metrics.open_connections, shared.metrics.open_sessions, len(shared.scheduler)
        assert left == (0, 0, 0)
    return outcomes


async def _send(port: int, data: bytes) -> list[str]:
    """Send, say no more, and read to the end: the codes of the errors."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    codes, frames = [], FrameReader(1 << 24)
    try:
        writer.write(data)
        writer.write_eof()
        while part := await reader.read(65536):
            frames.feed(part)
            while (payload := frames.next()) is not None:
                message = decode(payload)
                if isinstance(message, Error):
                    codes.append(message.code)
    except OSError:
        pass
    finally:
        writer.close()
    return codes


async def _play(port: int) -> list[bytes]:
    """A short game by a client that keeps to the protocol."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    connection = Connection(Role.PLAYER, dials=True)

    async def hear() -> Any:
        while (event := connection.next()) is None:
            connection.feed(await reader.read(65536))
        return event

    writer.write(connection.send(Hello(proto=(1, 1), role="player")))
    await hear()
    writer.write(connection.send(Open(id=1, seed=5)))
    await hear()
    visits = []
    for turn in range(5):
        observation = Tensor.of(np.full(27, turn / 8, np.float32))
        writer.write(connection.send(Think(id=2 + turn, session=0, obs=observation, simulations=30)))
        result = await hear()
        assert isinstance(result, Result)
        visits.append(result.visits.b)
    writer.close()
    return visits


def test_the_state_machines_answer_anything_with_documented_errors() -> None:
    outcomes = fuzz_machines(5000, seed=1)
    assert set(outcomes) - {"a message"} <= DOCUMENTED
    assert outcomes["a message"] > 100
    assert len(outcomes) >= 6


def test_a_live_server_answers_anything_and_leaves_others_alone(tmp_path: Path) -> None:
    agent = agent_in(tmp_path)
    outcomes = asyncio.run(fuzz_server(agent, 1500, seed=1))
    assert set(outcomes) <= DOCUMENTED - {"internal"}
    assert len(outcomes) >= 5


def main() -> None:
    parser = argparse.ArgumentParser(description="Fuzz the protocol.")
    parser.add_argument("--machines", type=int, default=1_000_000)
    parser.add_argument("--server", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    print("state machines", dict(fuzz_machines(options.machines, options.seed)))
    with tempfile.TemporaryDirectory() as folder:
        agent = agent_in(Path(folder))
        print("server", dict(asyncio.run(fuzz_server(agent, options.server, options.seed))))


if __name__ == "__main__":
    main()
