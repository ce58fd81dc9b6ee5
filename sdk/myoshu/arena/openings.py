"""How the games of a match begin: no two rounds alike."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from myoshu.arena.written_move import written_move
from myoshu.errors import IllegalActionError, MatchError
from myoshu.game import Game

__all__ = ["Openings", "RandomOpenings", "WrittenOpenings", "read_openings"]

_ATTEMPTS = 1000
"""How often a random opening is redrawn because it ended the game or was drawn before."""


class Openings(Protocol):
    """A source of openings."""

    def draw(self, game: Game, seeds: Iterator[tuple[int, int]]) -> Iterator[tuple[int, ...]]:
        """An opening for each of the seeds.

        Args:
            game: the rules.
            seeds: for each round, the seeds of the game's chance and of the opening.

        Raises:
            MatchError: there are no more.
        """
        ...


class RandomOpenings:
    """Random legal moves, leading to a different position each time; with 0 plies, games begin at the initial position.

    Args:
        plies: how many moves.
    """

    def __init__(self, plies: int) -> None:
        if plies < 0:
            raise MatchError(f"random_plies: expected 0 or more, got {plies}")
        self.plies = plies

    def draw(self, game: Game, seeds: Iterator[tuple[int, int]]) -> Iterator[tuple[int, ...]]:
        seen: set[Hashable] = set()
        for chance, seed in seeds:
            if not self.plies:
                yield ()
                continue
            rng = np.random.default_rng(seed)
            ended = 0
            for _ in range(_ATTEMPTS):
                actions, key = self._one(game, chance, rng)
                ended += key is None
                if key is not None and key not in seen:
                    seen.add(key)
                    yield actions
                    break
            else:
                if ended == _ATTEMPTS:
                    raise MatchError(f"random_plies: expected fewer than end {game.spec.name}, got {self.plies}")
                raise MatchError(
                    f"random_plies: expected enough for a new opening every round, but {self.plies} of "
                    f"{game.spec.name} brought none after {len(seen)}: take more plies or fewer games"
                )

    def _one(self, game: Game, chance: int, rng: np.random.Generator) -> tuple[tuple[int, ...], Hashable | None]:
        state = game.new_state(np.random.default_rng(chance))
        actions: list[int] = []
        while len(actions) < self.plies and not state.is_terminal():
            legal = state.legal_actions()
            actions.append(int(legal[int(rng.integers(len(legal)))]))
            state.apply(actions[-1])
        return tuple(actions), None if state.is_terminal() else (state.to_play(), state.key())


class WrittenOpenings:
    """Openings from a list, in its order.

    Args:
        lines: the moves of each opening.
    """

    def __init__(self, lines: Sequence[tuple[int, ...]]) -> None:
        self.lines = tuple(lines)

    def draw(self, game: Game, seeds: Iterator[tuple[int, int]]) -> Iterator[tuple[int, ...]]:
        for number, _ in enumerate(seeds):
            if number >= len(self.lines):
                raise MatchError(
                    f"openings: expected one for every round, got {len(self.lines)}: add some or play fewer games"
                )
            yield self.lines[number]


def read_openings(path: Path, game: Game) -> WrittenOpenings:
    """Openings from a file: one per line, moves by number or by the game's own names, ``#`` before comments.

    Raises:
        MatchError: it cannot be read, a move is not legal, a game would be over, or a position occurs twice; the
            message names the line.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or error  # an OSError's full text repeats the file's name
        raise MatchError(f"openings: expected to read {path}, got: {reason}") from error
    lines: list[tuple[int, ...]] = []
    seen: dict[Hashable, int] = {}
    for number, written in enumerate(text.splitlines(), 1):
        words = written.partition("#")[0].split()
        if not words:
            continue
        where = f"{path}: line {number}"
        state = game.new_state(np.random.default_rng(0))
        actions: list[int] = []
        for word in words:
            if state.is_terminal():
                raise MatchError(f"{where}: expected an opening that leaves something to play, got a finished game")
            try:
                action = written_move(game, state, word)
            except IllegalActionError as error:
                raise MatchError(f"{where}: {error} after {actions}") from error
            actions.append(action)
            state.apply(action)
        if state.is_terminal():
            raise MatchError(f"{where}: expected an opening that leaves something to play, got a finished game")
        key = (state.to_play(), state.key())
        if key in seen:
            raise MatchError(f"{where}: expected a position that is new, got that of line {seen[key]}")
        seen[key] = number
        lines.append(tuple(actions))
    if not lines:
        raise MatchError(f"{path}: expected openings, one a line, got none")
    return WrittenOpenings(lines)
