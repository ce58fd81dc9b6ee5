"""One connection's turn: as many of its frames as are handled before others have theirs."""

from __future__ import annotations

import enum
from collections.abc import Callable
from time import perf_counter

from myoshu.protocol import Connection, Rejected, State
from myoshu.protocol.messages import Message

__all__ = ["ALONE", "FRAMES", "SECONDS", "Turn", "take_turn"]

FRAMES = 64
"""Frames of one connection that are handled before the next one's turn."""
SECONDS = 0.002
"""Seconds after which a turn ends, however few frames were handled."""
ALONE = 0.02
"""The same if there is no other connection; then for any number of frames."""


class Turn(enum.Enum):
    """What to do after some bytes were handed over."""

    MORE = "more"
    """Everything was handled; more may come."""
    AGAIN = "again"
    """Some of it waits: hand over nothing more before the others had their turn."""
    ENOUGH = "enough"
    """Nothing more is accepted."""


def take_turn(
    connection: Connection, data: bytes, meet: Callable[[Message | Rejected], None], *, alone: bool = False
) -> Turn:
    """Add bytes of a stream and handle the events of one turn.

    Args:
        connection: the connection of the stream.
        data: the received bytes; empty if frames wait from the last turn.
        meet: called with each event.
        alone: whether there is no other connection.
    """
    connection.feed(data)
    end, frames = perf_counter() + (ALONE if alone else SECONDS), 0
    while (event := connection.next()) is not None:
        meet(event)
        frames += 1
        if connection.state is State.CLOSED:
            return Turn.ENOUGH
        if not connection.unfinished:
            return Turn.MORE
        if (frames >= FRAMES and not alone) or perf_counter() > end:
            return Turn.AGAIN
    return Turn.MORE if connection.state is not State.CLOSED else Turn.ENOUGH
