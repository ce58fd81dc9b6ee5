"""Frames on a stream of bytes: a length of 32 bits, little-endian, then the payload."""

from __future__ import annotations

from myoshu.errors import RemoteProtocolError

__all__ = ["HEADER", "FrameReader", "frame"]

HEADER = 4
"""Bytes of a length prefix."""


def frame(payload: bytes) -> bytes:
    """The payload with its length before it."""
    return len(payload).to_bytes(HEADER, "little") + payload


class FrameReader:
    """Cuts a stream into payloads. It holds at most one frame and what was fed beyond it.

    Args:
        limit: the largest payload that is taken, in bytes; may be changed between two payloads.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        """The largest payload that is taken, in bytes."""
        self._buffer = bytearray()
        self._start = 0

    def __len__(self) -> int:
        """Bytes that wait for the rest of their frame."""
        return len(self._buffer) - self._start

    def feed(self, data: bytes) -> None:
        """Add received bytes."""
        self._buffer += data

    def next(self) -> bytes | None:
        """The next payload, or None if it is not complete yet.

        Raises:
            RemoteProtocolError: a length is 0 (``malformed``) or above the limit (``too_large``).
        """
        start = self._start
        if len(self._buffer) - start < HEADER:
            self._forget()
            return None
        size = int.from_bytes(self._buffer[start : start + HEADER], "little")
        check_size(size, self.limit)
        if len(self._buffer) - start < HEADER + size:
            self._forget()
            return None
        self._start = start + HEADER + size
        return bytes(self._buffer[start + HEADER : self._start])

    def clear(self) -> None:
        """Drop the incomplete frame: the rest will not come."""
        self._buffer, self._start = bytearray(), 0

    def _forget(self) -> None:
        """Free the bytes that were handed out."""
        if self._start:
            del self._buffer[: self._start]
            self._start = 0


def check_size(size: int, limit: int) -> None:
    """Refuse a payload by its announced size.

    Raises:
        RemoteProtocolError: the size is 0 or above the limit.
    """
    if size == 0:
        raise RemoteProtocolError("malformed", "frame.length", "1 or more", "0")
    if size > limit:
        raise RemoteProtocolError("too_large", "frame.length", f"at most {limit}", str(size))
