"""The messages between a trainer and an environment."""

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
    """Ask which game it is."""


class Spec(Reply, frozen=True, kw_only=True, omit_defaults=True, tag="spec"):
    """The game, and how it is played here."""

    game: GameMap
    """The game's specification."""
    slots: Annotated[int, Meta(ge=1, le=65536)]
    """How many games at once."""
    mode: Literal["lockstep", "realtime"] | None = None
    """Whether a game waits for its next step; lockstep if not given."""
    tick: Duration | None = None
    """Realtime: seconds from one tick to the next."""


class Reset(Request, frozen=True, kw_only=True, omit_defaults=True, tag="reset"):
    """Begin new games in some slots."""

    slots: tuple[Slot, ...]
    """The slots, all different."""
    seeds: tuple[Seed, ...]
    """One per slot: decides all chance in the game."""
    moves: tuple[Actions, ...] | None = None
    """One array per slot: actions to play at once after the beginning."""

    def __post_init__(self) -> None:
        _check_slots(self.slots)
        _same("seeds", self.seeds, self.slots)
        if self.moves is not None:
            _same("moves", self.moves, self.slots)


class Step(Request, frozen=True, kw_only=True, omit_defaults=True, tag="step"):
    """Play one action in each of some games."""

    slots: tuple[Slot, ...]
    """The slots, all different."""
    actions: tuple[Annotated[int, Meta(ge=-1, le=0x7FFFFFFF)], ...]
    """One action per slot; in realtime -1 stands for none."""

    def __post_init__(self) -> None:
        _check_slots(self.slots)
        _same("actions", self.actions, self.slots)


class SlotError(msgspec.Struct, frozen=True, kw_only=True):
    """What went wrong in one slot."""

    slot: Slot
    """The slot's number."""
    code: Literal["illegal_action", "ended", "environment"]
    """The kind of error."""
    msg: Text
    """The error in words."""


class States(Reply, frozen=True, kw_only=True, omit_defaults=True, tag="states"):
    """The state of n slots."""

    slots: tuple[Slot, ...]
    """The n slots, as in the request."""
    obs: Tensor
    """[n, *observation]: what each slot's player to move sees."""
    legal: bytes
    """n masks of the legal actions."""
    to_play: Actions
    """The n players to move."""
    rewards: Tensor
    """f32 [n, players]: each player's reward."""
    terminated: tuple[bool, ...]
    """n: the rules have ended the game."""
    truncated: tuple[bool, ...]
    """n: it was cut off from outside."""
    ticks: tuple[Slot, ...] | None = None
    """Realtime: n tick numbers since the reset."""
    errors: tuple[SlotError, ...] | None = None
    """The errors of slots that failed."""

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
    """Ask for a position drawn for a person."""

    slot: Slot
    """The slot's number."""


class Description(Reply, frozen=True, kw_only=True, omit_defaults=True, tag="description"):
    """A position, drawn."""

    text: Text
    """The drawing, in lines."""
    names: tuple[Text, ...]
    """The name of each legal action, in ascending order."""


def _check_slots(slots: tuple[int, ...]) -> None:
    if not slots:
        raise ValueError("slots: expected at least 1, got none")
    if len(set(slots)) != len(slots):
        raise ValueError("slots: expected different ones, got one twice")


def _same(field: str, values: tuple[object, ...], slots: tuple[int, ...]) -> None:
    if len(values) != len(slots):
        raise ValueError(f"{field}: expected {len(slots)}, one a slot, got {len(values)}")
