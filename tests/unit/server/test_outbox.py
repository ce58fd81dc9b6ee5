"""What is written to connections leaves in turns."""

from __future__ import annotations

from typing import Any

from myoshu.server.outbox import Outbox


class Line:
    """A transport that notes when it is flushed."""

    def __init__(self, name: str, flushed: list[str]) -> None:
        self.name = name
        self.flushed = flushed
        self.written: list[bytes] = []

    def write(self, data: bytes) -> None:
        self.written.append(data)

    def flush(self) -> None:
        self.flushed.append(self.name)


def test_a_connection_is_flushed_once_however_often_it_was_written_to() -> None:
    flushed: list[str] = []
    line: Any = Line("a", flushed)
    outbox = Outbox()
    outbox.write(line, b"1")
    outbox.write(line, b"2")
    assert (line.written, flushed) == ([b"1", b"2"], [])
    outbox.flush()
    outbox.flush()
    assert flushed == ["a"]


def test_it_is_another_connections_turn_to_be_first_each_time() -> None:
    flushed: list[str] = []
    lines: list[Any] = [Line(name, flushed) for name in "abc"]
    outbox = Outbox()
    for _ in range(3):
        for line in lines:
            outbox.write(line, b"")
        outbox.flush()
    assert {"".join(flushed[start : start + 3]) for start in (0, 3, 6)} == {"abc", "bca", "cab"}
