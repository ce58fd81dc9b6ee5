"""An engine of another process's kind, in a thread: an environment server that can be killed and started anew."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future

from myoshu.game import Game
from myoshu.server.environment_server import EnvironmentServer

__all__ = ["Engine"]


class Engine:
    """An environment server in a thread; it can be killed and started anew on the same port.

    Args:
        game: the rules.
        slots: how many games at once.
        tick: seconds from one tick to the next, if it is to be in realtime.
    """

    def __init__(self, game: Game, slots: int, tick: float | None = None) -> None:
        self._game, self._slots, self._tick, self.port = game, slots, tick, 0
        self.start()

    @property
    def address(self) -> str:
        return f"tcp://127.0.0.1:{self.port}"

    def start(self) -> None:
        self._ready: Future[None] = Future()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()))
        self._thread.start()
        self._ready.result(20)

    def trainers(self) -> int:
        return len(self._server._tasks)

    def stop(self) -> None:
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._end.set)
            self._thread.join(20)
            assert not self._thread.is_alive()

    async def _run(self) -> None:
        self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        async with EnvironmentServer(self._game, self._slots, tick=self._tick) as self._server:
            self.port = await self._server.listen("127.0.0.1", self.port)
            self._ready.set_result(None)
            await self._end.wait()
