"""A match's games as records, and back: what a file needs for a match to be replayed, learned from, or resumed."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from myoshu.arena.match import GameResult, Move
from myoshu.arena.player import Choice
from myoshu.errors import MatchError, RecordError
from myoshu.file_lock import lock_file
from myoshu.record import FORMAT, GameRecord, encode_record, read_records
from myoshu.spec import GameSpec, same_game
from myoshu.version import __version__

__all__ = ["Scoresheet", "as_record", "as_result", "versions"]

_RUNNING = ("numpy", "onnxruntime", "open_spiel")
"""Packages other than myoshu that affect players' moves, where installed."""
_SUFFIX = ".jsonl"


def versions() -> dict[str, str]:
    """Versions of the software that players run on."""
    found = {}
    for package in _RUNNING:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found


def as_record(
    result: GameResult, spec: GameSpec, names: Sequence[str], conditions: str, running: Mapping[str, str]
) -> GameRecord:
    """A game as a record.

    Args:
        result: the game.
        spec: the game's specification.
        names: the names of the match's players.
        conditions: what else determines the match's games.
        running: see :func:`versions`.
    """
    chosen = [move.choice for move in result.moves]
    values = [_values(move, spec) for move in result.moves]
    policies = [None if choice.policy is None else _sparse(choice.policy) for choice in chosen]
    return GameRecord(
        format=FORMAT,
        game=spec.name,
        myoshu=__version__,
        seed=result.seed,
        seats=tuple(names[player] for player in result.seats),
        opening=len(result.opening),
        moves=tuple(map(int, result.actions)),
        movers=tuple(move.seat for move in result.moves),
        policies=tuple(policies) if any(policy is not None for policy in policies) else None,
        values=tuple(values) if any(value is not None for value in values) else None,
        seconds=tuple(round(move.elapsed, 6) for move in result.moves),
        returns=result.returns,
        ending=result.ending,
        offender=result.offender,
        reason=result.reason,
        number=result.number,
        round=result.round,
        entrants=result.seats,
        player_seeds=result.player_seeds,
        conditions=conditions,
        versions=dict(running),
    )


def as_result(record: GameRecord) -> GameResult:
    """The game in a match's record, without the players' policies and expectations.

    Raises:
        RecordError: it is not a match's record.
    """
    for field in ("number", "round", "entrants", "player_seeds", "movers", "seconds"):
        if getattr(record, field) is None:
            raise RecordError(f"{field}: expected a value, as matches write it, got none")
    assert record.number is not None
    assert record.round is not None
    assert record.entrants is not None
    assert record.player_seeds is not None
    moves = []
    values = record.values or (None,) * len(record.movers or ())
    chosen = record.moves[record.opening :]
    for seat, action, value, elapsed in zip(record.movers or (), chosen, values, record.seconds or (), strict=True):
        moves.append(Move(seat, Choice(action, None if value is None else value[seat], values=value), elapsed))
    return GameResult(
        record.number,
        record.entrants,
        record.seed,
        record.moves[: record.opening],
        tuple(moves),
        record.returns,
        record.ending,
        record.offender,
        record.reason,
        record.round,
        record.player_seeds,
    )


class Scoresheet:
    """The file of a match's games, added to game by game in their order.

    If the file exists, its games are those that the match has played already; a line that was cut off when the match
    was interrupted is dropped. While it is open, no other match can write to it.

    Args:
        path: ends in ``.jsonl``.
        spec: the game's specification.
        names: the names of the match's players.
        conditions: what determines the match's games; those of an existing file must be the same.

    Raises:
        MatchError: the file is another match's, or one is writing to it.
        RecordError: it is damaged, or cannot be written.
    """

    def __init__(self, path: Path, spec: GameSpec, names: Sequence[str], conditions: str) -> None:
        if not path.name.endswith(_SUFFIX) or path.name.startswith("."):
            raise MatchError(f"--record: expected a file whose name ends in {_SUFFIX}, got {path}")
        self._path = path
        self._spec = spec
        self._names = tuple(names)
        self._conditions = conditions
        self._running = versions()
        try:
            self._file = path.open("a+b")
            free = lock_file(self._file)
        except OSError as error:
            raise self._unwritable(error) from error
        if not free:
            self._file.close()
            raise MatchError(f"--record: expected a file that nobody writes to, but a match is writing {path}")
        try:
            self.played: list[GameResult] = list(self._before())
            """The games that the file already held."""
            self._file.truncate(self._whole)
        except OSError as error:
            self._file.close()
            raise self._unwritable(error) from error
        except BaseException:
            self._file.close()
            raise

    _whole = 0

    def _before(self) -> Iterator[GameResult]:
        data = self._path.read_bytes()
        self._whole = data.rfind(b"\n") + 1
        for number, record in enumerate(read_records(self._path)):
            where = f"{self._path}: game {number + 1}"
            if record.conditions is None:
                raise MatchError(f"{where}: expected a game of this match, got one of no match")
            if not same_game(record.game, self._spec.name):
                raise MatchError(
                    f"{where}: expected a game of {self._spec.name}, got one of {record.game}; name another file"
                )
            if record.conditions != self._conditions:
                raise MatchError(
                    f"{where}: expected a game of this match ({self._conditions}), got one of another "
                    f"({record.conditions}); name another file"
                )
            if record.number != number:
                raise MatchError(f"{where}: expected number {number}, got {record.number}")
            try:
                yield as_result(record)
            except RecordError as error:
                raise RecordError(f"{where}: {error}") from error

    def add(self, result: GameResult) -> None:
        """Write a game; it is handed to the operating system before this returns.

        Raises:
            RecordError: it cannot be written.
        """
        try:
            record = as_record(result, self._spec, self._names, self._conditions, self._running)
            self._file.write(encode_record(record))
            self._file.flush()
        except OSError as error:
            raise self._unwritable(error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                os.fsync(self._file.fileno())
            self._file.close()
        except OSError as failure:
            raise self._unwritable(failure) from failure

    def _unwritable(self, error: OSError) -> RecordError:
        return RecordError(f"{self._path}: expected to write a file of games, got: {error.strerror or error}")


def _values(move: Move, spec: GameSpec) -> tuple[float, ...] | None:
    """Each seat's expected return, if the player says so, or if it follows from the mover's."""
    if move.choice.values is not None:
        return tuple(round(value, 6) for value in move.choice.values)
    value = move.choice.value
    if value is None or spec.players > 2 or (spec.players == 2 and not spec.zero_sum):
        return None
    return tuple(round(value if seat == move.seat else -value, 6) + 0.0 for seat in range(spec.players))


def _sparse(policy: NDArray[np.float32]) -> dict[int, float]:
    return {int(action): round(float(policy[action]), 6) for action in np.flatnonzero(policy >= 1e-6)}
