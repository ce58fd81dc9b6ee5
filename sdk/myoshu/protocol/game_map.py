"""A game's specification on the wire."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from myoshu.planes import MAX_LAYOUT, MAX_WORD, MAX_WORDS, Planes
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
    planes: (
        Annotated[tuple[Annotated[str, Meta(min_length=1, max_length=MAX_WORD)], ...], Meta(max_length=MAX_WORDS)]
        | None
    ) = None
    """What stands at each index of an observation's first dimension, in words."""
    layout: Annotated[str, Meta(max_length=MAX_LAYOUT)] | None = None
    """What its other dimensions are."""

    def __post_init__(self) -> None:
        self.spec()
        self.words().check(self.observation)

    def spec(self) -> GameSpec:
        """The specification.

        Raises:
            ArgumentError: a value is out of range.
        """
        fields = msgspec.structs.asdict(self)
        del fields["planes"], fields["layout"]
        return GameSpec(**fields)

    def words(self) -> Planes:
        """What an observation holds, as far as it is said.

        Raises:
            ArgumentError: a text is empty or has several lines.
        """
        return Planes(words=self.planes or (), layout=self.layout or "")

    @staticmethod
    def of(spec: GameSpec, planes: Planes | None = None) -> GameMap:
        """The map of a specification, and of what observations hold."""
        said = planes or Planes()
        fields = msgspec.structs.asdict(spec)
        told = {name: fields[name] for name in GameMap.__struct_fields__ if name in fields}
        return GameMap(**told, planes=said.words or None, layout=said.layout or None)
