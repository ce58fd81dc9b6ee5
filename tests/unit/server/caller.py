"""A client that says what it is told to, whether or not the protocol allows it."""

from __future__ import annotations

import socket
from typing import Any

from myoshu.protocol import Connection, Rejected, Role
from myoshu.protocol.messages import Hello, Message

PATIENCE = 60.0


class Caller:
    """A client that says what it is told to."""

    def __init__(self, port: int, *, silent: bool = False, **hello: Any) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), PATIENCE)
        self.connection = Connection(Role.PLAYER, dials=True)
        if not silent:
            self.greet(**hello)

    def greet(self, **hello: Any) -> None:
        held = {"caps": ("stream", "resume", "batch"), "heartbeat": 0.0, **hello}
        self.say(Hello(proto=(1, 1), role="player", **held))
        self.welcome = self.hear()

    def say(self, *messages: Message) -> None:
        self.socket.sendall(b"".join(self.connection.send(message) for message in messages))

    def hear(self) -> Message | None:
        while (event := self.connection.next()) is None:
            data = self.socket.recv(65536)
            if not data:
                return None
            self.connection.feed(data)
        assert not isinstance(event, Rejected), event
        return event

    def hear_first(self, kind: type[Message]) -> Message:
        """The next of a kind; what comes before is of no interest."""
        while not isinstance(message := self.hear(), kind):
            assert message is not None, "the connection ended"
        return message

    def rest(self) -> list[Message]:
        """All that comes until the end."""
        heard = []
        while (message := self.hear()) is not None:
            heard.append(message)
        return heard
