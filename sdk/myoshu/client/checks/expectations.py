"""What a check expects of a message, and how it says what came."""

from __future__ import annotations

from typing import TypeVar

from myoshu.client.raw_talk import RawTalk
from myoshu.client.slot_row import SlotRow
from myoshu.protocol.messages import Error, Message

__all__ = ["Failed", "Skipped", "alike", "answered", "expect", "refused", "same"]

AnyMessage = TypeVar("AnyMessage", bound=Message)


class Failed(Exception):  # noqa: N818 -- it is what a check says, never an error of myoshu's
    """A check found the environment wrong."""


class Skipped(Exception):  # noqa: N818 -- as above
    """A check does not concern this environment."""


def expect(message: Message, kind: type[AnyMessage], number: int | None = None) -> AnyMessage:
    """The message, which must be of a kind and for a request."""
    if not isinstance(message, kind):
        said = f"{message.code}: {message.msg}" if isinstance(message, Error) else type(message).__name__.lower()
        raise Failed(f"expected {kind.__struct_config__.tag}, got {said}")
    if number is not None:
        same("id", number, getattr(message, "id", None))
    return message


def answered(message: Message, number: int, code: str) -> None:
    """The message must be an error for a request."""
    error = expect(message, Error) if isinstance(message, Error) else None
    if error is None or error.id != number or error.code != code:
        got = type(message).__name__.lower() if error is None else f"error {error.code} with id {error.id}"
        raise Failed(f"expected error {code} with id {number}, got {got}")


def refused(talk: RawTalk, message: Message, code: str) -> None:
    """The message must be an error without an id, and the connection's end must follow."""
    if not isinstance(message, Error) or message.id is not None or message.code != code:
        got = f"error {message.code} with id {message.id}" if isinstance(message, Error) else type(message).__name__
        raise Failed(f"expected error {code} without id, got {got}")
    if not talk.ended():
        raise Failed(f"after error {code}: expected the end of the connection, it is open")


def same(field: str, expected: object, got: object) -> None:
    """A field must have this value."""
    if expected != got:
        raise Failed(f"{field}: expected {expected}, got {got}")


def alike(what: str, expected: SlotRow, got: SlotRow) -> None:
    """Two slots must be the same."""
    field = expected.difference(got)
    if field is not None:
        raise Failed(
            f"{what}: expected the same {field}, {getattr(expected, field)!s:.80}, got {getattr(got, field)!s:.80}"
        )
