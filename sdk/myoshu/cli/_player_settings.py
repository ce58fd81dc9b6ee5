"""What may be written after a player's ``@``: ``level=3,temperature=0.5``."""

from __future__ import annotations

import math
from collections.abc import Sequence

from myoshu.errors import MatchError

__all__ = ["PlayerSettings"]


class PlayerSettings:
    """Settings of one player.

    Args:
        player: how errors call it.
        written: the settings, ``key=value`` with commas between.
        known: the keys it takes.
        others: whether it takes others too, as an engine does.

    Raises:
        MatchError: one is not a key with a value, not known, or there twice.
    """

    def __init__(self, player: str, written: str, known: Sequence[str], others: bool = False) -> None:
        self._player = player
        self.given: dict[str, str] = {}
        """The settings, by key."""
        expected = ", ".join(f"{key}=…" for key in known)
        for part in filter(None, written.split(",")):
            key, equals, value = part.partition("=")
            key = key.strip()
            if not equals or not value or not key or (key not in known and not others):
                raise MatchError(f"player: expected {expected} after {player}'s @, got {part!r}")
            if key in self.given:
                raise MatchError(f"player: expected {key} once after {player}'s @, got it twice")
            self.given[key] = value

    def number(self, key: str) -> float | None:
        """A setting that is a number; None if it is not given.

        Raises:
            MatchError: it is no number.
        """
        value = self.given.get(key)
        if value is None:
            return None
        try:
            number = float(value)
            if not math.isfinite(number):
                raise ValueError
        except ValueError:
            raise MatchError(f"player: expected a number for {key} after {self._player}'s @, got {value!r}") from None
        return number

    def count(self, key: str, least: int = 1) -> int | None:
        """A setting that is a whole number; None if it is not given.

        Raises:
            MatchError: it is none, or too small.
        """
        number = self.number(key)
        if number is not None and (not number.is_integer() or number < least):
            raise MatchError(f"player: expected a whole number of {key} from {least}, got {number:g}")
        return None if number is None else int(number)
