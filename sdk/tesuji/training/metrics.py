"""What happened in a run, for later: a CSV file and TensorBoard scalars in the run's folder."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from tesuji.errors import TrainingError

__all__ = ["COLUMNS", "Metrics"]

COLUMNS = (
    "seconds",
    "step",
    "games",
    "positions",
    "moves_per_second",
    "steps_per_second",
    "replay_ratio",
    "game_length",
    "loss_policy",
    "loss_value",
    "loss_reward",
    "loss_consistency",
    "gradient",
    "learning_rate",
    "actor_busy",
    "learner_busy",
    "score_random",
    "return_random",
)
"""The columns of ``metrics.csv``; a cell is empty where nothing was measured."""


class Metrics:
    """Writes rows to ``metrics.csv`` and, where TensorBoard is installed, scalars beside it.

    A resumed run appends. Rows that a killed run wrote after its last checkpoint, or wrote in part, are dropped first.

    Args:
        folder: the run's.
        seconds: time learned at the checkpoint that the run goes on from.

    Raises:
        TrainingError: the folder cannot be written to.
    """

    def __init__(self, folder: Path, *, seconds: float = 0.0) -> None:
        path = folder / "metrics.csv"
        temporary = folder / ".metrics.csv.new"
        try:
            kept = _read(path, seconds)
            with temporary.open("w", newline="", encoding="utf-8") as file:
                rows = csv.DictWriter(file, COLUMNS, extrasaction="ignore")
                rows.writeheader()
                rows.writerows(kept)
            temporary.replace(path)
            self._file = path.open("a", newline="", encoding="utf-8")
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            raise TrainingError(f"{path}: expected to write metrics, got: {error}") from error
        self._rows = csv.DictWriter(self._file, COLUMNS)
        self._board = _board(folder)

    def write(self, row: Mapping[str, float]) -> None:
        """Write one row; its keys are among :data:`COLUMNS`."""
        self._rows.writerow({key: f"{value:.6g}" for key, value in row.items()})
        self._file.flush()
        if self._board is not None:
            for key, value in row.items():
                if key not in ("seconds", "step"):
                    self._board.add_scalar(key, value, int(row["step"]))

    def close(self) -> None:
        """Write what is left."""
        self._file.close()
        if self._board is not None:
            self._board.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _read(path: Path, seconds: float) -> list[dict[str, str]]:
    """The whole rows written up to a time, with a little more for its rounding in the file."""
    if not path.exists():
        return []
    text = path.read_text(encoding="utf-8")
    whole = text[: text.rfind("\n") + 1].splitlines()
    limit = seconds * (1.0 + 1e-5) + 1e-5
    return [row for row in csv.DictReader(whole) if _number(row.get("seconds")) <= limit]


def _number(text: str | None) -> float:
    try:
        return float(text or "inf")
    except ValueError:
        return float("inf")


def _board(folder: Path) -> Any:
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        return None
    return SummaryWriter(str(folder))
