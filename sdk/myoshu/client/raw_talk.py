"""A connection over which anything may be sent, right or wrong: for conformance tests."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

import msgspec

from myoshu.client.address import Address
from myoshu.client.sync.wire import dial
from myoshu.errors import ConnectionLostError
from myoshu.protocol.codec import decode
from myoshu.protocol.framing import FrameReader, frame
from myoshu.protocol.messages import DEFAULT_FRAME, VERSION, Message

__all__ = ["RawTalk"]


class RawTalk:
    """One connection. What is sent is not checked; what arrives must be a valid message.

    Args:
        address: where the peer listens.
        timeout: seconds that each reply may take.

    Raises:
        ConnectionLostError: nothing answers there.
    """

    def __init__(self, address: Address, timeout: float) -> None:
        self._wire = dial(address, timeout, None, DEFAULT_FRAME)
        self._reader = FrameReader(DEFAULT_FRAME)
        self._timeout = timeout

    def __enter__(self) -> Self:
        """Return the object itself, to be closed at the end of the block."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Close the connection without a goodbye."""
        self._wire.close()

    @property
    def framed(self) -> bool:
        """Whether frames have a length prefix."""
        return self._wire.framed

    def hello(self, role: str = "trainer", token: str | None = None, **more: Any) -> Message:
        """Say hello; returns the answer."""
        said = {"t": "hello", "proto": [VERSION, VERSION], "role": role, "heartbeat": 0, "token": token}
        return self.ask(said | more)

    def ask(self, message: Mapping[str, Any]) -> Message:
        """Send a map and wait for the next message."""
        self.say(message)
        return self.hear()

    def say(self, message: Mapping[str, Any]) -> None:
        """Send a message given as a map."""
        self.write(self.pack(message))

    def pack(self, message: Mapping[str, Any]) -> bytes:
        """The bytes of a map on this transport."""
        payload = msgspec.msgpack.encode({key: value for key, value in message.items() if value is not None})
        return frame(payload) if self.framed else payload

    def write(self, data: bytes) -> None:
        """Send bytes as they are: a part of a stream, or one message.

        Raises:
            ConnectionLostError: they cannot be sent.
        """
        self._wire.write(data)

    def hear(self, within: float | None = None) -> Message:
        """The next message.

        Args:
            within: seconds that it may take; the timeout if not given.

        Raises:
            ConnectionLostError: none came in time.
            RemoteProtocolError: what arrived is not a message.
        """
        end = time.monotonic() + (self._timeout if within is None else within)
        while True:
            if not self.framed:
                return decode(self._wire.read(max(0.0, end - time.monotonic())))
            payload = self._reader.next()
            if payload is not None:
                return decode(payload)
            self._reader.feed(self._wire.read(max(0.0, end - time.monotonic())))

    def ended(self) -> bool:
        """Whether the peer closes the connection in time, with or without a last message."""
        end = time.monotonic() + self._timeout
        with contextlib.suppress(ConnectionLostError):
            while time.monotonic() < end:
                self._wire.read(max(0.01, end - time.monotonic()))
        return time.monotonic() < end
