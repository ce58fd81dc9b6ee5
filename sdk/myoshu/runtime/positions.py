"""A few positions of real games that come with an agent: its observations, and the outputs of its network alone.

A program that embeds the agent reaches each by its moves and compares its own observation: the shape of
an observation does not say what each number means.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated, NamedTuple

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from myoshu.errors import BundleError
from myoshu.spec import MAX_ACTIONS, ModelSpec

__all__ = ["MAX_POSITIONS", "Answer", "Example", "Position", "decode_examples", "encode_examples"]

MAX_POSITIONS = 1 << 24
"""The largest file of positions that is read, in bytes."""
MAX_ROWS = 64
MAX_MOVES = 1 << 12


class Position(NamedTuple):
    """A position of a game, and what the player to move sees in it."""

    moves: tuple[int, ...]
    """The actions from the beginning, by any player."""
    seed: int
    """The game began with ``game.new_state(numpy.random.default_rng(seed))``: needed where chance takes part."""
    drawn: bool
    """Whether chance takes part: the moves alone do not determine it."""
    to_play: int
    """The player to move."""
    legal_actions: tuple[int, ...]
    """The legal actions, ascending."""
    observation: NDArray[np.float32]
    """float32 [*observation]: what the player to move sees."""


class Answer(NamedTuple):
    """The network's outputs for a position, without search."""

    prior: NDArray[np.float32]
    """float32 [actions]: probabilities, including illegal actions."""
    value: NDArray[np.float32]
    """float32 [value_columns] in the game's units, relative: the first is the player to move's."""
    action: int
    """The action that a session plays with 1 simulation and temperature 0: a legal one."""


class Example(NamedTuple):
    """A position with its answer."""

    position: Position
    """The position and its observation."""
    answer: Answer
    """The network's answer to it."""


class _Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    moves: Annotated[list[int], Meta(max_length=MAX_MOVES)]
    seed: Annotated[int, Meta(ge=0, le=0x7FFFFFFFFFFFFFFF)]
    drawn: bool
    to_play: int
    legal: Annotated[list[int], Meta(max_length=MAX_ACTIONS)]
    observation: bytes
    prior: bytes
    value: bytes
    action: int


def encode_examples(examples: Sequence[Example]) -> bytes:
    """As MessagePack: an array of maps ``{moves, seed, drawn, to_play, legal, observation, prior, value, action}``.

    ``observation``, ``prior`` and ``value`` are little-endian float32 in C order, of the shapes in the manifest's
    model; an observation that holds only whole numbers from 0 to 255 is one byte per number.
    """
    rows = [
        _Row(
            moves=list(position.moves),
            seed=position.seed,
            drawn=position.drawn,
            to_play=position.to_play,
            legal=list(position.legal_actions),
            observation=_compact(position.observation),
            prior=_bytes(answer.prior),
            value=_bytes(answer.value),
            action=answer.action,
        )
        for position, answer in examples
    ]
    return msgspec.msgpack.encode(rows)


def decode_examples(data: bytes, model: ModelSpec) -> tuple[Example, ...]:
    """Read positions and check them against their model.

    Raises:
        BundleError: a field is missing, too many, of a wrong size or out of range, or not finite.
    """
    try:
        rows = msgspec.msgpack.decode(data, type=list[_Row])
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise BundleError(f"positions: expected an array of positions, got {str(error)[:200]}") from error
    if not 1 <= len(rows) <= MAX_ROWS:
        raise BundleError(f"positions: expected 1 to {MAX_ROWS} positions, got {len(rows)}")
    return tuple(_example(f"positions[{index}]", row, model) for index, row in enumerate(rows))


def _example(where: str, row: _Row, model: ModelSpec) -> Example:
    _actions(f"{where}.moves", row.moves, model)
    _actions(f"{where}.legal", row.legal, model)
    if not row.legal or any(one >= other for one, other in zip(row.legal, row.legal[1:], strict=False)):
        raise BundleError(f"{where}.legal: expected one or more different actions, ascending, got others")
    if not 0 <= row.to_play < model.players:
        raise BundleError(f"{where}.to_play: expected a player from 0 to {model.players - 1}, got {row.to_play}")
    if row.action not in row.legal:
        raise BundleError(f"{where}.action: expected a legal action, got {row.action}")
    prior = _floats(f"{where}.prior", row.prior, (model.actions,))
    if prior.min() < 0.0:
        raise BundleError(f"{where}.prior: expected probabilities, got {prior.min():g}")
    return Example(
        Position(
            moves=tuple(row.moves),
            seed=row.seed,
            drawn=row.drawn,
            to_play=row.to_play,
            legal_actions=tuple(row.legal),
            observation=_observation(f"{where}.observation", row.observation, model.observation),
        ),
        Answer(prior=prior, value=_floats(f"{where}.value", row.value, (model.value_columns,)), action=row.action),
    )


def _actions(where: str, actions: list[int], model: ModelSpec) -> None:
    if actions and not (min(actions) >= 0 and max(actions) < model.actions):
        raise BundleError(f"{where}: expected actions from 0 to {model.actions - 1}, got others")


def _bytes(array: NDArray[np.float32]) -> bytes:
    return np.ascontiguousarray(array, "<f4").tobytes()


def _compact(observation: NDArray[np.float32]) -> bytes:
    with np.errstate(invalid="ignore"):  # what a byte cannot hold comes back as another number
        small = observation.astype(np.uint8)
    return small.tobytes() if np.array_equal(small, observation) else _bytes(observation)


def _observation(where: str, data: bytes, shape: tuple[int, ...]) -> NDArray[np.float32]:
    count = math.prod(shape)
    if len(data) not in (count, 4 * count):
        raise BundleError(f"{where}: expected {count} or {4 * count} bytes, got {len(data)}")
    if len(data) == 4 * count:
        return _floats(where, data, shape)
    array: NDArray[np.float32] = np.frombuffer(data, np.uint8).reshape(shape).astype(np.float32)
    array.flags.writeable = False
    return array


def _floats(where: str, data: bytes, shape: tuple[int, ...]) -> NDArray[np.float32]:
    if len(data) != 4 * math.prod(shape):
        raise BundleError(f"{where}: expected {4 * math.prod(shape)} bytes, got {len(data)}")
    array = np.frombuffer(data, "<f4").reshape(shape).astype(np.float32)
    if not np.isfinite(array).all():
        raise BundleError(f"{where}: expected finite numbers, got NaN or infinity")
    array.flags.writeable = False
    return array
