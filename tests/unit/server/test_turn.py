"""A connection's turn among the others."""

from __future__ import annotations

from typing import Any

from myoshu.protocol import Connection, Role
from myoshu.protocol.codec import encode
from myoshu.protocol.framing import frame
from myoshu.protocol.messages import Hello, Ping, Welcome
from myoshu.server.turn import FRAMES, Turn, take_turn


def test_a_turn_ends_after_some_frames_and_the_next_goes_on() -> None:
    connection = Connection(Role.AGENT, dials=False)
    connection.feed(frame(encode(Hello(proto=(1, 1), role="player"))))
    assert isinstance(connection.next(), Hello)
    connection.send(Welcome(proto=1, role="agent"))
    met: list[Any] = []
    data = b"".join(frame(encode(Ping(id=number))) for number in range(1, 3 * FRAMES))
    turns = 0
    while (turn := take_turn(connection, data if not turns else b"", met.append)) is Turn.AGAIN:
        turns += 1
        assert len(met) <= turns * FRAMES
    assert turn is Turn.MORE
    assert turns >= 2
    assert [event.id for event in met] == list(range(1, 3 * FRAMES))
