"""Connections that come and go, stall, cut their bytes anywhere, and lie: nothing is left behind, nobody else notices.

A few hundred in CI. For longer, run it as a program:

    python -m tests.fuzz.test_connections --connections 10000 --seed 1
"""

from __future__ import annotations

import argparse
import asyncio
import random
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import myoshu
from myoshu.client import connect_async
from myoshu.protocol import Connection, Role, Tensor
from myoshu.protocol.codec import encode
from myoshu.protocol.framing import frame
from myoshu.protocol.messages import Bye, Hello, Message, Open, Ping, Ponder, Result, Think
from myoshu.server import Server, Settings
from myoshu.testing.networks import mlp, write_bundle

OBSERVATIONS = np.random.default_rng(3).standard_normal((8, 27)).astype(np.float32)
OBSERVATION = Tensor.of(OBSERVATIONS[0])
LONG = Think(id=2, session=0, obs=OBSERVATION, simulations=60000, stream=("policy",), every=0.01)
LIVES: dict[str, tuple[Message, ...]] = {
    "silent": (),
    "greeted": (Hello(proto=(1, 1), role="player"),),
    "refused": (Hello(proto=(7, 9), role="player"),),
    "seated": (Hello(proto=(1, 1), role="player"), Open(id=1)),
    "thinking": (Hello(proto=(1, 1), role="player", caps=("stream",)), Open(id=1), LONG),
    "pondering": (Hello(proto=(1, 1), role="player"), Open(id=1), Ponder(id=2, session=0, obs=OBSERVATION)),
    "leaving": (Hello(proto=(1, 1), role="player"), Open(id=1), LONG, Bye()),
}
"""What a peer has said when it dies."""


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return myoshu.load(write_bundle(tmp_path_factory.mktemp("bundle") / "mlp.myoshu", mlp(27, 9, 16)), "cpu")


def descriptors() -> int:
    """How many descriptors this process has open."""
    return len(list(Path("/proc/self/fd").iterdir()))


@asynccontextmanager
async def serving(agent: Any, **settings: Any) -> AsyncIterator[tuple[Server, int, int]]:
    """A server and its ports for TCP and WebSocket; when it is left, nothing of its clients' may still be there."""
    async with Server({"mlp": agent}, Settings(**settings)) as server:
        port = await server.listen_tcp("127.0.0.1", 0)
        websocket = await server.listen_websocket("127.0.0.1", 0)
        before = descriptors(), len(asyncio.all_tasks())
        yield server, port, websocket
        shared = server.shared

        def left() -> tuple[int, ...]:
            there = descriptors(), len(asyncio.all_tasks())
            held = sum(not chunk.unused for chunk in shared.pools.chunks())
            metrics = shared.metrics
            return *there, metrics.open_connections, metrics.open_sessions, len(shared.scheduler), held

        for _ in range(200):
            if left() == (*before, 0, 0, 0, 0):
                break
            await asyncio.sleep(0.05)
        assert left() == (*before, 0, 0, 0, 0)


async def live_and_die(port: int, rng: random.Random) -> str:
    """One connection that ends somewhere in its life, with a word cut short or whole, politely or not."""
    name = rng.choice(list(LIVES))
    data = b"".join(frame(encode(message)) for message in LIVES[name])
    cut = rng.random() < 0.5
    data = data[: rng.randrange(len(data) + 1)] if cut else data
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(data)
        if rng.random() < 0.7:
            await asyncio.wait({asyncio.ensure_future(reader.read(4096))}, timeout=rng.random() * 0.01)
        if rng.random() < 0.3:
            writer.transport.abort()
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
    return f"{name}{', cut' if cut else ''}"


async def churn(agent: Any, count: int, seed: int) -> Counter[str]:
    """Many connections, twenty at once, beside a client that plays on and whose moves stay the same."""
    rng, lives = random.Random(seed), Counter[str]()
    async with serving(agent, handshake=5.0) as (_, port, _websocket):
        async with await connect_async(f"tcp://127.0.0.1:{port}", heartbeat=0.0) as client:
            wanted = await game(client, 1)
            while lives.total() < count:
                batch = (live_and_die(port, random.Random(rng.random())) for _ in range(20))
                *died, played = await asyncio.gather(*batch, game(client, 1))
                lives.update(died)
                assert played == wanted
        await asyncio.sleep(0.1)
    return lives


async def game(client: Any, seed: int) -> list[list[int]]:
    """What a short game's searches visit."""
    session = await client.new_session(seed=seed, temperature=1.0)
    visits = []
    for observation in OBSERVATIONS[:2]:
        decision = await session.play(observation, limit=myoshu.Limit(simulations=12))
        visits.append(decision.visits.tolist())
        await session.observe(decision.action)
    await session.close()
    return visits


async def conversation(port: int, parts: Callable[[bytes], list[bytes]]) -> list[Any]:
    """What a server says to the same words, however they are cut."""
    connection = Connection(Role.PLAYER, dials=True)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        said = connection.send(Hello(proto=(1, 1), role="player", heartbeat=0.0))
        said += frame(encode(Open(id=1, seed=5)))
        thinks = [Think(id=2 + turn, session=0, obs=OBSERVATION, simulations=9) for turn in range(3)]
        heard: list[Any] = []
        connection.adopt(asked={1: "open", 2: "think", 3: "think", 4: "think", 9: "ping"})
        for data in (said, *(frame(encode(think)) + frame(encode(Ping(id=9))) for think in thinks)):
            for part in parts(data):
                writer.write(part)
                await writer.drain()
                await asyncio.sleep(0)
            wanted = len(heard) + 2
            while len(heard) < wanted:
                while (event := connection.next()) is None:
                    connection.feed(await asyncio.wait_for(reader.read(65536), 30))
                heard.append(event)
            connection.adopt(asked={9: "ping"})
        return sorted((type(event).__name__, event.visits.b if isinstance(event, Result) else b"") for event in heard)
    finally:
        writer.close()
        await writer.wait_closed()


def test_peers_that_die_in_every_state_leave_nothing(agent: Any) -> None:
    lives = asyncio.run(churn(agent, 300, seed=1))
    assert {name.partition(",")[0] for name in lives} == set(LIVES)


def test_bytes_may_be_split_and_joined_anywhere(agent: Any) -> None:
    rng = random.Random(2)

    def anywhere(data: bytes) -> list[bytes]:
        cuts = sorted(rng.sample(range(len(data)), 7))
        return [data[begin:end] for begin, end in zip([0, *cuts], [*cuts, None], strict=True)]

    async def main() -> list[list[Any]]:
        async with serving(agent) as (_, port, _websocket):
            ways = [lambda data: [data], lambda data: [bytes([byte]) for byte in data], *[anywhere] * 6]
            return [await conversation(port, way) for way in ways]

    found = asyncio.run(main())
    assert len(found[0]) == 8
    assert found == found[:1] * len(found)


def test_half_open_peers_slow_readers_and_liars_are_given_up(agent: Any) -> None:
    async def main() -> list[str]:
        codes = []
        async with serving(agent, unread=4096) as (server, port, _):
            client = await connect_async(f"tcp://127.0.0.1:{port}", heartbeat=0.0)
            async with client:
                wanted = await game(client, 1)
                hello = frame(encode(Hello(proto=(1, 1), role="player", caps=("stream",), heartbeat=0.3)))
                pings = b"".join(frame(encode(Ping(id=number))) for number in range(1, 3000))
                slow = frame(encode(Open(id=1))) + frame(encode(LONG)) + pings
                lie = (1 << 24).to_bytes(4, "little") + b"\x81"
                writers = []
                for said in (hello, hello + slow, hello + lie):
                    _, writer = await asyncio.open_connection("127.0.0.1", port, limit=1)
                    writer.write(said)
                    writers.append(writer)
                for _ in range(200):
                    assert await game(client, 1) == wanted
                    unsent = max(peer._transport.unsent for peer in server._peers)
                    assert unsent < 1 << 20
                    if len(server._peers) == 1:
                        break
                    await asyncio.sleep(0.05)
                assert len(server._peers) == 1
                codes = [code for code, count in server.shared.metrics.errors.items() for _ in range(count)]
                for writer in writers:
                    writer.transport.abort()
                    with suppress(OSError):
                        await writer.wait_closed()
        return codes

    assert asyncio.run(main()).count("timeout") == 3


def test_the_same_moves_alone_and_among_64_busy_sessions_over_tcp_and_websocket(agent: Any) -> None:
    async def main() -> tuple[list[Any], list[Any], list[Any]]:
        async with serving(agent) as (_, port, websocket):
            client = await connect_async(f"tcp://127.0.0.1:{port}", heartbeat=0.0)
            other = await connect_async(f"ws://127.0.0.1:{websocket}", heartbeat=0.0)
            async with client, other:
                alone = [await game(client, seed) for seed in range(64)]
                busy = await asyncio.gather(*(game((client, other)[seed % 2], seed) for seed in range(64)))
        here = []
        for seed in range(64):
            session = agent.new_session(seed=seed, temperature=1.0)
            here.append([])
            for observation in OBSERVATIONS[:2]:
                decision = session.play(observation, limit=myoshu.Limit(simulations=12))
                here[-1].append(decision.visits.tolist())
                session.observe(decision.action)
        return alone, list(busy), here

    alone, busy, here = asyncio.run(main())
    assert alone == here
    assert busy == here


def main() -> None:
    parser = argparse.ArgumentParser(description="Connections that come and go.")
    parser.add_argument("--connections", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        agent = myoshu.load(write_bundle(Path(folder) / "mlp.myoshu", mlp(27, 9, 16)), "cpu")
        print(dict(asyncio.run(churn(agent, options.connections, options.seed))))


if __name__ == "__main__":
    main()
