"""A run's folder: its configuration, and the lock that one process holds while it trains there. Knows no torch."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Self

from myoshu import files
from myoshu.errors import TrainingError
from myoshu.file_lock import lock_file
from myoshu.training.config import TrainingConfig

__all__ = [
    "BUNDLE",
    "CHECKPOINT",
    "CONFIG",
    "CURVES",
    "ERRORS",
    "EVALUATIONS",
    "GAMES",
    "METRICS",
    "SNAPSHOTS",
    "Lock",
    "checkpoint_identity",
    "holds_run",
    "load_config",
    "remove_unfinished",
    "replaced",
    "write_config",
]

CONFIG = "config.toml"
"""The configuration: :class:`myoshu.training.config.TrainingConfig`."""
CHECKPOINT = "checkpoint.npz"
"""Everything needed to resume: :mod:`myoshu.training.checkpoint`."""
BUNDLE = "agent.myoshu"
"""The agent, at the end."""
SNAPSHOTS = "bundles"
"""A folder: the agents made so far, ``step-N.myoshu`` for each check of strength."""
GAMES = "games"
"""A folder: records of the latest games."""
METRICS = "metrics.csv"
"""Measurements: :data:`myoshu.training.telling.metrics.COLUMNS`."""
EVALUATIONS = "evaluations.csv"
"""Each check of strength, opponent by opponent: :mod:`myoshu.training.strength.check`."""
ERRORS = "errors.jsonl"
"""Games that were abandoned: :mod:`myoshu.training.playing.failures`."""
CURVES = "curves.png"
"""The run as a picture: :mod:`myoshu.training.telling.curves`."""
LOCK = ".lock"
"""See :class:`Lock`."""


class Lock:
    """Held by the one process that trains in a folder; released when the process ends, however it does.

    It is the operating system's lock on the file ``.lock``, which remains and means nothing by itself.

    Args:
        folder: the run's folder.

    Raises:
        TrainingError: another process trains there, or the folder cannot be written to.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / LOCK

    def __enter__(self) -> Self:
        try:
            self._file = self._path.open("ab")
            alone = lock_file(self._file)
        except OSError as error:
            raise TrainingError(f"{self._path}: expected to lock the run, got: {error.strerror or error}") from error
        if not alone:
            self._file.close()
            raise TrainingError(
                f"{self._path.parent}: expected a run that no other process is training, got one that is: "
                "wait for it, end it, or name another folder"
            )
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


def checkpoint_identity(folder: Path) -> tuple[int, ...] | None:
    """A value that differs for each checkpoint written to a folder; None while there is none."""
    try:
        found = (folder / CHECKPOINT).stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def holds_run(folder: Path) -> bool:
    """Whether a run was begun in a folder."""
    return (folder / CONFIG).exists() or (folder / CHECKPOINT).exists()


def load_config(folder: Path) -> TrainingConfig:
    """The configuration of the run in a folder.

    Raises:
        TrainingError: there is no configuration, or it is damaged; the message names the file and the field.
    """
    try:
        text = (folder / CONFIG).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise TrainingError(f"{folder}: expected a run's folder, got none with a readable {CONFIG}") from error
    try:
        return TrainingConfig.from_toml(text)
    except TrainingError as error:
        raise TrainingError(f"{folder / CONFIG}: {error}") from error


def write_config(config: TrainingConfig, folder: Path) -> None:
    """Write the configuration atomically: a run that is killed here leaves all of it or nothing.

    Raises:
        TrainingError: it cannot be written.
    """
    with replaced(folder / CONFIG, "the configuration") as file:
        file.write(config.to_toml().encode())


@contextlib.contextmanager
def replaced(path: Path, what: str) -> Iterator[IO[bytes]]:
    """A file to write that replaces another atomically when it is complete.

    A reader of the path finds the old file or the new one, at any time and after a crash.

    Args:
        path: the file.
        what: its contents, for the error.

    Raises:
        TrainingError: it cannot be written; the old file is unchanged.
    """
    try:
        with files.replaced(path) as file:
            yield file
    except OSError as error:
        raise TrainingError(f"{path}: expected to write {what}, got: {error.strerror or error}") from error


def remove_unfinished(folder: Path) -> None:
    """Remove what a process left behind that was killed while it wrote one of the folder's files."""
    for name in (CONFIG, CHECKPOINT, BUNDLE, METRICS, EVALUATIONS, CURVES, f"{SNAPSHOTS}/step-*.myoshu"):
        for left in folder.glob(f"{Path(name).parent}/.{Path(name).name}.*"):
            left.unlink(missing_ok=True)
