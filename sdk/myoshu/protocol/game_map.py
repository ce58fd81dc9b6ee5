"""A game's specification on the wire."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from myoshu.protocol.fields import Text
from myoshu.spec import GameSpec, Movers

__all__ = ["GameMap"]


class GameMap(msgspec.Struct, frozen=True, kw_only=True):
    """A :class:`myoshu.spec.GameSpec` on the wire, where unknown keys are ignored."""

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
