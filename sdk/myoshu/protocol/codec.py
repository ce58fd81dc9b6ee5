"""Payloads to messages and back."""

from __future__ import annotations

import re
from itertools import chain
from typing import Any, NoReturn, Union

import msgpack
import msgspec

from myoshu.errors import RemoteProtocolError
from myoshu.protocol.messages import MESSAGES, VERSION, Hello, Message, Reply, Request

__all__ = ["MOST_ELEMENTS", "MOST_NESTING", "decode", "encode"]

MOST_ELEMENTS = 1 << 20
"""How many elements a payload may have: maps, arrays, their keys and all values, including unknown ones."""

MOST_NESTING = 16
"""How deep maps and arrays may be nested, the message itself being 1."""
SMALL = 1 << 16
"""Payloads of up to this many bytes are first read as what they most likely are: a message as we would write it."""
_HIGHEST_ID = 0xFFFFFFFF
_SIZES = bytes(
    1 + (first - 0xA0 if 0xA0 <= first <= 0xBF else
         {0xCA: 4, 0xCB: 8, 0xCC: 1, 0xCD: 2, 0xCE: 4, 0xCF: 8, 0xD0: 1, 0xD1: 2, 0xD2: 4, 0xD3: 8, 0xD4: 2, 0xD5: 3,
          0xD6: 5, 0xD7: 9, 0xD8: 17, 0xDC: 2, 0xDD: 4, 0xDE: 2, 0xDF: 4}.get(first, 0))
    for first in range(256)
)  # fmt: skip
"""Bytes of a MessagePack element by its first byte, without the contents of maps and arrays."""
_LENGTHS = {0xC4: 1, 0xC5: 2, 0xC6: 4, 0xC7: 1, 0xC8: 2, 0xC9: 4, 0xD9: 1, 0xDA: 2, 0xDB: 4}
"""Bytes of the length of a text, binary or extension by its first byte."""
_TYPED: msgspec.msgpack.Decoder[Any] = msgspec.msgpack.Decoder(Union[tuple(MESSAGES.values())])  # noqa: UP007


def encode(message: Message) -> bytes:
    """A message's payload: the same bytes for the same message."""
    return msgspec.msgpack.encode(message)


def decode(payload: bytes, most: int = MOST_ELEMENTS) -> Message:
    """The message in a payload.

    Args:
        payload: the received bytes.
        most: how many elements it may have. More are refused before any is built: a few bytes would cost much time.

    Raises:
        RemoteProtocolError: it holds no message. The code is ``malformed``, ``too_large``, ``unknown_type`` or
            ``invalid``; the error has the request's id and the type where they could be read.
    """
    if len(payload) > most:  # an element takes at least one byte
        _check_elements(payload, most)
    if len(payload) <= SMALL:
        try:
            message: Message = _TYPED.decode(payload)
            if encode(message) == payload:  # it holds nothing unknown that would need a check
                if isinstance(message, Hello):
                    _check_versions(list(message.proto))
                return message
        except (msgspec.MsgspecError, ValueError, RecursionError):
            pass
    return _decode_carefully(payload)


def _decode_carefully(payload: bytes) -> Message:
    """The message, or an error that says exactly what is wrong."""
    held = _unpack(payload)
    kind, request = held.get("t"), held.get("id")
    if not isinstance(kind, str):
        raise RemoteProtocolError("malformed", "t", "a text", _said(kind))
    if request is not None and not _is_id(request):
        raise RemoteProtocolError("malformed", f"{kind[:32]}.id", "an integer from 1 to 4294967295", _said(request))
    struct = MESSAGES.get(kind)
    if struct is None:
        code = "unexpected" if request is None else "unknown_type"
        raise RemoteProtocolError(code, "t", f"a type of version {VERSION}", repr(kind[:64]), request=request)
    if request is None and issubclass(struct, Request | Reply):
        raise RemoteProtocolError("malformed", f"{kind}.id", "an integer from 1 to 4294967295", "nothing")
    if kind == "hello":
        _check_versions(held.get("proto"))
    try:
        return msgspec.convert(held, struct)
    except msgspec.ValidationError as error:
        field, expected, got = _located(held, kind, str(error))
        raise RemoteProtocolError("invalid", field, expected, got, request=request, kind=kind) from error


def _check_elements(payload: bytes, most: int) -> None:
    """Count the elements without building them; refuse more than are allowed."""
    position, size = 0, len(payload)
    for _ in range(most):
        if position >= size:
            return
        first = payload[position]
        position += _SIZES[first]
        if first in _LENGTHS:
            length = _LENGTHS[first]
            position += length + int.from_bytes(payload[position : position + length], "big") + (0xC7 <= first <= 0xC9)
    if position < size:
        raise RemoteProtocolError("too_large", "payload", f"at most {most} elements", "more")


def _check_versions(proto: object) -> None:
    """Refuse a hello of other versions as such, whatever unknown things it holds besides."""
    if not isinstance(proto, list) or len(proto) != 2 or not all(type(each) is int for each in proto):
        return
    low, high = proto
    if low <= high and not low <= VERSION <= high:
        raise RemoteProtocolError("version", "hello.proto", f"a range with {VERSION}", f"[{low}, {high}]")


def _unpack(payload: bytes) -> dict[str, Any]:
    """The map in a payload. No length in it can make the reader take more memory than the payload has bytes."""
    try:
        held = msgpack.unpackb(payload, raw=False, strict_map_key=True, ext_hook=_no_extension)
    except msgpack.ExtraData as error:
        raise RemoteProtocolError(
            "malformed", "payload", "one MessagePack map", f"{len(error.extra)} bytes after it"
        ) from error
    except RecursionError as error:
        raise RemoteProtocolError("malformed", "payload", f"at most {MOST_NESTING} levels", "very many") from error
    except (ValueError, TypeError, OverflowError, MemoryError) as error:
        raise RemoteProtocolError("malformed", "payload", "one MessagePack map", _line(error)) from error
    if not isinstance(held, dict):
        raise RemoteProtocolError("malformed", "payload", "a map", _said(held))
    if not all(isinstance(key, str) for key in held):
        raise RemoteProtocolError("malformed", "payload", "keys that are texts", "others")
    _check_nesting(held)
    return held


def _check_nesting(held: dict[str, Any]) -> None:
    level: list[Any] = [held]
    for _ in range(MOST_NESTING):
        if not set(map(type, chain.from_iterable(each for each in level if type(each) is dict))) <= {str}:
            raise RemoteProtocolError("malformed", "payload", "keys that are texts", "others")
        values = list(chain.from_iterable([each.values() if type(each) is dict else each for each in level]))
        kinds = set(map(type, values))
        if msgpack.Timestamp in kinds:
            _no_extension(-1, b"")
        if not kinds & {dict, list}:
            return
        level = [value for value in values if type(value) is dict or type(value) is list]
    raise RemoteProtocolError("malformed", "payload", f"at most {MOST_NESTING} levels", "more")


def _no_extension(code: int, data: bytes) -> NoReturn:
    raise RemoteProtocolError("malformed", "payload", "no extension types", f"extension {code}")


def _is_id(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= _HIGHEST_ID


def _said(value: object) -> str:
    if value is None:
        return "nothing"
    names = {bool: "a boolean", int: "an integer", float: "a number", str: "a text", bytes: "binary", list: "an array",
             dict: "a map"}  # fmt: skip
    return f"{value!r:.64}" if isinstance(value, int | float) else names.get(type(value), "something else")


def _line(error: BaseException) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__


def _located(held: dict[str, Any], kind: str, message: str) -> tuple[str, str, str]:
    """Field, expected and got, of msgspec's ``Expected `int`, got `str` - at `$.field```."""
    problem, _, path = message.rpartition(" - at `$") if " - at `$" in message else (message, "", "")
    path = path.rstrip("`")
    place = f"{kind}{path}"
    if missing := re.fullmatch(r"Object missing required field `(.*)`", problem):
        return f"{place}.{missing[1]}", "a value", "nothing"
    if own := re.fullmatch(r"([a-z_.]+): expected (.*), got (.*)", problem, re.DOTALL):
        return f"{place}.{own[1]}", own[2], own[3]
    if typed := re.fullmatch(r"Expected (.*), got (.*)", problem, re.DOTALL):
        return place, typed[1].replace("`", ""), typed[2].replace("`", "")
    got = _said(_at(held, path))
    if typed := re.fullmatch(r"Expected (.*)", problem, re.DOTALL):
        return place, typed[1].replace("`", ""), got
    if word := re.fullmatch(r"Invalid enum value (.*)", problem, re.DOTALL):
        return place, "one of its words", word[1][:80]
    return place, "another value", got


def _at(held: object, path: str) -> object:
    """The value at msgspec's path, as far as it can be followed."""
    for key, index in re.findall(r"\.([a-z_]+)|\[(\d+|\.\.\.)\]", path):
        if isinstance(held, dict) and key:
            held = held.get(key)
        elif isinstance(held, list) and index.isdigit() and int(index) < len(held):
            held = held[int(index)]
        else:
            break
    return held
