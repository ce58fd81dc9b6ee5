"""A game's specification on the wire."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from myoshu.planes import MAX_LAYOUT, MAX_WORD, MAX_WORDS, Planes
from myoshu.protocol.fields import Text
from myoshu.spec import GameSpec

__all__ = ["GameMap"]


class GameMap(GameSpec, frozen=True, kw_only=True, forbid_unknown_fields=False):
    """A :class:`myoshu.spec.GameSpec` on the wire, which ignores unknown keys, with a description of observations."""

    name: Text
    """The game string."""
    observation: Annotated[tuple[int, ...], Meta(max_length=8)]
    """Shape of one observation."""
    planes: (
        Annotated[tuple[Annotated[str, Meta(min_length=1, max_length=MAX_WORD)], ...], Meta(max_length=MAX_WORDS)]
        | None
    ) = None
    """What each index of an observation's first dimension holds, in words."""
    layout: Annotated[str, Meta(max_length=MAX_LAYOUT)] | None = None
    """What its other dimensions are."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.words().check(self.observation)

    def spec(self) -> GameSpec:
        """The game's specification, without the description of observations."""
        return GameSpec(**{name: getattr(self, name) for name in GameSpec.__struct_fields__})

    def words(self) -> Planes:
        """What an observation holds, as far as it is described.

        Raises:
            ArgumentError: a text is empty or has several lines.
        """
        return Planes(words=self.planes or (), layout=self.layout or "")

    @staticmethod
    def of(spec: GameSpec, planes: Planes | None = None) -> GameMap:
        """The map of a specification and of a description of observations."""
        said = planes or Planes()
        fields = msgspec.structs.asdict(spec)
        told = {name: fields[name] for name in GameMap.__struct_fields__ if name in fields}
        return GameMap(**told, planes=said.words or None, layout=said.layout or None)
