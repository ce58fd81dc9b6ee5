"""What the numbers of a game's observations mean, in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from myoshu.errors import ArgumentError, GameError

if TYPE_CHECKING:
    from myoshu.game import Game
from myoshu.traits import Traits

__all__ = ["MAX_LAYOUT", "MAX_WORD", "MAX_WORDS", "Planes", "planes_of"]

MAX_WORDS = 1024
"""The most planes that are described; for longer observations only the layout is."""
MAX_WORD = 256
"""The longest description of one plane, in characters."""
MAX_LAYOUT = 1024
"""The longest description of the layout, in characters."""


class Planes(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an observation holds, in words: for people, and for messages when a program shows something else.

    A game declares it in two optional attributes, ``planes`` and ``layout``; without them it is not known.
    """

    words: tuple[str, ...] = ()
    """What each index of the observation's first dimension holds, as ``the mover's stones``; empty: not stated."""
    layout: str = ""
    """What the other dimensions are, and whose view it is, as ``row 0 is the lowest``; empty: not stated."""

    def __post_init__(self) -> None:
        if len(self.words) > MAX_WORDS:
            raise ArgumentError(f"planes: expected at most {MAX_WORDS} texts, got {len(self.words)}")
        for index, word in enumerate(self.words):
            _text(f"planes[{index}]", word, 1, MAX_WORD)
        _text("layout", self.layout, 0, MAX_LAYOUT)

    def __bool__(self) -> bool:
        """Whether anything is described."""
        return bool(self.words or self.layout)

    def check(self, observation: Sequence[int]) -> None:
        """Check that there is one text for each plane, or none.

        Args:
            observation: shape of one observation.

        Raises:
            ArgumentError: there are more or fewer.
        """
        if self.words and len(self.words) != observation[0]:
            raise ArgumentError(
                f"planes: expected {observation[0]} texts, one for each index of the observation's first dimension, "
                f"got {len(self.words)}"
            )

    def name(self, index: int, noun: str = "plane") -> str:
        """``plane 2 (empty squares)``, or ``plane 2`` if it is not described."""
        return f"{noun} {index} ({self.words[index]})" if index < len(self.words) else f"{noun} {index}"


def planes_of(game: Game) -> Planes:
    """What a game says of its observations in its attributes ``planes`` and ``layout``; both may be absent.

    Raises:
        GameError: they are not texts, or not one for each index of the observation's first dimension.
    """
    traits = Traits.of(game)
    words = traits.planes
    try:
        if isinstance(words, str):
            raise ArgumentError(f"planes: expected a sequence of texts, got one text {words[:40]!r}")
        planes = Planes(words=tuple(words), layout=traits.layout)
        planes.check(game.spec.observation)
    except (ArgumentError, TypeError) as error:
        raise GameError(f"{game.spec.name}: {error}") from error
    return planes


def _text(field: str, value: object, least: int, most: int) -> None:
    if not isinstance(value, str) or not least <= len(value) <= most or not (value.isprintable() or not value):
        shown = repr(value)[:60]
        raise ArgumentError(f"{field}: expected a text of {least} to {most} characters on one line, got {shown}")
