"""A played game, as one line of JSON: what self-play and matches write, and training can learn from later.

A file of games, ``.jsonl`` or ``.jsonl.gz``, has one game a line; a folder of games has such files. A line that was cut
off by the end of its file, because its writer was killed, is not an error: it is skipped.
"""

from __future__ import annotations

import enum
import gzip
import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
import numpy as np
from numpy.typing import NDArray

from myoshu.errors import ArgumentError, RecordError
from myoshu.files import replaced
from myoshu.game import Game, State
from myoshu.spec import same_game

__all__ = [
    "Ending",
    "GameRecord",
    "encode_record",
    "locate_records",
    "read_records",
    "record_files",
    "write_lines",
    "write_records",
]

FORMAT = 1
SUFFIXES = (".jsonl", ".jsonl.gz")
TOLERANCE = 1e-4
"""The greatest relative rounding error of returns."""


class Ending(enum.StrEnum):
    """How a game ended."""

    FINISHED = "finished"
    """It ended by the rules."""
    TRUNCATED = "truncated"
    """It was cut off by a limit to its length; the rewards would have continued."""
    ILLEGAL = "illegal"
    """A player chose an action that is not legal."""
    CRASHED = "crashed"
    """A player raised an error instead of choosing."""
    TIMEOUT = "timeout"
    """A player's clock ran out, or it did not answer."""
    RESIGNED = "resigned"
    """A player resigned."""


class GameRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One game, with everything needed to replay it: ``game.new_state(np.random.default_rng(seed))``, the moves.

    Optional fields concern the N moves after the opening, and are left out where unknown.
    """

    format: int
    """The version of the record format."""
    game: str
    """The game string, as ``openspiel:tic_tac_toe``."""
    myoshu: str
    """The version of myoshu that wrote it."""
    seed: int
    """Seed of the game's chance."""
    seats: tuple[str, ...]
    """For each seat, who sat there."""
    opening: int = 0
    """How many of the first moves no player chose: the random ones with which the game began."""
    moves: tuple[int, ...]
    """Every action that was played, including the opening's."""
    movers: tuple[int, ...] | None = None
    """For each of the N moves, the seat that moved."""
    policies: tuple[dict[int, float] | None, ...] | None = None
    """For each of the N moves, the probabilities with which a search would play actions; those left out have 0."""
    values: tuple[tuple[float, ...] | None, ...] | None = None
    """For each of the N moves, what a search expects each seat still to be paid."""
    explored: tuple[int, ...] = ()
    """Which of the N moves, counted from 0, were drawn at random instead of chosen."""
    seconds: tuple[float, ...] | None = None
    """For each of the N moves, how long it took, in seconds."""
    returns: tuple[float, ...]
    """For each seat, what it was paid in total."""
    ending: Ending = Ending.FINISHED
    """How the game ended."""
    offender: int | None = None
    """The seat that ended it, unless it ended by the rules."""
    reason: str = ""
    """What the offender did."""
    number: int | None = None
    """In a match: the game's place in it, from 0."""
    round: int | None = None
    """In a match: which of the pairing's openings was played, from 0; its games differ in the seats."""
    entrants: tuple[int, ...] | None = None
    """In a match: for each seat, which of the match's players sat there, from 0."""
    player_seeds: tuple[int, ...] | None = None
    """In a match: for each seat, the seed of everything random that its player did."""
    conditions: str | None = None
    """In a match: what else determines its games, the same text in all of its games."""
    versions: dict[str, str] | None = None
    """The versions of the other software that the players ran on."""

    def __post_init__(self) -> None:
        count = len(self.moves) - self.opening
        if self.opening < 0 or count < 0:
            raise ArgumentError(f"opening: expected a number from 0 to the {len(self.moves)} moves, got {self.opening}")
        for field in ("movers", "policies", "values", "seconds"):
            column = getattr(self, field)
            if column is not None and len(column) != count:
                raise ArgumentError(
                    f"{field}: expected {count}, one for each move after the opening, got {len(column)}"
                )
        for field in ("entrants", "player_seeds"):
            column = getattr(self, field)
            if column is not None and len(column) != len(self.seats):
                raise ArgumentError(f"{field}: expected {len(self.seats)}, one for each seat, got {len(column)}")
        if len(self.returns) != len(self.seats):
            raise ArgumentError(f"returns: expected {len(self.seats)}, one for each seat, got {len(self.returns)}")
        if self.explored and not 0 <= min(self.explored) <= max(self.explored) < count:
            raise ArgumentError(f"explored: expected numbers of the {count} moves, got {list(self.explored)}")

    def replay(self, game: Game, visit: Callable[[int, State], None] | None = None) -> NDArray[np.float32]:
        """Replay the game.

        Args:
            game: the rules.
            visit: called before each move with its number, counting the opening's, and the position, which is changed
                afterwards.

        Returns:
            float32 [moves, players]: what each player was paid for each move.

        Raises:
            RecordError: it is another game's, or not what follows from these moves by the rules; the message says
                where.
        """
        spec = game.spec
        if not same_game(self.game, spec.name):
            raise RecordError(f"game: expected {spec.name!r}, got {self.game!r}")
        if len(self.seats) != spec.players:
            raise RecordError(f"seats: expected {spec.players}, got {len(self.seats)}")
        rewards = np.zeros((len(self.moves), spec.players), np.float32)
        state = game.new_state(np.random.default_rng(self.seed))
        for ply, action in enumerate(self.moves):
            legal = state.legal_actions()
            if action not in legal:
                raise RecordError(f"moves[{ply}]: expected a legal action, one of {list(legal)[:20]}, got {action}")
            chosen = ply - self.opening
            if self.movers is not None and chosen >= 0 and self.movers[chosen] != state.to_play():
                raise RecordError(f"movers[{chosen}]: expected {state.to_play()}, got {self.movers[chosen]}")
            if visit is not None:
                visit(ply, state)
            rewards[ply] = state.apply(action)
        if self.ending in (Ending.FINISHED, Ending.TRUNCATED):
            if not state.is_terminal():
                raise RecordError(f"moves: expected a whole game, got one not over after {len(self.moves)} moves")
            paid = rewards.sum(0, dtype=np.float64)
            if not np.allclose(paid, self.returns, rtol=TOLERANCE, atol=TOLERANCE):
                raise RecordError(f"returns: expected {paid.tolist()}, as the moves bring, got {list(self.returns)}")
        return rewards


def encode_record(record: GameRecord) -> bytes:
    """The game as a line of JSON, including the end of the line."""
    return _ENCODER.encode(record) + b"\n"


def write_records(path: Path, records: Iterable[GameRecord]) -> None:
    """Write a file of games atomically: a crash leaves all of it or nothing.

    Args:
        path: ends in ``.jsonl`` or ``.jsonl.gz``.
        records: the games.

    Raises:
        RecordError: it cannot be written.
    """
    write_lines(path, b"".join(map(encode_record, records)))


def write_lines(path: Path, lines: bytes) -> None:
    """As :func:`write_records`, for games already encoded by :func:`encode_record`."""
    _suffix(path)
    try:
        with replaced(path) as file:
            file.write(gzip.compress(lines, 1, mtime=0) if path.suffix == ".gz" else lines)
    except OSError as error:
        raise RecordError(f"{path}: expected to write a file of games, got: {error.strerror or error}") from error


def record_files(path: Path) -> list[Path]:
    """The files of games that a path names: itself, or those of a folder in the order of their names.

    Raises:
        RecordError: there is no such file.
    """
    if path.is_dir():
        found = sorted(file for file in path.iterdir() if _is_record_file(file))
        if not found:
            raise RecordError(f"{path}: expected a folder with files of games ({' or '.join(SUFFIXES)}), got none")
        return found
    _suffix(path)
    return [path]


def read_records(path: Path) -> Iterator[GameRecord]:
    """The games of a file, or of a folder's files in the order of their names.

    Raises:
        RecordError: a line is not a game; the message names the file, the line and the field.
    """
    for _, record in locate_records(path):
        yield record


def locate_records(path: Path) -> Iterator[tuple[str, GameRecord]]:
    """As :func:`read_records`, each with its place: ``games.jsonl: line 7``."""
    for file in record_files(path):
        for number, (line, whole) in enumerate(_lines(file), 1):
            place = f"{file}: line {number}"
            try:
                yield place, _decode(line)
            except RecordError as error:
                if not whole:
                    return
                raise RecordError(f"{place}: {error}") from error


def _lines(path: Path) -> Iterator[tuple[bytes, bool]]:
    """The lines of a file, and whether each is complete."""
    rest = b""
    try:
        with path.open("rb") as file:
            for part in _inflated(file) if path.suffix == ".gz" else iter(lambda: file.read(_PART), b""):
                *lines, rest = (rest + part).split(b"\n")
                for line in lines:
                    yield line, True
    except OSError as error:
        raise RecordError(f"{path}: expected to read a file of games, got: {error.strerror or error}") from error
    except zlib.error as error:
        raise RecordError(
            f"{path}: expected a file of games, compressed by gzip, got a damaged one: {error}"
        ) from error
    if rest:
        yield rest, False


def _inflated(file: BinaryIO) -> Iterator[bytes]:
    """The decompressed contents, as far as the file has them."""
    inflater = zlib.decompressobj(_GZIP)
    while part := file.read(_PART):
        while part:
            yield inflater.decompress(part)
            part = inflater.unused_data
            if inflater.eof:
                inflater = zlib.decompressobj(_GZIP)


def _decode(line: bytes) -> GameRecord:
    try:
        version = _VERSION.decode(line).format
        if version != FORMAT:
            newer = ": a newer myoshu wrote it" if version > FORMAT else ""
            raise RecordError(f"format: expected {FORMAT}, got {version}{newer}")
        return _DECODER.decode(line)
    except msgspec.ValidationError as error:
        said, _, place = str(error).partition(" - at `$")
        field = place.rstrip("`").lstrip(".")
        said = re.sub("^Expected", "expected", said)
        raise RecordError(f"{field}: {said}" if field else said) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RecordError(f"expected a game as JSON, got: {error}") from error


def _suffix(path: Path) -> None:
    if not _is_record_file(path):
        raise RecordError(f"{path}: expected a file of games, whose name ends in {' or '.join(SUFFIXES)}")


def _is_record_file(path: Path) -> bool:
    return path.name.endswith(SUFFIXES) and not path.name.startswith(".")


_PART = 1 << 20
_GZIP = 16 + zlib.MAX_WBITS


class _Version(msgspec.Struct):
    format: int


_ENCODER = msgspec.json.Encoder()
_VERSION: msgspec.json.Decoder[Any] = msgspec.json.Decoder(_Version)
_DECODER = msgspec.json.Decoder(GameRecord)
