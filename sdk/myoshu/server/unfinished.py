"""What has come of frames that have not come in whole."""

from __future__ import annotations

from typing import Protocol

from myoshu.errors import RemoteProtocolError
from myoshu.protocol.messages import FIRST_FRAME

__all__ = ["Sender", "UnfinishedFrames"]


class Sender(Protocol):
    """A connection whose frames these are."""

    def give_up(self, error: RemoteProtocolError, *, lost: bool = False) -> None:
        """End the connection, with a word why.

        Args:
            error: what is wrong.
            lost: whether its sessions are kept for one that resumes.
        """
        ...


class UnfinishedFrames:
    """The bytes that wait for the rest of their frame, bounded for all connections together.

    Args:
        most: how many there may be.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._sizes: dict[Sender, int] = {}

    def note(self, sender: Sender, size: int) -> None:
        """Take note of how many wait. Where all are too many, the connection that has most is ended.

        Args:
            sender: whose they are.
            size: how many; where they are no more than a first frame may have, they do not count.
        """
        sizes = self._sizes
        if size <= FIRST_FRAME:
            sizes.pop(sender, None)
            return
        sizes[sender] = size
        while sizes and sum(sizes.values()) > self._most:
            largest = max(sizes, key=sizes.__getitem__)
            del sizes[largest]
            expected = f"at most {self._most} bytes of unfinished frames of all connections"
            largest.give_up(RemoteProtocolError("busy", "frame", expected, "more, and most of them here"), lost=True)
