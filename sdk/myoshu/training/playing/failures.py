"""Games that raised an error or broke the game's contract: reported, kept on file, counted. Knows no torch."""

from __future__ import annotations

import json
import traceback
from collections import deque
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from myoshu.errors import GameError, MyoshuError, TrainingError

__all__ = ["AbandonedGame", "Failures", "described"]

RECENT = 1000
"""Number of latest games, finished or abandoned, that count."""
ALLOWED = 10
"""How many of these may be abandoned before the run ends."""
FIRST = 3
"""Number of games whose abandonment, before any was finished, ends the run at once."""


@dataclass(frozen=True)
class AbandonedGame:
    """A game that could not be continued."""

    seed: int
    """Seed of the game's chance: ``game.new_state(np.random.default_rng(seed))``."""
    moves: tuple[int, ...]
    """The moves played; if a move raised the error, it is the last."""
    error: str
    """The error's type and text: the traceback's last line."""
    where: str
    """The line that raised it, as ``file.py:12 in apply``; empty if the game only broke its contract."""
    reset: int | None = None
    """For a game in another process: the seed sent in its ``reset``, which follows from ``seed``."""

    @classmethod
    def of(cls, seed: int, moves: list[int], error: Exception, reset: int | None = None) -> AbandonedGame:
        """The game in which an error was raised."""
        text = traceback.format_exception_only(error)[-1].strip()
        frames = [] if isinstance(error, GameError) else traceback.extract_tb(error.__traceback__)
        where = f"{Path(frames[-1].filename).name}:{frames[-1].lineno} in {frames[-1].name}" if frames else ""
        return cls(int(seed), tuple(map(int, moves)), text, where, reset)

    def __str__(self) -> str:
        at = f" ({self.where})" if self.where else ""
        seed = f"seed {self.seed}" if self.reset is None else f"seed {self.reset} (of its reset)"
        return f"{self.error}{at}, in a game of {seed} after the moves {list(self.moves)}"


class Failures:
    """Counts games that were abandoned, writes them to a file, and ends a run with too many of them.

    Args:
        path: the file, a line of JSON for each game: ``{"step": …, "seed": …, "moves": […], "error": …, "where": …}``.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.count = 0
        """Games abandoned so far."""
        self._finished = 0
        self._recent: deque[bool] = deque(maxlen=RECENT)

    def finished(self, games: int) -> None:
        """Note that this many games were played to their end."""
        self._finished += games
        self._recent.extend([False] * min(games, RECENT))

    def abandoned(self, game: AbandonedGame, step: int) -> None:
        """Note that a game was abandoned.

        Args:
            game: the game.
            step: learning steps so far.

        Raises:
            TrainingError: it keeps happening, or the file cannot be written.
        """
        self.count += 1
        self._recent.append(True)
        try:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"step": step, **asdict(game)}) + "\n")
        except OSError as error:
            raise TrainingError(f"{self._path}: expected to note a game, got: {error.strerror or error}") from error
        failed = sum(self._recent)
        first = not self._finished and failed >= FIRST
        if first or failed > ALLOWED:
            which = f"the first {failed} games" if first else f"{failed} of the last {len(self._recent)} games"
            raise TrainingError(
                f"expected games that can be played to their end, {which} were abandoned, the last by {game}; "
                f"all are in {self._path}"
            )

    def state(self) -> dict[str, NDArray[np.generic]]:
        """Everything needed to resume, as arrays."""
        return {
            "abandoned": np.array([self.count, self._finished], np.int64),
            "abandoned_recent": np.array(self._recent, np.bool_),
        }

    def restore(self, state: dict[str, NDArray[np.generic]]) -> None:
        """Resume from what :meth:`state` returned."""
        self.count, self._finished = (int(count) for count in state["abandoned"])
        self._recent = deque(state["abandoned_recent"].tolist(), maxlen=RECENT)


def described(error: Exception) -> str:
    """An error as a sentence, with its type if it is not one of ours."""
    return str(error) if isinstance(error, MyoshuError) else f"{type(error).__name__}: {error}"
