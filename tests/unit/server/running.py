"""A server in a thread of its own."""

from __future__ import annotations

import asyncio
import ssl
import threading
from concurrent.futures import Future
from typing import Any

from myoshu.runtime.agent import Agent
from myoshu.server import Server, Settings


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
