"""Payloads to messages and back."""

from __future__ import annotations

import re
from typing import Any, NoReturn, Union

import msgpack
import msgspec

from myoshu.errors import RemoteProtocolError
from myoshu.protocol.messages import MESSAGES, VERSION, Hello, Message, Reply, Request

__all__ = ["MOST_NESTING", "decode", "encode"]

MOST_NESTING = 16
"""How deep maps and arrays may lie in each other, the message itself being 1."""
SMALL = 1 << 16
"""Payloads up to so many bytes are first read as what they most likely are: a message just as we would write it."""
_HIGHEST_ID = 0xFFFFFFFF
_TYPED: msgspec.msgpack.Decoder[Any] = msgspec.msgpack.Decoder(Union[tuple(MESSAGES.values())])  # noqa: UP007


def encode(message: Message) -> bytes:
    """A message's payload: the same bytes for the same message."""
    return msgspec.msgpack.encode(message)


def decode(payload: bytes) -> Message:
    """The message in a payload.

    Raises:
        RemoteProtocolError: it holds none. The code is ``malformed``, ``unknown_type`` or ``invalid``; the error has
            the request's id and the type where they could be read.
    """
    if len(payload) <= SMALL:
        try:
            message: Message = _TYPED.decode(payload)
            if encode(message) == payload:  # it holds nothing unknown that would have to be looked at
                if isinstance(message, Hello):
                    _check_versions(list(message.proto))
                return message
        except (msgspec.MsgspecError, ValueError, RecursionError):
            pass
    return _decode_carefully(payload)


def _decode_carefully(payload: bytes) -> Message:
    """The message, or what exactly is wrong."""
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


def _check_versions(proto: object) -> None:
    """A hello of other versions is refused as such, whatever else it says that this version does not know."""
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
        below: list[Any] = []
        for each in level:
            values = each.values() if isinstance(each, dict) else each
            below += [value for value in values if isinstance(value, dict | list)]
            if isinstance(each, dict) and not all(isinstance(key, str) for key in each):
                raise RemoteProtocolError("malformed", "payload", "keys that are texts", "others")
            if any(isinstance(value, msgpack.Timestamp) for value in values):
                _no_extension(-1, b"")
        if not below:
            return
        level = below
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
    """What stands at msgspec's path, as far as it can be followed."""
    for key, index in re.findall(r"\.([a-z_]+)|\[(\d+|\.\.\.)\]", path):
        if isinstance(held, dict) and key:
            held = held.get(key)
        elif isinstance(held, list) and index.isdigit() and int(index) < len(held):
            held = held[int(index)]
        else:
            break
    return held
