"""Every message as a struct: what ``bindings/PROTOCOL.md`` describes, key by key.

Unknown keys are ignored; a key that is missing, of another type or out of range makes no message.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from tesuji.protocol.fields import (
    Action,
    Count,
    Duration,
    Every,
    Name,
    RequestId,
    Seed,
    Slot,
    Text,
    Words,
)
from tesuji.protocol.tensor import Tensor
from tesuji.spec import GameSpec, Movers

__all__ = [
    "DEFAULT_FRAME",
    "DEFAULT_HEARTBEAT",
    "FIRST_FRAME",
    "MESSAGES",
    "VERSION",
    "ActBatch",
    "Acts",
    "Bye",
    "Cancel",
    "Close",
    "Describe",
    "Description",
    "EnvSpec",
    "Error",
    "GameMap",
    "Hello",
    "Info",
    "Level",
    "Limits",
    "Message",
    "Model",
    "Observe",
    "Ok",
    "Open",
    "Opened",
    "Option",
    "Ping",
    "Ponder",
    "Pong",
    "Reply",
    "Request",
    "Reset",
    "Result",
    "SlotError",
    "Spec",
    "States",
    "Step",
    "Swap",
    "Think",
    "Times",
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

Version = Annotated[int, Meta(ge=1, le=0xFFFF)]
Frame = Annotated[int, Meta(ge=FIRST_FRAME, le=1 << 30)]
Priority = Annotated[int, Meta(ge=0, le=2)]
Streamed = Annotated[tuple[Literal["policy", "visits", "pv"], ...], Meta(max_length=8)]
Role = Literal["player", "agent", "trainer", "environment"]
Actions = tuple[Action, ...]


class Message(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="t"):
    """What one frame holds."""


class Request(Message, frozen=True, kw_only=True, omit_defaults=True):
    """A message that gets exactly one final reply."""

    id: RequestId
    """Number of the request, chosen by who asks."""


class Reply(Message, frozen=True, kw_only=True, omit_defaults=True):
    """A message for a request."""

    id: RequestId
    """Number of the request."""


class GameMap(msgspec.Struct, frozen=True, kw_only=True):
    """A :class:`tesuji.spec.GameSpec` on the wire, where unknown keys are ignored."""

    name: Text
    """The game string."""
    players: int
    """How many."""
    actions: int
    """How many."""
    observation: Annotated[tuple[int, ...], Meta(max_length=8)]
    """Shape of one observation."""
    returns: tuple[float, float]
    """Least and greatest sum of rewards of one player in a game."""
    zero_sum: bool = False
    """Whether rewards always add up to zero."""
    movers: Movers = Movers.PREDICTED
    """Whether players move strictly in turn."""
    final_rewards_only: bool = False
    """Whether every reward before the end is zero."""
    stochastic: bool = False
    """Whether the rules draw chance."""
    max_length: int | None = None
    """An upper bound of the actions in a game."""

    def __post_init__(self) -> None:
        self.spec()

    def spec(self) -> GameSpec:
        """The specification.

        Raises:
            ArgumentError: a value is out of range.
        """
        return GameSpec(**msgspec.structs.asdict(self))

    @staticmethod
    def of(spec: GameSpec) -> GameMap:
        """The map of a specification."""
        return GameMap(**msgspec.structs.asdict(spec))


class Model(msgspec.Struct, frozen=True, kw_only=True):
    """A model that an agent can play with."""

    name: Name
    """What ``open.model`` calls it."""
    hash: Name
    """Hash of the game's and the network's specification."""
    game: GameMap
    """The game it plays."""
    levels: tuple[float, ...] = ()
    """Levels that ``open.level`` takes."""
    simulations: Count = 1
    """Simulations of a move where no limit is given."""
    provider: Name = ""
    """What computes the network."""


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
    """What it takes."""
    default: bool | int | float
    """What it is if not given."""
    min: float | None = None
    """The least value."""
    max: float | None = None
    """The greatest value."""


class Hello(Message, frozen=True, kw_only=True, omit_defaults=True, tag="hello"):
    """The dialler's first message."""

    proto: tuple[Version, Version]
    """Least and greatest version spoken."""
    role: Role
    """The dialler's role."""
    name: Name | None = None
    """Program and version."""
    token: Annotated[str, Meta(max_length=1024)] | None = None
    """What the acceptor must be shown."""
    caps: Words | None = None
    """Capabilities wanted."""
    frame: Frame | None = None
    """The largest payload that the dialler takes."""
    heartbeat: Annotated[float, Meta(ge=0.0, le=3600.0)] | None = None
    """Seconds of silence after which the acceptor shall ping; 0 for never."""
    resume: Name | None = None
    """Ticket of a connection that was lost."""
    pending: Annotated[tuple[RequestId, ...], Meta(max_length=4096)] | None = None
    """Requests whose final reply has not come."""
    models: Annotated[tuple[Model, ...], Meta(max_length=256)] | None = None
    """What an agent that dials can play with."""

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
    """Program and version."""
    caps: Words | None = None
    """Capabilities of this connection."""
    frame: Frame | None = None
    """The largest payload that the acceptor takes."""
    heartbeat: Annotated[float, Meta(ge=0.0, le=3600.0)] | None = None
    """Seconds of silence after which the acceptor pings; 0 for never."""
    models: Annotated[tuple[Model, ...], Meta(max_length=256)] | None = None
    """What an agent can play with."""
    limits: Limits | None = None
    """What this connection may ask for."""
    options: Annotated[tuple[Option, ...], Meta(max_length=64)] | None = None
    """What ``open.options`` takes."""
    ticket: Name | None = None
    """Names this connection if it is lost."""
    resumed: bool | None = None
    """Whether the lost connection's sessions live on."""


class Ping(Request, frozen=True, kw_only=True, omit_defaults=True, tag="ping"):
    """Are you there?"""


class Pong(Reply, frozen=True, kw_only=True, omit_defaults=True, tag="pong"):
    """Yes."""


class Bye(Message, frozen=True, kw_only=True, omit_defaults=True, tag="bye"):
    """This side is about to end."""

    reason: Text | None = None
    """For the log."""


class Error(Message, frozen=True, kw_only=True, omit_defaults=True, tag="error"):
    """Final reply of a request, or the end of the connection."""

    id: RequestId | None = None
    """Number of the request; without it the connection is closed after this."""
    code: Name
    """What is wrong, in one word."""
    msg: Text
    """One line for a person."""
    field: Text | None = None
    """Where."""
    expected: Text | None = None
    """What was expected."""
    got: Text | None = None
    """What came."""
    retry: float | None = None
    """Seconds after which to try again."""


class Open(Request, frozen=True, kw_only=True, omit_defaults=True, tag="open"):
    """Take a seat in a game."""

    model: Name | None = None
    """Its name; the first if not given."""
    hash: Name | None = None
    """What the model's hash must be."""
    seed: Seed | None = None
    """Of the session's random numbers."""
    level: float | None = None
    """How strongly to play."""
    options: dict[Name, bool | int | float] | None = None
    """What ``welcome.options`` offers."""


class Opened(Reply, frozen=True, kw_only=True, omit_defaults=True, tag="opened"):
    """A session is open."""

    session: Slot
    """Its number."""
    model: Name
    """The model's name."""
    hash: Name
    """The model's hash."""
    simulations: Count
    """What a move gets where no limit is given."""


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
    """Actions really made since the last request."""
    time: Duration | None = None
    """Seconds from arrival to answer."""
    simulations: Count | None = None
    """Simulations."""
    stream: Streamed | None = None
    """What each info has besides action and value."""
    every: Every | None = None
    """Seconds between two infos; 0.1 if not given."""


class Think(_Search, frozen=True, kw_only=True, omit_defaults=True, tag="think"):
    """Decide on a move."""

    priority: Priority | None = None
    """Which of the connection's searches go first; 1 if not given."""


class Ponder(_Search, frozen=True, kw_only=True, omit_defaults=True, tag="ponder"):
    """Think while somebody else decides."""


class Info(Reply, frozen=True, kw_only=True, omit_defaults=True, tag="info"):
    """The best so far."""

    action: Action
    """What would be played."""
    value: float
    """What the player to move can expect."""
    simulations: int
    """Made so far."""
    elapsed: float
    """Seconds since the request arrived."""
    policy: Tensor | None = None
    """f32 [actions]."""
    visits: Tensor | None = None
    """i32 [actions]."""
    pv: Actions | None = None
    """The line of play expected."""


class Times(msgspec.Struct, frozen=True, kw_only=True):
    """Where the time went, in seconds."""

    queue: float
    """Before the search began."""
    network: float
    """In the network."""
    search: float
    """The rest."""
    total: float
    """From arrival to answer."""


Stop = Literal["simulations", "time", "capacity", "only_move", "stopped"]


class Result(Reply, frozen=True, kw_only=True, omit_defaults=True, tag="result"):
    """What to play."""

    action: Action
    """Always a legal action."""
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
    """Made for this request."""
    stop: Stop
    """Why it ended."""
    times: Times
    """Where the time went."""
    provider: Name
    """What computed the network."""
    model: Name
    """The model's name."""


class Observe(Request, frozen=True, kw_only=True, omit_defaults=True, tag="observe"):
    """Hear of moves really made."""

    session: Slot
    """The session's number."""
    moves: Actions
    """Actions in order."""


class Cancel(Request, frozen=True, kw_only=True, omit_defaults=True, tag="cancel"):
    """End a request's thinking now."""

    request: RequestId
    """Which."""


class ActBatch(Request, frozen=True, kw_only=True, omit_defaults=True, tag="act_batch"):
    """Moves for a crowd, without sessions."""

    model: Name | None = None
    """Its name; the first if not given."""
    obs: Tensor
    """[n, *observation]."""
    legal: bytes | None = None
    """n masks."""
    to_play: Actions | None = None
    """n players."""
    time: Duration | None = None
    """Seconds from arrival to answer."""
    simulations: Count | None = None
    """For each row."""
    temperature: Annotated[float, Meta(ge=0.0, le=1e6)] | None = None
    """How freely moves are drawn; 0 if not given."""
    seed: Seed | None = None
    """Row i plays as a new session with seed + i."""
    priority: Priority | None = None
    """Which of the connection's searches go first; 1 if not given."""


class Acts(Reply, frozen=True, kw_only=True, omit_defaults=True, tag="acts"):
    """What a crowd does."""

    actions: Actions
    """n legal actions."""
    values: tuple[float, ...]
    """n: what each row's player to move can expect."""
    simulations: tuple[int, ...]
    """n."""
    stop: Stop
    """Why the last row's search ended."""
    times: Times
    """Where the time went."""
    provider: Name
    """What computed the network."""
    model: Name
    """The model's name."""


class Level(Request, frozen=True, kw_only=True, omit_defaults=True, tag="level"):
    """Set how strongly a session plays."""

    session: Slot
    """The session's number."""
    level: float
    """One of the model's levels."""


class Swap(Request, frozen=True, kw_only=True, omit_defaults=True, tag="swap"):
    """Go on with another model."""

    session: Slot
    """The session's number."""
    model: Name
    """Its name."""
    hash: Name | None = None
    """What the model's hash must be."""


class Close(Request, frozen=True, kw_only=True, omit_defaults=True, tag="close"):
    """Give a seat back."""

    session: Slot
    """The session's number."""


class Ok(Reply, frozen=True, kw_only=True, omit_defaults=True, tag="ok"):
    """Done."""

    found: bool | None = None
    """Whether what was to be cancelled was still thinking."""


class EnvSpec(Request, frozen=True, kw_only=True, omit_defaults=True, tag="env_spec"):
    """What game is it?"""


class Spec(Reply, frozen=True, kw_only=True, omit_defaults=True, tag="spec"):
    """What game it is."""

    game: GameMap
    """The game."""
    slots: Annotated[int, Meta(ge=1, le=65536)]
    """How many games at once."""
    mode: Literal["lockstep", "realtime"] | None = None
    """Whether a game waits for its next step; lockstep if not given."""
    tick: Duration | None = None
    """Realtime: seconds from one tick to the next."""


class Reset(Request, frozen=True, kw_only=True, omit_defaults=True, tag="reset"):
    """Begin new games."""

    slots: tuple[Slot, ...]
    """Different."""
    seeds: tuple[Seed, ...]
    """One a slot."""
    moves: tuple[Actions, ...] | None = None
    """One a slot: actions to play at once."""

    def __post_init__(self) -> None:
        _check_slots(self.slots)
        _same("seeds", self.seeds, self.slots)
        if self.moves is not None:
            _same("moves", self.moves, self.slots)


class Step(Request, frozen=True, kw_only=True, omit_defaults=True, tag="step"):
    """Play one action in each of some games."""

    slots: tuple[Slot, ...]
    """Different."""
    actions: tuple[Annotated[int, Meta(ge=-1, le=0x7FFFFFFF)], ...]
    """One a slot."""

    def __post_init__(self) -> None:
        _check_slots(self.slots)
        _same("actions", self.actions, self.slots)


class SlotError(msgspec.Struct, frozen=True, kw_only=True):
    """What went wrong in one slot."""

    slot: Slot
    """Which."""
    code: Literal["illegal_action", "ended", "environment"]
    """What."""
    msg: Text
    """In words."""


class States(Reply, frozen=True, kw_only=True, omit_defaults=True, tag="states"):
    """What slots are like now."""

    slots: tuple[Slot, ...]
    """As in the request."""
    obs: Tensor
    """[n, *observation]."""
    legal: bytes
    """n masks."""
    to_play: Actions
    """n players."""
    rewards: Tensor
    """f32 [n, players]."""
    terminated: tuple[bool, ...]
    """n: the rules have ended the game."""
    truncated: tuple[bool, ...]
    """n: it was cut off from outside."""
    ticks: tuple[Slot, ...] | None = None
    """Realtime: n tick numbers."""
    errors: tuple[SlotError, ...] | None = None
    """Slots that went wrong."""

    def __post_init__(self) -> None:
        _check_slots(self.slots)
        for field in ("to_play", "terminated", "truncated", "ticks"):
            held = getattr(self, field)
            if held is not None:
                _same(field, held, self.slots)
        for field in ("obs", "rewards"):
            shape = getattr(self, field).sh
            if not shape or shape[0] != len(self.slots):
                raise ValueError(f"{field}.sh: expected {len(self.slots)} rows, got {list(shape)}")


class Describe(Request, frozen=True, kw_only=True, omit_defaults=True, tag="describe"):
    """A position for a person."""

    slot: Slot
    """Which."""


class Description(Reply, frozen=True, kw_only=True, omit_defaults=True, tag="description"):
    """A position, drawn."""

    text: Text
    """In lines."""
    names: tuple[Text, ...]
    """One for each legal action, ascending."""


MESSAGES: dict[str, type[Message]] = {
    str(kind.__struct_config__.tag): kind
    for kind in (
        Hello, Welcome, Ping, Pong, Bye, Error, Open, Opened, Think, Ponder, Info, Result, Observe, Cancel, ActBatch,
        Acts, Level, Swap, Close, Ok, EnvSpec, Spec, Reset, Step, States, Describe, Description,
    )
}  # fmt: skip
"""Every message by its type, the key ``t``."""


def _check_slots(slots: tuple[int, ...]) -> None:
    if not slots:
        raise ValueError("slots: expected at least 1, got none")
    if len(set(slots)) != len(slots):
        raise ValueError("slots: expected different ones, got one twice")


def _same(field: str, values: tuple[object, ...], slots: tuple[int, ...]) -> None:
    if len(values) != len(slots):
        raise ValueError(f"{field}: expected {len(slots)}, one a slot, got {len(values)}")
