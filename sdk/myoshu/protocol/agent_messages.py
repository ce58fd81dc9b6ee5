"""The messages between a player and an agent."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from myoshu.protocol.fields import Action, Count, Duration, Every, Name, RequestId, Seed, Slot
from myoshu.protocol.message import Reply, Request
from myoshu.protocol.tensor import Tensor

__all__ = [
    "ActBatch",
    "Acts",
    "Cancel",
    "Close",
    "Info",
    "Level",
    "Observe",
    "Ok",
    "Open",
    "Opened",
    "Ponder",
    "Result",
    "Swap",
    "Think",
    "Times",
]

Priority = Annotated[int, Meta(ge=0, le=2)]


Streamed = Annotated[tuple[Literal["policy", "visits", "pv"], ...], Meta(max_length=8)]


Actions = tuple[Action, ...]


class Open(Request, frozen=True, kw_only=True, omit_defaults=True, tag="open"):
    """Take a seat in a game."""

    model: Name | None = None
    """The model's name; the first model if not given."""
    hash: Name | None = None
    """The hash that the model must have."""
    seed: Seed | None = None
    """Seed of the session's random numbers."""
    level: float | None = None
    """How strongly to play: one of the model's levels."""
    elo: float | None = None
    """The strength in Elo points, between those of two levels."""
    options: dict[Name, Any] | None = None
    """What ``welcome.options`` offers: booleans and numbers."""

    def __post_init__(self) -> None:
        for key, value in (self.options or {}).items():
            if not isinstance(value, bool | int | float):
                raise ValueError(f"options.{key[:64]}: expected a boolean or a number, got another value")


class Opened(Reply, frozen=True, kw_only=True, omit_defaults=True, tag="opened"):
    """A session is open."""

    session: Slot
    """The session's number on this connection."""
    model: Name
    """The model's name."""
    hash: Name
    """The model's hash."""
    simulations: Count
    """Simulations of a move if no limit is given."""


class _Search(Request, frozen=True, kw_only=True, omit_defaults=True):
    session: Slot
    """The session's number."""
    obs: Tensor
    """What the player to move sees."""
    legal: bytes | Actions | None = None
    """A mask or a list of the legal actions; all if not given."""
    to_play: Action | None = None
    """The player to move."""
    moves: Actions | None = None
    """Actions actually made since the last request, in order."""
    time: Duration | None = None
    """Seconds from arrival to answer."""
    simulations: Count | None = None
    """The most simulations."""
    stream: Streamed | None = None
    """What each info has besides action and value."""
    every: Every | None = None
    """Seconds between two infos; 0.1 if not given."""


class Think(_Search, frozen=True, kw_only=True, omit_defaults=True, tag="think"):
    """Decide on a move."""

    priority: Priority | None = None
    """Which of the connection's searches go first; 1 if not given."""


class Ponder(_Search, frozen=True, kw_only=True, omit_defaults=True, tag="ponder"):
    """Think while another player decides."""


class Info(Reply, frozen=True, kw_only=True, omit_defaults=True, tag="info"):
    """The best so far."""

    action: Action
    """The best action so far."""
    value: float
    """What the player to move can expect."""
    simulations: int
    """Simulations made so far."""
    elapsed: float
    """Seconds since the request arrived."""
    policy: Tensor | None = None
    """f32 [actions]."""
    visits: Tensor | None = None
    """i32 [actions]."""
    pv: Actions | None = None
    """The line of play expected."""


class Times(msgspec.Struct, frozen=True, kw_only=True):
    """The times of a request's parts, in seconds."""

    queue: float
    """Seconds before the search began."""
    network: float
    """Seconds in the network."""
    search: float
    """Seconds in the rest of the search."""
    total: float
    """Seconds from arrival to answer."""


Stop = Literal["simulations", "time", "capacity", "only_move", "stopped"]


class Result(Reply, frozen=True, kw_only=True, omit_defaults=True, tag="result"):
    """The decision: the final reply of ``think`` and ``ponder``."""

    action: Action
    """The action to play: always a legal one."""
    value: float
    """What the player to move can expect."""
    values: tuple[float, ...]
    """The same for each player."""
    policy: Tensor
    """f32 [actions]."""
    visits: Tensor
    """i32 [actions]."""
    pv: Actions
    """The line of play expected."""
    simulations: int
    """Simulations made for this request."""
    stop: Stop
    """Why the search ended."""
    times: Times
    """The times of the request's parts."""
    provider: Name
    """The provider that computed the network."""
    model: Name
    """The model's name."""


class Observe(Request, frozen=True, kw_only=True, omit_defaults=True, tag="observe"):
    """Report moves actually made."""

    session: Slot
    """The session's number."""
    moves: Actions
    """The actions, in order."""


class Cancel(Request, frozen=True, kw_only=True, omit_defaults=True, tag="cancel"):
    """End a request's thinking now."""

    request: RequestId
    """Id of the ``think``, ``ponder`` or ``act_batch``."""


class ActBatch(Request, frozen=True, kw_only=True, omit_defaults=True, tag="act_batch"):
    """Moves for a crowd, without sessions."""

    model: Name | None = None
    """The model's name; the first model if not given."""
    obs: Tensor
    """[n, *observation]: what each row's player to move sees."""
    legal: bytes | None = None
    """n masks of the legal actions; all are legal if not given."""
    to_play: Actions | None = None
    """The n players to move; 0 if not given."""
    time: Duration | None = None
    """Seconds from arrival to answer."""
    simulations: Count | None = None
    """The most simulations of each row."""
    temperature: Annotated[float, Meta(ge=0.0, le=1e6)] | None = None
    """How freely moves are drawn; 0 if not given."""
    seed: Seed | None = None
    """Row i plays as a new session with seed + i."""
    priority: Priority | None = None
    """Which of the connection's searches go first; 1 if not given."""


class Acts(Reply, frozen=True, kw_only=True, omit_defaults=True, tag="acts"):
    """The moves of a crowd: the reply of ``act_batch``."""

    actions: Actions
    """n legal actions."""
    values: tuple[float, ...]
    """n: what each row's player to move can expect."""
    simulations: tuple[int, ...]
    """Simulations made for each of the n rows."""
    stop: Stop
    """Why the last row's search ended."""
    times: Times
    """The times of the request's parts."""
    provider: Name
    """The provider that computed the network."""
    model: Name
    """The model's name."""


class Level(Request, frozen=True, kw_only=True, omit_defaults=True, tag="level"):
    """Set how strongly a session plays."""

    session: Slot
    """The session's number."""
    level: float
    """One of the model's levels."""


class Swap(Request, frozen=True, kw_only=True, omit_defaults=True, tag="swap"):
    """Continue with another model."""

    session: Slot
    """The session's number."""
    model: Name
    """The new model's name."""
    hash: Name | None = None
    """The hash that the model must have."""


class Close(Request, frozen=True, kw_only=True, omit_defaults=True, tag="close"):
    """Give a seat back."""

    session: Slot
    """The session's number."""


class Ok(Reply, frozen=True, kw_only=True, omit_defaults=True, tag="ok"):
    """The request was carried out."""

    found: bool | None = None
    """Whether the request to be cancelled was still thinking."""
