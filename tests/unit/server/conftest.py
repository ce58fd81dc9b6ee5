"""A server in a thread of its own, with a bundle of random weights."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from myoshu.runtime.agent import Agent, load
from myoshu.server import Server, Settings
from myoshu.testing.networks import mlp, write_bundle


@pytest.fixture(scope="session")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Agent:
    folder = tmp_path_factory.mktemp("bundle")
    return load(write_bundle(folder / "mlp.myoshu", mlp(27, 9, 16)), "cpu")


@pytest.fixture(scope="session")
def other_agent(tmp_path_factory: pytest.TempPathFactory) -> Agent:
    folder = tmp_path_factory.mktemp("bundle")
    return load(write_bundle(folder / "other.myoshu", mlp(27, 9, 16, seed=5)), "cpu")


@pytest.fixture(scope="session")
def observations() -> np.ndarray[Any, Any]:
    return np.random.default_rng(3).standard_normal((64, 27)).astype(np.float32)


class Running:
    """A server under way, and what to say to it from another thread."""

    def __init__(
        self, agents: dict[str, Agent], settings: Settings, tls: ssl.SSLContext | None, origins: tuple[str, ...]
    ) -> None:
        self._agents, self._tls, self._origins = agents, tls, origins
        self._settings = settings
        self._started: Future[None] = Future()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()))
        self.server: Server
        self.loop: asyncio.AbstractEventLoop
        self.tcp = self.ws = self.metrics = 0
        self._thread.start()
        self._started.result(20)

    @property
    def url(self) -> str:
        return f"tcp://127.0.0.1:{self.tcp}"

    @property
    def ws_url(self) -> str:
        return f"ws://127.0.0.1:{self.ws}"

    def stop(self) -> None:
        if self._thread.is_alive():
            asyncio.run_coroutine_threadsafe(self.server.close(), self.loop).result(20)
            self._thread.join(20)
            assert not self._thread.is_alive()

    def lose_connections(self) -> None:
        """Cut all connections, as a network does that fails."""

        def lose() -> None:
            for peer in list(self.server._peers):
                transport: Any = peer._transport
                transport.abort()

        self.loop.call_soon_threadsafe(lose)

    async def _run(self) -> None:
        self.loop = asyncio.get_running_loop()
        try:
            async with Server(self._agents, self._settings) as self.server:
                self.tcp = await self.server.listen_tcp("127.0.0.1", 0, self._tls)
                self.ws = await self.server.listen_websocket("127.0.0.1", 0, self._tls, self._origins)
                self.metrics = await self.server.listen_metrics("127.0.0.1", 0)
                self._started.set_result(None)
                await self.server.wait()
        except BaseException as error:
            if not self._started.done():
                self._started.set_exception(error)
            raise


@pytest.fixture
def serve(agent: Agent, other_agent: Agent) -> Iterator[Callable[..., Running]]:
    running: list[Running] = []

    def start(tls: ssl.SSLContext | None = None, origins: tuple[str, ...] = (), **settings: Any) -> Running:
        running.append(Running({"mlp": agent, "other": other_agent}, Settings(**settings), tls, origins))
        return running[-1]

    yield start
    for each in running:
        each.stop()


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return write_bundle(tmp_path / "small.myoshu", mlp(27, 9, 16))
