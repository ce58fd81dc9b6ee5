"""A run's metrics: a CSV file and TensorBoard scalars in the run's folder."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping
from pathlib import Path

from myoshu.errors import TrainingError
from myoshu.training.folder import METRICS, replaced
from myoshu.training.telling.events import Events

__all__ = ["COLUMNS", "Metrics", "Table", "read_table"]

COLUMNS = {
    "seconds": "seconds learned so far",
    "step": "learning steps done",
    "games": "games played to their end",
    "positions": "positions recorded from those games",
    "renewed": "positions searched again with a newer network",
    "abandoned": "games abandoned because of an error",
    "moves_per_second": "moves played per second",
    "steps_per_second": "learning steps per second",
    "replay_ratio": "how often a position was learned from, on average",
    "game_length": "positions recorded per game, on average",
    "loss_policy": "cross-entropy to the searches' policy, minus that policy's entropy",
    "loss_value": "cross-entropy to the value's target, or the squared error",
    "loss_reward": "the same for the reward; 0 if it is not predicted",
    "loss_mover": "cross-entropy to who moves next; 0 if it is not predicted",
    "loss_consistency": "minus the cosine of the unrolled and the seen latent state",
    "loss_observation": "share of the observations' variance that the latent states do not predict",
    "gradient": "norm of the whole gradient, before clipping",
    "learning_rate": "the optimiser's step size",
    "actor_busy": "share of their time that the actors spent computing",
    "learner_busy": "the same for the learner's threads",
    "rss_learner_mb": "megabytes of memory that the learner's process holds",
    "rss_actors_mb": "the same for all actors together",
    "mean_return": "the agent's mean return per game: against random play, or alone",
    "return_low": "lower end of that mean's 95% interval",
    "return_high": "upper end of that mean's 95% interval",
    "return_least": "the agent's return in the worst game of the check",
    "return_greatest": "its return in the best game of the check",
    "return_random": "the mean return of random play; games of one player",
    "score_random": "share of the points won against random play",
    "score": "share of the points won against the last of the named opponents",
    "elo": "rating, random play being 0; two players",
    "elo_low": "lower end of its 95% interval",
    "elo_high": "upper end of its 95% interval",
}
"""The columns of ``metrics.csv`` and what they mean; a cell is empty where nothing was measured."""


class Table:
    """Rows of a CSV file that a run appends to.

    A resumed run appends to the file. Rows that a killed run wrote after its last checkpoint, or wrote in part, are
    dropped first.

    Args:
        path: the file.
        columns: its columns; the first is ``seconds``.
        seconds: time learned at the checkpoint that the run resumes from.

    Raises:
        TrainingError: the file cannot be read or written.
    """

    def __init__(self, path: Path, columns: Mapping[str, str], *, seconds: float) -> None:
        self._path = path
        self._columns = columns
        kept = read_table(path, seconds=seconds)
        whole = io.StringIO(newline="")
        rows = csv.DictWriter(whole, columns, extrasaction="ignore")
        rows.writeheader()
        rows.writerows(kept)
        with replaced(path, "what was measured") as file:
            file.write(whole.getvalue().encode())

    def write(self, row: Mapping[str, float | str]) -> None:
        """Write one row, at once; cells that are not given, or NaN, are left empty.

        Raises:
            TrainingError: it cannot be written.
        """
        line = io.StringIO(newline="")
        cells = {key: value if isinstance(value, str) else _cell(value) for key, value in row.items()}
        csv.DictWriter(line, self._columns).writerow(cells)
        try:
            with self._path.open("ab") as file:
                file.write(line.getvalue().encode())
        except OSError as error:
            raise _unwritten(self._path, error) from error


class Metrics:
    """Writes rows to ``metrics.csv`` and, where TensorBoard is installed, scalars beside it.

    Args:
        folder: the run's folder.
        seconds: time learned at the checkpoint that the run resumes from.

    Raises:
        TrainingError: the folder cannot be written to.
    """

    def __init__(self, folder: Path, *, seconds: float = 0.0) -> None:
        self._table = Table(folder / METRICS, COLUMNS, seconds=seconds)
        self._events: Events | None = None
        try:
            self._events = Events(folder)
        except ImportError:
            pass
        except OSError as error:
            raise _unwritten(folder / "events.out.tfevents.*", error) from error

    def write(self, row: Mapping[str, float]) -> None:
        """Write one row; its keys are among :data:`COLUMNS`.

        Raises:
            TrainingError: it cannot be written.
        """
        self._table.write(row)
        if self._events is None:
            return
        scalars = {key: value for key, value in row.items() if key not in ("seconds", "step") and math.isfinite(value)}
        try:
            self._events.write(int(row["step"]), scalars)
        except OSError as error:
            raise _unwritten(self._events.path, error) from error


def read_table(path: Path, *, seconds: float = math.inf) -> list[dict[str, str]]:
    """The complete rows up to a time, with a margin for its rounding in the file; none if there is no file.

    Raises:
        TrainingError: the file cannot be read.
    """
    if not path.exists():
        return []
    try:
        text = path.read_text(encoding="utf-8")
        whole = text[: text.rfind("\n") + 1].splitlines()
        limit = seconds * (1.0 + 1e-5) + 1e-5
        return [row for row in csv.DictReader(whole) if _number(row.get("seconds")) <= limit]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise TrainingError(f"{path}: expected a table of what was measured, got: {error}") from error


def _number(text: str | None) -> float:
    try:
        return float(text or "nan")
    except ValueError:
        return math.nan


def _cell(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.6g}"


def _unwritten(path: Path, error: OSError) -> TrainingError:
    return TrainingError(f"{path}: expected to write what was measured, got: {error.strerror or error}")
