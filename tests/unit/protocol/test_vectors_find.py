"""The golden vectors find the mistakes that authors of clients make: each is made on purpose, in a plain reader."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from typing import Any

import pytest
from tests.vectors.protocol import generate

CASES = [case for case in json.loads((generate.HERE / "cases.json").read_text()) if case["kind"] == "valid"]
FAULTS = {
    "no float32": lambda reader: reader.without(0xCA),
    "no float64": lambda reader: reader.without(0xCB),
    "no uint8": lambda reader: reader.without(0xCC),
    "no uint16": lambda reader: reader.without(0xCD),
    "no uint32": lambda reader: reader.without(0xCE),
    "no uint64": lambda reader: reader.without(0xCF),
    "no int8": lambda reader: reader.without(0xD0),
    "no int16": lambda reader: reader.without(0xD1),
    "no int32": lambda reader: reader.without(0xD2),
    "no int64": lambda reader: reader.without(0xD3),
    "no str8": lambda reader: reader.without(0xD9),
    "no str16": lambda reader: reader.without(0xDA),
    "no str32": lambda reader: reader.without(0xDB),
    "no bin8": lambda reader: reader.without(0xC4),
    "no bin16": lambda reader: reader.without(0xC5),
    "no bin32": lambda reader: reader.without(0xC6),
    "no array16": lambda reader: reader.without(0xDC),
    "no array32": lambda reader: reader.without(0xDD),
    "no map16": lambda reader: reader.without(0xDE),
    "no map32": lambda reader: reader.without(0xDF),
    "int8 as uint8": lambda reader: reader.unsigned(0xD0),
    "int16 as uint16": lambda reader: reader.unsigned(0xD1),
    "int32 as uint32": lambda reader: reader.unsigned(0xD2),
    "int64 as uint64": lambda reader: reader.unsigned(0xD3),
    **{
        f"{kind} little-endian": lambda reader, first=first: reader.swapped(first)
        for kind, first in (
            ("uint16", 0xCD), ("uint32", 0xCE), ("uint64", 0xCF), ("str16", 0xDA), ("str32", 0xDB), ("bin16", 0xC5),
            ("bin32", 0xC6), ("array16", 0xDC), ("array32", 0xDD), ("map16", 0xDE), ("map32", 0xDF),
        )
    },
    "5 levels at most": lambda reader: setattr(reader, "deepest", 5),
    "15 levels at most": lambda reader: setattr(reader, "deepest", 15),
    "the first of two keys": lambda reader: setattr(reader, "keeps_first", True),
    "no id above 2^31 - 1": lambda reader: setattr(reader, "highest", 2**31 - 1),
}  # fmt: skip


class Reader:
    """MessagePack, element by element, as a person would write it down from its specification."""

    def __init__(self) -> None:
        self.deepest, self.highest, self.keeps_first = 16, 2**32 - 1, False
        self._kinds: dict[int, Callable[[int], Any]] = {
            0xC0: lambda depth: None, 0xC2: lambda depth: False, 0xC3: lambda depth: True,
            0xCA: lambda depth: struct.unpack(">f", self._take(4))[0],
            0xCB: lambda depth: struct.unpack(">d", self._take(8))[0],
            **{0xCC + i: lambda depth, width=1 << i: self._integer(width) for i in range(4)},
            **{0xD0 + i: lambda depth, width=1 << i: self._integer(width, signed=True) for i in range(4)},
            **{0xD9 + i: lambda depth, width=1 << i: self._take(self._integer(width)).decode() for i in range(3)},
            **{0xC4 + i: lambda depth, width=1 << i: self._take(self._integer(width)) for i in range(3)},
            **{0xDC + i: lambda depth, width=2 << i: self._array(self._integer(width), depth) for i in range(2)},
            **{0xDE + i: lambda depth, width=2 << i: self._map(self._integer(width), depth) for i in range(2)},
        }  # fmt: skip
        self._order: dict[int, str] = {}
        self._first = 0

    def without(self, first: int) -> None:
        """Knows nothing of an encoding."""
        del self._kinds[first]

    def unsigned(self, first: int) -> None:
        """Takes a signed integer as one that is not."""
        self._kinds[first] = lambda depth: self._integer(1 << (first - 0xD0))

    def swapped(self, first: int) -> None:
        """Reads the bytes of a number or a length in the wrong order."""
        self._order[first] = "little"

    def message(self, frame: bytes) -> Any:
        self._data, self._at = frame[4:], 0
        held = self._value(1)
        assert self._at == len(self._data)
        assert held.get("id") is None or held["id"] <= self.highest
        return held

    def _value(self, depth: int) -> Any:
        self._first = first = self._take(1)[0]
        if first < 0x80 or first >= 0xE0:
            return first - 256 * (first >= 0xE0)
        if first < 0x90:
            return self._map(first & 15, depth)
        if first < 0xA0:
            return self._array(first & 15, depth)
        return self._take(first & 31).decode() if first < 0xC0 else self._kinds[first](depth)

    def _take(self, size: int) -> bytes:
        taken = self._data[self._at : self._at + size]
        assert len(taken) == size
        self._at += size
        return taken

    def _integer(self, width: int, *, signed: bool = False) -> int:
        return int.from_bytes(self._take(width), self._order.get(self._first, "big"), signed=signed)  # type: ignore[arg-type]

    def _array(self, size: int, depth: int) -> list[Any]:
        assert depth <= self.deepest
        return [self._value(depth + 1) for _ in range(size)]

    def _map(self, size: int, depth: int) -> dict[str, Any]:
        assert depth <= self.deepest
        held: dict[str, Any] = {}
        for _ in range(size):
            key, value = self._value(depth), self._value(depth + 1)
            if key not in held or not self.keeps_first:
                held[key] = value
        return held


def right(reader: Reader, case: dict[str, Any]) -> bool:
    """Whether a reader makes of a frame what it holds."""
    try:
        found = reader.message((generate.FRAMES / f"{case['name']}.bin").read_bytes())
    except (AssertionError, KeyError, UnicodeDecodeError, MemoryError):
        return False
    return bool(generate.shown(found) == case["message"])


def test_a_reader_without_mistakes_takes_all() -> None:
    assert [case["name"] for case in CASES if not right(Reader(), case)] == []


@pytest.mark.parametrize("fault", FAULTS)
def test_a_mistake_is_found(fault: str) -> None:
    reader = Reader()
    FAULTS[fault](reader)
    assert [case["name"] for case in CASES if not right(reader, case)]
