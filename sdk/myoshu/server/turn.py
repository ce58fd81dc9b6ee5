"""One connection's turn: as many of its frames as are dealt with before others have theirs."""

from __future__ import annotations

import enum
from collections.abc import Callable
from time import perf_counter

from myoshu.protocol import Connection, Rejected, State
from myoshu.protocol.messages import Message

__all__ = ["ALONE", "FRAMES", "SECONDS", "Turn", "take_turn"]

FRAMES = 64
"""Frames of one connection that are dealt with before it is another one's turn."""
SECONDS = 0.002
"""Seconds after which it is, however few they were."""
ALONE = 0.02
"""The same where there is no other one; then however many they are."""


class Turn(enum.Enum):
    """What is to be done after some bytes were taken."""

    MORE = "more"
    """All was dealt with; more may come."""
    AGAIN = "again"
    """Some of it waits: take nothing more before the others had their turn."""
    ENOUGH = "enough"
    """Nothing more is taken."""


def take_turn(
    connection: Connection, data: bytes, meet: Callable[[Message | Rejected], None], *, alone: bool = False
) -> Turn:
    """Take in bytes of a stream and meet the events of one turn.

    Args:
        connection: whose stream it is.
        data: what came; nothing where frames wait from the last turn.
        meet: takes each event.
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
