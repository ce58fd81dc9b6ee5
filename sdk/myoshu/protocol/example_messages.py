"""Messages by which a player checks its observations: an agent's example positions, and the check."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from myoshu.planes import MAX_LAYOUT, MAX_WORD, MAX_WORDS
from myoshu.protocol.fields import Action, Name, Slot, Text
from myoshu.protocol.message import Reply, Request
from myoshu.protocol.tensor import Tensor

__all__ = ["Check", "Checked", "Examples", "Positions"]


class Examples(Request, frozen=True, kw_only=True, omit_defaults=True, tag="examples"):
    """Ask for a model's observations of a few positions."""

    model: Name | None = None
    """The model's name; the first model if not given."""


class Positions(Reply, frozen=True, kw_only=True, omit_defaults=True, tag="positions"):
    """A model's n example positions, possibly none."""

    model: Name
    """The model's name."""
    planes: (
        Annotated[tuple[Annotated[str, Meta(min_length=1, max_length=MAX_WORD)], ...], Meta(max_length=MAX_WORDS)]
        | None
    ) = None
    """What each index of an observation's first dimension holds, in words."""
    layout: Annotated[str, Meta(max_length=MAX_LAYOUT)] | None = None
    """What its other dimensions are."""
    moves: tuple[tuple[Action, ...], ...]
    """For each position, the actions from the beginning of a game."""
    drawn: tuple[bool, ...]
    """For each position, whether chance takes part in it: the moves alone do not determine it."""
    to_play: tuple[Action, ...]
    """For each position, the player to move."""
    legal: bytes
    """n masks of the legal actions."""
    obs: Tensor
    """f32 [n, observation…]: what the player to move saw."""
    prior: Tensor
    """f32 [n, actions]: the network's own policy."""
    values: tuple[float, ...]
    """For each position, the network's value for the player to move."""
    actions: tuple[Action, ...]
    """For each position, the action that a session plays with 1 simulation."""

    def __post_init__(self) -> None:
        count = len(self.moves)
        for field in ("drawn", "to_play", "values", "actions"):
            if len(getattr(self, field)) != count:
                raise ValueError(f"{field}: expected {count}, one a position, got {len(getattr(self, field))}")
        for field in ("obs", "prior"):
            shape = getattr(self, field).sh
            if not shape or shape[0] != count:
                raise ValueError(f"{field}.sh: expected {count} rows, got {list(shape)}")


class Check(Request, frozen=True, kw_only=True, omit_defaults=True, tag="check"):
    """Ask whether these are the observations that a model saw."""

    model: Name | None = None
    """The model's name; the first model if not given."""
    rows: Annotated[tuple[Slot, ...], Meta(min_length=1, max_length=64)]
    """Which of its positions are shown, by their index in ``positions``."""
    obs: Tensor
    """[rows, …]: what the player would show in each."""

    def __post_init__(self) -> None:
        if len(set(self.rows)) != len(self.rows):
            raise ValueError("rows: expected different ones, got one twice")
        if not self.obs.sh or self.obs.sh[0] != len(self.rows):
            raise ValueError(f"obs.sh: expected {len(self.rows)} rows, got {list(self.obs.sh)}")


class Checked(Reply, frozen=True, kw_only=True, omit_defaults=True, tag="checked"):
    """The result of a check."""

    differ: tuple[Slot, ...]
    """Which of the rows' positions differ."""
    text: Text
    """The result in words and, if known, how they differ."""
