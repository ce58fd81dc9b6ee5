"""The handshake's messages: who is there, the versions it speaks and what it offers."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from myoshu.protocol.fields import Count, Name, RequestId, Words
from myoshu.protocol.game_map import GameMap
from myoshu.protocol.message import Message

__all__ = [
    "DEFAULT_FRAME",
    "DEFAULT_HEARTBEAT",
    "FIRST_FRAME",
    "MOST_PENDING",
    "VERSION",
    "Hello",
    "Limits",
    "Model",
    "Option",
    "Welcome",
]

VERSION = 1
"""The version of the protocol that this package speaks."""


FIRST_FRAME = 1 << 16
"""The largest payload before the handshake is over, in bytes."""


DEFAULT_FRAME = 1 << 24
"""The largest payload after it, where nothing else was announced."""


DEFAULT_HEARTBEAT = 10.0
"""Seconds of silence after which a ping is sent, where nothing else was announced."""


MOST_PENDING = 4096
"""How many requests without their final reply a dialler that resumes may name."""


Version = Annotated[int, Meta(ge=1, le=0xFFFF)]


Offered = Annotated[int, Meta(ge=0, le=0xFFFF)]


Frame = Annotated[int, Meta(ge=FIRST_FRAME, le=1 << 30)]


Role = Literal["player", "agent", "trainer", "environment"]


class Model(msgspec.Struct, frozen=True, kw_only=True):
    """A model that an agent can play with."""

    name: Name
    """The model's name, for ``open.model``."""
    hash: Name
    """Hash of the specification of game and network."""
    game: GameMap
    """The game that it plays."""
    levels: tuple[float, ...] = ()
    """Levels that ``open.level`` takes."""
    elo: tuple[float, ...] | None = None
    """The measured strength of each level, in points above random play; None if not known for all."""
    simulations: Count = 1
    """Simulations of a move if no limit is given."""
    provider: Name = ""
    """The provider that computes the network."""

    def __post_init__(self) -> None:
        if self.elo is not None and len(self.elo) != len(self.levels):
            raise ValueError(f"elo: expected {len(self.levels)}, one a level, got {len(self.elo)}")


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What one connection may ask for."""

    sessions: int
    """Sessions open at once."""
    thinking: int
    """Requests that think at once."""
    simulations: int
    """Simulations of one search."""
    batch: int
    """Rows of one ``act_batch``."""


class Option(msgspec.Struct, frozen=True, kw_only=True):
    """An option of ``open``."""

    name: Name
    """Its key in ``open.options``."""
    type: Literal["int", "float", "bool"]
    """The type of its value."""
    default: bool | int | float
    """Its value if not given."""
    min: float | None = None
    """The least value, if bounded."""
    max: float | None = None
    """The greatest value, if bounded."""


class Hello(Message, frozen=True, kw_only=True, omit_defaults=True, tag="hello"):
    """The dialler's first message."""

    proto: tuple[Offered, Offered]
    """Least and greatest version spoken."""
    role: Role
    """The dialler's role."""
    name: Name | None = None
    """The sender's program and version."""
    token: Annotated[str, Meta(max_length=1024)] | None = None
    """The token that the acceptor requires."""
    caps: Words | None = None
    """Capabilities that the dialler wants."""
    frame: Frame | None = None
    """The largest payload that the dialler takes."""
    heartbeat: Annotated[float, Meta(ge=0.0, le=3600.0)] | None = None
    """Seconds of silence after which the acceptor must ping; 0 for never."""
    resume: Name | None = None
    """Ticket of a connection that was lost."""
    pending: Annotated[tuple[RequestId, ...], Meta(max_length=MOST_PENDING)] | None = None
    """Requests whose final reply has not come."""
    models: Annotated[tuple[Model, ...], Meta(max_length=256)] | None = None
    """The models of an agent that dials."""

    def __post_init__(self) -> None:
        if self.proto[0] > self.proto[1]:
            raise ValueError(f"proto: expected two versions in order, got {list(self.proto)}")
        if self.heartbeat is not None and 0.0 < self.heartbeat < 0.05:
            raise ValueError(f"heartbeat: expected 0 or from 0.05, got {self.heartbeat}")


class Welcome(Message, frozen=True, kw_only=True, omit_defaults=True, tag="welcome"):
    """The acceptor's first message."""

    proto: Version
    """The version spoken from now on."""
    role: Role
    """The acceptor's role."""
    name: Name | None = None
    """The sender's program and version."""
    caps: Words | None = None
    """Capabilities of this connection."""
    frame: Frame | None = None
    """The largest payload that the acceptor takes."""
    heartbeat: Annotated[float, Meta(ge=0.0, le=3600.0)] | None = None
    """Seconds of silence after which the acceptor pings; 0 for never."""
    models: Annotated[tuple[Model, ...], Meta(max_length=256)] | None = None
    """The models of an agent; the first is the default."""
    limits: Limits | None = None
    """What this connection may ask for."""
    options: Annotated[tuple[Option, ...], Meta(max_length=64)] | None = None
    """What ``open.options`` takes."""
    ticket: Name | None = None
    """Identifies this connection if it is lost."""
    resumed: bool | None = None
    """Whether the lost connection's sessions are still there."""
