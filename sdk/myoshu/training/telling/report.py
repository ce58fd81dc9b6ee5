"""What a run reports while it lasts: to the person who watches, to ``metrics.csv`` and as a picture."""

from __future__ import annotations

import math
from dataclasses import asdict
from pathlib import Path

from myoshu.training.config import TrainingConfig
from myoshu.training.state import RunState
from myoshu.training.strength.check import Check
from myoshu.training.telling.curves import Curves
from myoshu.training.telling.meter import Reading
from myoshu.training.telling.metrics import Metrics
from myoshu.training.telling.progress import Progress, Status

__all__ = ["Report"]


class Report:
    """Reports on one run.

    Args:
        config: the run's configuration.
        state: the run's state.
        folder: the run's folder.
        progress: the display.

    Raises:
        TrainingError: the folder cannot be written to.
    """

    def __init__(self, config: TrainingConfig, state: RunState, folder: Path, progress: Progress) -> None:
        self._config = config
        self._state = state
        self._progress = progress
        self._metrics = Metrics(folder, seconds=state.budget.seconds)
        self._curves = Curves(folder, progress.note)
        self._written = 0.0
        self._last: Reading | None = None

    def measured(self, reading: Reading, check: Check | None) -> None:
        """Show a reading, and write one down from time to time.

        Args:
            reading: the reading.
            check: the last check of strength.

        Raises:
            TrainingError: it cannot be written.
        """
        seconds = self._state.budget.seconds
        self._progress.update(self._status(reading, check))
        if not reading.losses:
            return
        self._last = reading
        if seconds - self._written >= min(30.0, max(1.0, seconds / 100.0)):
            self.flush()

    def flush(self) -> None:
        """Write down the last reading, unless it is already: a run that ends early keeps its figures.

        Raises:
            TrainingError: it cannot be written.
        """
        reading, self._last = self._last, None
        if reading is None:
            return
        state, seconds = self._state, self._state.budget.seconds
        self._written = seconds
        self._metrics.write(
            {
                "seconds": seconds,
                "step": state.learner.steps,
                "games": state.replay.games,
                "positions": state.replay.added,
                "renewed": state.replay.renewed,
                "abandoned": state.failures.count,
                "replay_ratio": state.learner.steps * self._config.learner.batch / max(1, state.replay.added),
                "game_length": state.replay.added / max(1, state.replay.games),
                "learning_rate": state.learner.learning_rate(state.share),
                **{name: value for name, value in asdict(reading).items() if name != "losses"},
                **{f"loss_{name}": value for name, value in reading.losses.items()},
            }
        )

    def checked(self, check: Check, seconds: float) -> None:
        """Show and write a check of strength.

        Args:
            check: its results.
            seconds: time learned when it began.

        Raises:
            TrainingError: it cannot be written.
        """
        took = f"{check.seconds:.1f} s"
        if self._state.budget.running:
            took += f", {self._state.checks.spent / self._state.budget.seconds:.1%} of the time so far"
        self._progress.note(f"step {check.step:,}: {check} [{took}]")
        paid = check.first.paid
        row = {
            "seconds": seconds,
            "step": check.step,
            "mean_return": paid.mean,
            "return_low": paid.interval.low,
            "return_high": paid.interval.high,
            "return_least": paid.least,
            "return_greatest": paid.greatest,
        }
        if check.baseline is not None:
            row["return_random"] = check.baseline.mean
        if check.first.opponent:
            row.update(score_random=check.first.score, score=check.last.score)
        if check.rating is not None:
            there = check.rating.interval()
            row.update(elo=check.rating.elo, elo_low=there.low, elo_high=there.high)
        self._metrics.write(row)

    def draw(self, *, last: bool = False) -> None:
        """Draw the run's picture if it is time to.

        Args:
            last: draw it in any case.

        Raises:
            TrainingError: a file cannot be read or written.
        """
        state, seconds = self._state, self._state.budget.seconds
        if not last and not self._curves.due(seconds):
            return
        minutes, rest = divmod(round(seconds), 60)
        spent = f"{minutes} min {rest} s" if minutes else f"{rest} s"
        done = f"{state.learner.steps:,} steps, {state.replay.games:,} games, {spent}"
        self._curves.draw(f"{self._config.game}: {done}", seconds)

    def _status(self, reading: Reading, check: Check | None) -> Status:
        state, losses = self._state, reading.losses
        return Status(
            seconds=state.budget.seconds,
            progress=min(1.0, state.share),
            step=state.learner.steps,
            games=state.replay.games,
            positions=state.replay.added,
            abandoned=state.failures.count,
            moves_per_second=reading.moves_per_second,
            steps_per_second=reading.steps_per_second,
            loss_policy=losses.get("policy", math.nan),
            loss_value=losses.get("value", math.nan),
            actor_busy=reading.actor_busy,
            learner_busy=reading.learner_busy,
            strength=() if check is None else check.lines(),
            first_positions=0 if self._config.offline else self._config.learner.first_positions,
        )
