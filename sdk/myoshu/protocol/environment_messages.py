"""What a trainer and an environment say to each other."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from myoshu.protocol.fields import Action, Duration, Seed, Slot, Text
from myoshu.protocol.game_map import GameMap
from myoshu.protocol.message import Reply, Request
from myoshu.protocol.tensor import Tensor

__all__ = ["Describe", "Description", "EnvSpec", "Reset", "SlotError", "Spec", "States", "Step"]

Actions = tuple[Action, ...]


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


def _check_slots(slots: tuple[int, ...]) -> None:
    if not slots:
        raise ValueError("slots: expected at least 1, got none")
    if len(set(slots)) != len(slots):
        raise ValueError("slots: expected different ones, got one twice")


def _same(field: str, values: tuple[object, ...], slots: tuple[int, ...]) -> None:
    if len(values) != len(slots):
        raise ValueError(f"{field}: expected {len(slots)}, one a slot, got {len(values)}")
