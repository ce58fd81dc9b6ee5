"""A blocking client: an agent in another process, used like one in this process."""

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
from myoshu.client.decision import RemoteDecision, check_acts, check_result, decision_of
from myoshu.client.examples import RemoteExamples, examples_of
from myoshu.client.sync.link import Link
from myoshu.protocol import Role
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

__all__ = ["Client", "RemoteSession", "connect"]


def connect(
    address: str | os.PathLike[str] | None = None,
    *,
    token: str | None = None,
    timeout: float = 30.0,
    patience: float = 5.0,
    tls: ssl.SSLContext | None = None,
) -> Client:
    """Connect to an agent server.

    ::

        with myoshu.client.connect("tcp://127.0.0.1:7777") as client:
            session = client.new_session(seed=1)
            decision = session.play(observation, legal_actions, limit=myoshu.Limit(time=0.05))

    Args:
        address: ``tcp://``, ``tcps://`` (TLS), ``unix://``, ``ws://`` or ``wss://``; or a discovery file; the one that
            ``myoshu serve`` writes by default if not given.
        token: what the server requires; the discovery file's if not given.
        timeout: seconds that an answer may be late.
        patience: seconds to try to restore a lost connection.
        tls: for ``tcps`` and ``wss``; the system's authorities if not given.

    Raises:
        ConnectionLostError: nothing answers there.
        RequestError: the server refuses; the message says why.
    """
    return Client(Link(Address.of(address), Role.PLAYER, token=token, timeout=timeout, patience=patience, tls=tls))


class Client:
    """A connection to an agent server; made by :func:`connect`."""

    def __init__(self, link: Link) -> None:
        self._link = link

    @property
    def models(self) -> tuple[Model, ...]:
        """The models that the server plays with; the first is the default."""
        return self._link.welcome.models or ()

    def new_session(
        self,
        seed: int | None = None,
        level: float | None = None,
        temperature: float | None = None,
        *,
        model: str | None = None,
        spec_hash: str | None = None,
        keep_tree: bool = True,
        elo: float | None = None,
    ) -> RemoteSession:
        """Take a seat in a game; as :meth:`myoshu.Agent.new_session`.

        Args:
            seed: of the session's random numbers.
            level: one of the model's levels.
            temperature: 0 plays the search's choice.
            model: its name; the server's first if not given.
            spec_hash: the hash that its specification must have.
            keep_tree: whether searches keep the tree across moves that were reported.
            elo: how strongly to play, in measured points above random play, instead of a level: from the least to the
                greatest of ``models[…].elo``.

        Raises:
            RequestError: the server refuses; the message says why.
        """
        make = asking_for_a_seat(seed, level, temperature, model, spec_hash, keep_tree=keep_tree, elo=elo)
        return RemoteSession(self._link, self._link.ask(make, Opened))

    def act_batch(
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
        """Moves for a crowd, without sessions.

        Args:
            observations: [n, *observation].
            legal_actions: bool [n, actions].
            limit: the limit for each row.
            to_play: int [n].
            seed: row i plays as a new session with seed + i.
            temperature: 0 plays the search's choice.
            model: its name.
        """
        make = asking_for_a_crowd(observations, legal_actions, limit, to_play, seed, temperature, model)
        check = check_acts(self.models, model, len(np.asarray(observations)), legal_actions)
        return self._link.ask(make, Acts, longer=0.0 if limit is None else limit.time or 0.0, check=check)

    def examples(self, model: str | None = None) -> RemoteExamples:
        """A model's observations of a few positions, with its network's outputs.

        Raises:
            RequestError: there is no such model, or the server is older than this request.
        """
        return examples_of(self._link.ask(with_id(Examples, model=model), Positions))

    def check_observations(
        self, observe: Callable[[tuple[int, ...]], ArrayLike], model: str | None = None
    ) -> ObservationCheck:
        """Whether a program shows a model what it learned from; as :meth:`myoshu.Agent.check_observations`.

        Args:
            observe: takes the actions since the beginning of a game, by any player, and returns what the player
                to move then sees.
            model: its name; the server's first if not given.

        Raises:
            RequestError: there is no such model, or the server is older than this request.
        """
        found = self.examples(model)
        return check_observations(found.examples, found.planes, observe)

    def ping(self) -> float:
        """The round trip to the server, in seconds."""
        begin = time.perf_counter()
        self._link.ask(with_id(Ping), Pong)
        return time.perf_counter() - begin

    def close(self) -> None:
        """Say goodbye; the server closes all sessions."""
        self._link.close()

    def __enter__(self) -> Self:
        """Return the object itself, to be closed at the end of the block."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """See :meth:`close`."""
        self.close()


class RemoteSession:
    """One seat in one game, on a server; used like :class:`myoshu.Session`. Made by :meth:`Client.new_session`."""

    def __init__(self, link: Link, opened: Opened) -> None:
        self._link = link
        self.number = opened.session
        """The session's number on the server."""
        self.model = opened.model
        """The name of the model that it plays with."""

    def play(
        self,
        observation: ArrayLike,
        legal_actions: ArrayLike | None = None,
        limit: Limit | None = None,
        to_play: int | None = None,
        *,
        on_info: Callable[[Info], None] | None = None,
        every: float = 0.1,
    ) -> RemoteDecision:
        """Decide on a move; as :meth:`myoshu.Session.play`.

        Args:
            observation: what the player to move sees.
            legal_actions: the legal actions in any order, or bool [actions]; all if not given.
            limit: how long to think; the session's level says if not given.
            to_play: the player to move.
            on_info: called with the best move so far while the server thinks.
            every: seconds between two of these.

        Raises:
            RequestError: the server refuses; the message says why.
            ConnectionLostError: the server is gone.
        """
        streamed = None if on_info is None else every
        make = asking_for_a_move(self.number, observation, legal_actions, limit, to_play, streamed)
        longer = 0.0 if limit is None else limit.time or 0.0
        check = check_result(self._link.welcome.models or (), self.model, legal_actions)
        return decision_of(self._link.ask(make, Result, longer=longer, on_info=on_info, check=check))

    def observe(self, *actions: int) -> None:
        """Report moves that were actually made, by any player."""
        self._link.ask(with_id(Observe, session=self.number, moves=tuple(actions)), Ok)

    def level(self, level: float) -> None:
        """Play as strongly as this level from now on."""
        self._link.ask(with_id(Level, session=self.number, level=level), Ok)

    def swap(self, model: str, spec_hash: str | None = None) -> None:
        """Continue with another model."""
        self._link.ask(with_id(Swap, session=self.number, model=model, hash=spec_hash), Ok)
        self.model = model

    def close(self) -> None:
        """Close the session on the server."""
        self._link.ask(with_id(Close, session=self.number), Ok)
