"""The latest games of a run on disk, in files that are written atomically."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np

from myoshu.errors import RecordError, TrainingError
from myoshu.record import encode_record, write_lines
from myoshu.spec import GameSpec
from myoshu.training.memory.recording import to_record
from myoshu.training.memory.trajectory import Trajectory

__all__ = ["GameFiles"]

FILE_POSITIONS = 20_000
"""About how many positions go into one file."""
_NOTHING = np.zeros(0, np.float32)
_NOTHING_LEGAL = np.zeros(0, np.bool_)


class GameFiles:
    """A folder of files named after their first game and their number of positions.

    ``000012345-0020013.jsonl.gz`` begins with the run's game 12,345, the first being 0, and has 20,013 positions. Games
    wait in memory until :meth:`flush`, before a checkpoint: so the folder has the games that the checkpoint counts.
    Games that would be removed right away are never written.

    Args:
        folder: the folder, created when there is something to write.
        game: the game that is played.
        positions: about how many of the latest positions to keep; older files are removed.
        games: how many games the run has played so far. Files of later ones, from which a run that resumes from its
            last checkpoint was cut off, are removed: it plays them again.

    Raises:
        TrainingError: a file cannot be removed.
    """

    def __init__(self, folder: Path, game: GameSpec, positions: int, games: int = 0) -> None:
        self.folder = folder
        self.game = game
        self.positions = positions
        self._first = games
        self._waiting: deque[Trajectory] = deque()
        self._held = 0
        self._files: dict[Path, int] = {}
        for path, (first, held) in sorted(_named(folder).items()):
            if first < games:
                self._files[path] = held
            else:
                _remove(path)
        for left in folder.glob(".*.jsonl.gz.*"):
            _remove(left)

    def add(self, trajectories: Iterable[Trajectory]) -> None:
        """Keep games for the next :meth:`flush`."""
        for trajectory in trajectories:
            self._waiting.append(replace(trajectory, observations=_NOTHING, legal=_NOTHING_LEGAL))
            self._held += len(trajectory)
        while self._waiting and self._held - len(self._waiting[0]) >= self.positions:
            self._take()

    def flush(self) -> None:
        """Write the waiting games to files, and remove those that are too old.

        Raises:
            TrainingError: a file cannot be written or removed.
        """
        while self._waiting:
            first, positions, lines = self._first, 0, []
            while self._waiting and positions < FILE_POSITIONS:
                trajectory = self._take()
                positions += len(trajectory)
                lines.append(encode_record(to_record(trajectory, self.game)))
            path = self.folder / f"{first:09d}-{positions:07d}.jsonl.gz"
            try:
                self.folder.mkdir(exist_ok=True)
                write_lines(path, b"".join(lines))
            except OSError as error:
                raise TrainingError(
                    f"{self.folder}: expected to make a folder, got: {error.strerror or error}"
                ) from error
            except RecordError as error:
                raise TrainingError(str(error)) from error
            self._files[path] = positions
        while self._files and sum(self._files.values()) - next(iter(self._files.values())) >= self.positions:
            oldest = next(iter(self._files))
            _remove(oldest)
            del self._files[oldest]

    def _take(self) -> Trajectory:
        self._first += 1
        trajectory = self._waiting.popleft()
        self._held -= len(trajectory)
        return trajectory


def _named(folder: Path) -> dict[Path, tuple[int, int]]:
    """The files in the folder that this class wrote, with their first game and their positions."""
    found = {path: re.fullmatch(r"(\d{9,})-(\d{7,})\.jsonl\.gz", path.name) for path in folder.glob("*.jsonl.gz")}
    return {path: (int(match[1]), int(match[2])) for path, match in found.items() if match}


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise TrainingError(f"{path}: expected to remove an old file, got: {error.strerror or error}") from error
