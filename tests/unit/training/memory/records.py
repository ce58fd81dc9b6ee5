"""A recorded game of tic-tac-toe."""

from __future__ import annotations

from typing import Any

import msgspec

from myoshu.record import GameRecord


def recorded(**changes: Any) -> GameRecord:
    """The first player wins in the third row, somebody's game without policies and values; the first move is random."""
    plain = GameRecord(
        format=1,
        game="openspiel:tic_tac_toe",
        myoshu="1",
        seed=0,
        seats=("a", "b"),
        opening=1,
        moves=(0, 3, 1, 4, 2),
        returns=(1.0, -1.0),
    )
    return msgspec.structs.replace(plain, **changes)
