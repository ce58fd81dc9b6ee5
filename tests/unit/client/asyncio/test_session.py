"""The asyncio client: many requests at once over one connection."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest

import myoshu
from myoshu.client import connect, connect_async
from myoshu.errors import ArgumentError, ConnectionLostError, RequestError

Serve = Callable[..., Any]


def test_the_same_moves_as_in_process_for_many_at_once(serve: Serve, agent: Any, observations: Any) -> None:
    url = serve().url

    async def play(client: Any, seed: int) -> list[int]:
        session = await client.new_session(seed=seed, temperature=1.0)
        moves = []
        for observation in observations[seed : seed + 3]:
            decision = await session.play(observation, limit=myoshu.Limit(simulations=20))
            await session.observe(decision.action)
            moves.append(decision.action)
        await session.close()
        return moves

    async def play_all() -> list[list[int]]:
        async with await connect_async(url) as client:
            return await asyncio.gather(*(play(client, seed) for seed in range(10)))

    wanted = []
    for seed in range(10):
        session = agent.new_session(seed=seed, temperature=1.0)
        wanted.append([])
        for observation in observations[seed : seed + 3]:
            wanted[-1].append(session.play(observation, limit=myoshu.Limit(simulations=20)).action)
            session.observe(wanted[-1][-1])
    assert asyncio.run(play_all()) == wanted


def test_what_is_no_longer_waited_for_is_cancelled(serve: Serve, observations: Any) -> None:
    running = serve()

    async def main() -> int:
        async with await connect_async(running.url) as client:
            session = await client.new_session()
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.1):
                    await session.play(observations[0], limit=myoshu.Limit(simulations=60000))
            decision = await session.play(observations[0], limit=myoshu.Limit(simulations=3))
            return decision.simulations

    assert asyncio.run(main()) == 3


def test_errors_and_infos(serve: Serve, observations: Any) -> None:
    running = serve()
    infos: list[Any] = []

    async def main() -> None:
        async with await connect_async(running.url) as client:
            with pytest.raises(RequestError, match="unknown_model"):
                await client.new_session(model="x")
            session = await client.new_session()
            limit = myoshu.Limit(time=0.3, simulations=60000)
            await session.play(observations[0], limit=limit, on_info=infos.append, every=0.02)
        with pytest.raises(ConnectionLostError, match="closed"):
            await client.new_session()

    asyncio.run(main())
    assert infos


def test_what_on_info_raises_is_raised_where_it_is_waited_for(serve: Serve, observations: Any) -> None:
    running = serve()

    def fail(info: Any) -> None:
        raise ZeroDivisionError(info.simulations)

    async def main() -> int:
        async with await connect_async(running.url) as client:
            session = await client.new_session()
            with pytest.raises(ZeroDivisionError):
                await session.play(observations[0], limit=myoshu.Limit(time=0.3), on_info=fail, every=0.02)
            other = await client.new_session()
            return (await other.play(observations[0], limit=myoshu.Limit(simulations=3))).simulations

    assert asyncio.run(main()) == 3


def test_a_server_that_falls_silent_is_noticed_within_the_heartbeat(serve: Serve, observations: Any) -> None:
    running, silence = serve(), threading.Event()

    async def main() -> None:
        client = await connect_async(running.url, heartbeat=0.2, patience=0.0)
        session = await client.new_session()
        running.loop.call_soon_threadsafe(silence.wait, 240.0)
        with pytest.raises(ConnectionLostError, match=r"expected a word within 0\.4 s"):
            await session.play(observations[0], limit=myoshu.Limit(simulations=60000))
        silence.set()
        await client.close()

    try:
        asyncio.run(main())
    finally:
        silence.set()


def test_nobody_there_and_other_addresses(serve: Serve) -> None:
    with pytest.raises(ConnectionLostError, match=r"tcp://127\.0\.0\.1:9: expected a server"):
        asyncio.run(connect_async("tcp://127.0.0.1:9"))
    with pytest.raises(ArgumentError, match="address: expected one such as"):
        asyncio.run(connect_async("http://127.0.0.1:9"))
    with pytest.raises(ConnectionLostError, match="expected a WebSocket server"):
        asyncio.run(connect_async(serve().url.replace("tcp", "ws"), timeout=5.0))


@pytest.mark.parametrize("way", ["url", "ws_url"])
def test_levels_models_and_crowds_as_with_the_blocking_client(serve: Serve, observations: Any, way: str) -> None:
    running = serve()
    limit = myoshu.Limit(simulations=8)

    def blocking() -> list[Any]:
        with connect(running.url) as client:
            session = client.new_session(seed=4)
            with pytest.raises(RequestError, match=r"invalid: level\.level"):
                session.level(2.0)
            weak = session.play(observations[0], limit=limit)
            session.swap("other", client.models[1].hash)
            strong = session.play(observations[0], limit=limit)
            crowd = client.act_batch(observations[:3], limit=limit, seed=1)
            return [weak.visits.tolist(), strong.visits.tolist(), strong.model, crowd.actions, crowd.values]

    async def main() -> list[Any]:
        async with await connect_async(getattr(running, way)) as client:
            assert 0.0 < await client.ping() < 5.0
            session = await client.new_session(seed=4)
            with pytest.raises(RequestError, match=r"invalid: level\.level"):
                await session.level(2.0)
            weak = await session.play(observations[0], limit=limit)
            await session.swap("other", client.models[1].hash)
            strong = await session.play(observations[0], limit=limit)
            assert session.model == "other"
            with pytest.raises(RequestError, match="mismatch"):
                await session.swap("mlp", "0" * 64)
            crowd = await client.act_batch(observations[:3], limit=limit, seed=1)
            return [weak.visits.tolist(), strong.visits.tolist(), strong.model, crowd.actions, crowd.values]

    assert asyncio.run(main()) == blocking()


@pytest.mark.parametrize("way", ["url", "ws_url"])
def test_many_requests_are_gone_on_with_after_a_loss(serve: Serve, observations: Any, way: str) -> None:
    running = serve()

    async def main() -> list[int]:
        async with await connect_async(getattr(running, way)) as client:
            sessions = [await client.new_session(seed=seed) for seed in range(5)]
            limit = myoshu.Limit(simulations=2_000)  # none is over before all have begun, however fast the machine
            thinking = [
                asyncio.create_task(session.play(observations[0], limit=limit, on_info=lambda _: None, every=0.1))
                for session in sessions
            ]
            while len(running.server.shared.scheduler) < 5:
                assert not any(task.done() for task in thinking)
                await asyncio.sleep(0.005)
            running.lose_connections()
            decisions = await asyncio.gather(*thinking)
            again = await sessions[0].play(observations[1], limit=myoshu.Limit(simulations=3))
            return [decision.simulations for decision in [*decisions, again]]

    assert asyncio.run(main()) == [2_000] * 5 + [3]
