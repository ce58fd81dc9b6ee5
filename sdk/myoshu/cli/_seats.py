"""How the seats of a game are called: by who moves first where that is always the same player."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from myoshu.traits import Traits

if TYPE_CHECKING:
    from myoshu.game import Game

__all__ = ["Seats", "first_mover", "ordinal"]

_TRIED = 8
"""Beginnings of a game of chance that are looked at."""
_WORDS = ("first", "second", "third")


def ordinal(number: int) -> str:
    """What comes after ``number`` others."""
    return _WORDS[number] if number < len(_WORDS) else f"{number + 1}th"


def first_mover(game: Game) -> int | None:
    """The player who begins; None where it is now one, now another."""
    if game.spec.players == 1:
        return 0
    seeds = range(_TRIED if game.spec.stochastic else 1)
    begun = {int(game.new_state(np.random.default_rng(seed)).to_play()) for seed in seeds}
    return begun.pop() if len(begun) == 1 else None


class Seats:
    """A game's seats in words, and the order in which to list them.

    Args:
        game: the rules.
    """

    def __init__(self, game: Game) -> None:
        count, first = game.spec.players, first_mover(game)
        together = Traits.of(game).simultaneous  # asked one after the other, all choose before anything happens
        self.order: Sequence[int] = range(count)
        """The seats, the first to move first where they move in turn."""
        self.labels: Sequence[str] = [f"at seat {seat + 1}" for seat in range(count)]
        """For each seat, ``moving first`` and so on, or else which one it is."""
        if first is not None and not together:
            self.order = [(first + number) % count for number in range(count)]
            self.labels = [f"moving {ordinal((seat - first) % count)}" for seat in range(count)]
