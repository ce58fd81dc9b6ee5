"""Golden vectors, and the specification's tables."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import msgpack
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.vectors.protocol import generate

from myoshu.errors import RemoteProtocolError
from myoshu.protocol import Tensor
from myoshu.protocol.codec import _check_elements, decode, encode
from myoshu.protocol.framing import FrameReader
from myoshu.protocol.messages import MESSAGES, GameMap, Ping
from myoshu.protocol.roles import FINAL, REQUESTS

ROOT = Path(__file__).parents[3]
CASES = json.loads((generate.HERE / "cases.json").read_text())
VALID = [case for case in CASES if case["kind"] == "valid"]
REJECTED = [case for case in CASES if case["kind"] == "rejected"]


def _read(name: str) -> bytes | None:
    reader = FrameReader(generate.LIMIT)
    reader.feed((generate.FRAMES / f"{name}.bin").read_bytes())
    return reader.next()


def test_the_vectors_are_up_to_date() -> None:
    assert generate.stale() == []


def test_there_is_a_vector_of_every_message() -> None:
    assert {case["type"] for case in VALID} == set(MESSAGES)


@pytest.mark.parametrize("case", VALID, ids=lambda case: case["name"])
def test_valid_vectors_are_read_and_written(case: dict[str, Any]) -> None:
    payload = _read(case["name"])
    assert payload is not None
    message = decode(payload)
    assert message.__struct_config__.tag == case["type"]
    assert decode(encode(message)) == message
    said = msgpack.unpackb(encode(message))
    for key, value in _binary(case["message"]).items():
        if key in message.__struct_fields__ and value is not None:
            assert _plain(said[key], value) == value, key


def _binary(shown: Any) -> Any:
    """A message, as cases.json shows it."""
    if isinstance(shown, dict):
        return bytes.fromhex(shown["$bin"]) if "$bin" in shown else {key: _binary(each) for key, each in shown.items()}
    return [_binary(each) for each in shown] if isinstance(shown, list) else shown


def _plain(got: Any, wanted: Any) -> Any:
    """What was written, with optional keys that were not in the golden message left out."""
    if isinstance(wanted, dict) and isinstance(got, dict):
        return {key: _plain(got[key], wanted[key]) for key in wanted}
    if isinstance(wanted, list) and isinstance(got, list) and len(got) == len(wanted):
        return [_plain(*pair) for pair in zip(got, wanted, strict=True)]
    return got


@pytest.mark.parametrize("case", REJECTED, ids=lambda case: case["name"])
def test_rejected_vectors_name_field_and_code(case: dict[str, Any]) -> None:
    with pytest.raises(RemoteProtocolError, match=r".+: expected .+, got .+") as caught:
        decode(_read(case["name"]) or b"")
    assert (caught.value.code, caught.value.field) == (case["code"], case["field"])
    assert caught.value.request == case.get("id")


def test_the_specification_has_an_example_of_bytes() -> None:
    text = (ROOT / "bindings" / "PROTOCOL.md").read_text()
    (shown,) = re.findall(r"^    ([0-9a-f]{8}  [0-9a-f ]+)$", text, re.MULTILINE)
    reader = FrameReader(generate.LIMIT)
    reader.feed(bytes.fromhex(shown))
    assert decode(reader.next() or b"") == Ping(id=7)


OUTCOMES = ("a message", "malformed", "invalid", "unknown_type", "unexpected")


def _outcome(payload: bytes) -> str:
    try:
        decode(payload)
    except RemoteProtocolError as error:
        return error.code
    return "a message"


@given(st.binary(max_size=200))
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_a_message_or_a_documented_error(data: bytes) -> None:
    assert _outcome(data) in OUTCOMES


@given(st.sampled_from(VALID), st.data())
@settings(max_examples=300, deadline=None)
def test_mutated_vectors_are_a_message_or_a_documented_error(case: dict[str, Any], data: st.DataObject) -> None:
    payload = bytearray(_read(case["name"]) or b"")
    for _ in range(data.draw(st.integers(1, 4))):
        payload[data.draw(st.integers(0, len(payload) - 1))] = data.draw(st.integers(0, 255))
    assert _outcome(bytes(payload)) in OUTCOMES


def _elements(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + sum(1 + _elements(held) for held in value.values())
    return 1 + sum(map(_elements, value)) if isinstance(value, list) else 1


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text() | st.binary(max_size=400),
    lambda inner: st.lists(inner, max_size=20) | st.dictionaries(st.text(max_size=40), inner, max_size=20),
    max_leaves=60,
)


@given(VALUES, st.sampled_from([0, 300, 70_000]))
@settings(max_examples=200, deadline=None)
def test_a_payload_of_more_elements_than_allowed_is_refused_before_they_are_built(value: Any, length: int) -> None:
    held = {"t": "ping", "id": 1, "x": value, "y": b"\x80" * length, "z": "a" * length}
    payload, count = msgpack.packb(held), _elements(held)
    _check_elements(payload, count)
    with pytest.raises(RemoteProtocolError, match=r"at most \d+ elements") as caught:
        decode(payload, count - 1)
    assert (caught.value.code, caught.value.request) == ("too_large", None)


def test_extensions_and_lengths_that_lie_are_counted_without_harm() -> None:
    for payload in (
        b"\xc7\x03\x01abc\x01",
        b"\xd8\x01" + bytes(16) + b"\x01",
        b"\xc6\xff\xff\xff\xff",
        b"\xdd",
        b"\xc1\xc1",
    ):
        _check_elements(payload, 2)
    with pytest.raises(RemoteProtocolError):
        _check_elements(b"\xc7\x03\x01abc\x01", 1)


def test_booleans_are_0_or_1() -> None:
    with pytest.raises(ValueError, match="b: expected 0 or 1 for bool, got 2"):
        Tensor(dt="bool", sh=(3,), b=b"\0\1\2")
    assert Tensor(dt="bool", sh=(2,), b=b"\0\1").array().tolist() == [False, True]


def test_the_specification_and_the_structs_have_the_same_keys() -> None:
    text = (ROOT / "bindings" / "PROTOCOL.md").read_text()
    for kind, struct in MESSAGES.items():
        found = re.search(rf"^### `{kind}`\n(.*?\n(?:\|[^\n]*\n)+)", text, re.DOTALL | re.MULTILINE)
        assert found, f"{kind} is not in PROTOCOL.md"
        rows = re.findall(r"^\| `(\w+)` \| [^|]+ \| (required|optional) \|", found[1], re.MULTILINE)
        required = {field.encode_name for field in msgspec.structs.fields(struct) if field.required}
        assert [name for name, _ in rows] == list(struct.__struct_encode_fields__), kind
        assert {name for name, need in rows if need == "required"} == required, kind


def test_the_specification_describes_games_as_they_are() -> None:
    text = (ROOT / "bindings" / "PROTOCOL.md").read_text()
    table = text.partition("A **game** is the map")[2].partition("**limits**")[0]
    assert re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE) == list(GameMap.__struct_fields__)


def test_every_request_has_its_reply() -> None:
    assert set(FINAL) == set().union(*REQUESTS.values())
    assert set(FINAL.values()) <= set(MESSAGES)
