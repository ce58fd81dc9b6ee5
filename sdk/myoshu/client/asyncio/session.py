"""An asyncio client: many requests under way at once over one connection."""

from __future__ import annotations

import os
import ssl
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from myoshu.client.address import Address
from myoshu.client.asking import asking_for_a_crowd, asking_for_a_move, asking_for_a_seat, with_id
from myoshu.client.asyncio.link import AsyncLink
from myoshu.client.decision import RemoteDecision, check_acts, check_result, decision_of
from myoshu.client.examples import RemoteExamples, examples_of
from myoshu.protocol.messages import (
    Acts,
    Close,
    Examples,
    Info,
    Level,
    Model,
    Observe,
    Ok,
    Opened,
    Ping,
    Pong,
    Positions,
    Result,
    Swap,
)
from myoshu.runtime.limit import Limit
from myoshu.runtime.observation_check import ObservationCheck, check_observations

__all__ = ["AsyncClient", "AsyncRemoteSession", "connect_async"]


async def connect_async(
    address: str | os.PathLike[str] | None = None,
    *,
    token: str | None = None,
    timeout: float = 30.0,
    heartbeat: float = 10.0,
    patience: float = 5.0,
    tls: ssl.SSLContext | None = None,
) -> AsyncClient:
    """Connect to an agent server.

    ::

        async with await myoshu.client.connect_async("tcp://127.0.0.1:7777") as client:
            session = await client.new_session(seed=1)
            decision = await session.play(observation, legal_actions, limit=myoshu.Limit(time=0.05))

    Args:
        address: as :func:`myoshu.client.connect`.
        token: what the server requires; the discovery file's if not given.
        timeout: seconds that connecting may take.
        heartbeat: seconds of silence after which each side checks whether the other is there; one that is silent for
            twice that is given up. 0 for never.
        patience: seconds to try to restore a lost connection.
        tls: for ``tcps`` and ``wss``; the system's authorities if not given.

    Raises:
        ArgumentError: it is not an address.
        ConnectionLostError: nothing answers there.
        RequestError: the server refuses; the message says why.
    """
    link = AsyncLink(Address.of(address), token, timeout, heartbeat, patience, tls)
    await link.open()
    return AsyncClient(link)


class AsyncClient:
    """A connection to an agent server; made by :func:`connect_async`. It belongs to one event loop.

    A request that is no longer awaited (a cancelled task, a timeout) is cancelled on the server too.
    """

    def __init__(self, link: AsyncLink) -> None:
        self._link = link

    @property
    def models(self) -> tuple[Model, ...]:
        """The models that the server plays with; the first is the default."""
        return self._link.welcome.models or ()

    async def new_session(
        self,
        seed: int | None = None,
        level: float | None = None,
        temperature: float | None = None,
        *,
        model: str | None = None,
        spec_hash: str | None = None,
        keep_tree: bool = True,
        elo: float | None = None,
    ) -> AsyncRemoteSession:
        """Take a seat in a game; arguments and errors as :meth:`myoshu.client.Client.new_session`."""
        make = asking_for_a_seat(seed, level, temperature, model, spec_hash, keep_tree=keep_tree, elo=elo)
        return AsyncRemoteSession(self._link, await self._link.ask(make, Opened))

    async def act_batch(
        self,
        observations: ArrayLike,
        legal_actions: NDArray[np.bool_] | None = None,
        limit: Limit | None = None,
        to_play: ArrayLike | None = None,
        *,
        seed: int | None = None,
        temperature: float | None = None,
        model: str | None = None,
    ) -> Acts:
        """Moves for a crowd; arguments as :meth:`myoshu.client.Client.act_batch`."""
        make = asking_for_a_crowd(observations, legal_actions, limit, to_play, seed, temperature, model)
        check = check_acts(self.models, model, len(np.asarray(observations)), legal_actions)
        return await self._link.ask(make, Acts, check=check)

    async def examples(self, model: str | None = None) -> RemoteExamples:
        """What a model saw in a few positions; errors as :meth:`myoshu.client.Client.examples`."""
        return examples_of(await self._link.ask(with_id(Examples, model=model), Positions))

    async def check_observations(
        self, observe: Callable[[tuple[int, ...]], ArrayLike], model: str | None = None
    ) -> ObservationCheck:
        """Whether a program shows a model what it learned from; as :meth:`myoshu.client.Client.check_observations`."""
        found = await self.examples(model)
        return check_observations(found.examples, found.planes, observe)

    async def ping(self) -> float:
        """The round trip to the server, in seconds."""
        begin = time.perf_counter()
        await self._link.ask(with_id(Ping), Pong)
        return time.perf_counter() - begin

    async def close(self) -> None:
        """Say goodbye; the server closes all sessions."""
        await self._link.close()

    async def __aenter__(self) -> Self:
        """Return the object itself, to be closed at the end of the block."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """See :meth:`close`."""
        await self.close()


class AsyncRemoteSession:
    """One seat in one game, on a server. Made by :meth:`AsyncClient.new_session`."""

    def __init__(self, link: AsyncLink, opened: Opened) -> None:
        self._link = link
        self.number = opened.session
        """The session's number on the server."""
        self.model = opened.model
        """The name of the model that it plays with."""

    async def play(
        self,
        observation: ArrayLike,
        legal_actions: ArrayLike | None = None,
        limit: Limit | None = None,
        to_play: int | None = None,
        *,
        on_info: Callable[[Info], None] | None = None,
        every: float = 0.1,
    ) -> RemoteDecision:
        """Decide on a move; arguments and errors as :meth:`myoshu.client.RemoteSession.play`."""
        streamed = None if on_info is None else every
        make = asking_for_a_move(self.number, observation, legal_actions, limit, to_play, streamed)
        check = check_result(self._link.welcome.models or (), self.model, legal_actions)
        return decision_of(await self._link.ask(make, Result, on_info, check))

    async def observe(self, *actions: int) -> None:
        """Report moves that were actually made, by any player."""
        await self._link.ask(with_id(Observe, session=self.number, moves=tuple(actions)), Ok)

    async def level(self, level: float) -> None:
        """Play as strongly as this level from now on."""
        await self._link.ask(with_id(Level, session=self.number, level=level), Ok)

    async def swap(self, model: str, spec_hash: str | None = None) -> None:
        """Continue with another model."""
        await self._link.ask(with_id(Swap, session=self.number, model=model, hash=spec_hash), Ok)
        self.model = model

    async def close(self) -> None:
        """Close the session on the server."""
        await self._link.ask(with_id(Close, session=self.number), Ok)
