"""Writing a run's agent: as a trial before it learns, at checks of strength, at the end, and when learning fails."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from myoshu.errors import BundleError, EvaluationError, ExportError, TrainingError
from myoshu.game import Game
from myoshu.training.config import TrainingConfig
from myoshu.training.networks.examples import Shown, shown_by
from myoshu.training.networks.export import export_bundle
from myoshu.training.playing.failures import described
from myoshu.training.state import RunState
from myoshu.training.strength.check import Check
from myoshu.training.telling.notices import hidden_notice

__all__ = ["Exporter"]

GATE_OBSERVATIONS = 64
"""Observations from the replay that the export's gate compares."""


class Exporter:
    """Writes the agent of one run.

    Args:
        game: the rules.
        config: the run's configuration.
        state: the run's state.
        folder: the run's folder.
        note: called with messages for the user.
    """

    def __init__(
        self, game: Game, config: TrainingConfig, state: RunState, folder: Path, note: Callable[[str], None]
    ) -> None:
        self.check: Check | None = None
        """The last check of strength, recorded in the agent."""
        self._game = game
        self._config = config
        self._state = state
        self._folder = folder
        self._note = note
        self._shown: Shown | None = None

    def export(self, path: Path, *, date: str = "") -> None:
        """Write a bundle from the averaged weights.

        Raises:
            ExportError: the exported graphs do not compute what was trained; the message says what to do.
            TrainingError: the file cannot be written.
        """
        rows = np.linspace(
            0, max(len(self._state.replay) - 1, 0), min(GATE_OBSERVATIONS, len(self._state.replay))
        ).astype(np.int64)
        provenance: dict[str, Any] = {
            "date": date,
            "seconds": round(self._state.budget.seconds, 1),
            "steps": self._state.learner.steps,
            "games": self._state.replay.games,
            "positions": self._state.replay.added,
            "seed": self._config.seed,
            "config": msgspec.to_builtins(self._config),
        }
        if self.check is not None:
            provenance["strength"] = str(self.check)
            if self.check.verdict is not None:
                provenance["verdict"] = self.check.verdict
        hidden = hidden_notice(self._game)
        if hidden is not None:
            provenance["hidden"] = hidden
        try:
            export_bundle(
                path,
                game=self._game.spec,
                architecture=self._state.architecture,
                weights=self._state.learner.weights(),
                search=self._config.search,
                observations=self._state.replay.observations[rows],
                provenance=provenance,
                shown=self._what_is_shown(),
            )
        except BundleError as error:
            raise TrainingError(str(error)) from error
        except ExportError as error:
            if not self._state.learner.steps:
                raise ExportError(f"{error}, before anything was learned") from error
            raise ExportError(
                f"{error}; the checkpoint in {self._folder} is kept: train further (the same command with a greater "
                f"--minutes), then `myoshu export {self._folder}`"
            ) from error

    def rehearse(self, path: Path) -> None:
        """Write the current agent beside its final place, and remove it.

        Raises:
            ExportError: it does not pass the gate, before anything was learned.
            TrainingError: it cannot be written there.
        """
        rehearsed = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        try:
            self.export(rehearsed)
        except ExportError:
            if not self._state.learner.steps:
                raise
        finally:
            with contextlib.suppress(OSError):
                rehearsed.unlink(missing_ok=True)

    @contextlib.contextmanager
    def rescue(self, path: Path, date: str) -> Iterator[None]:
        """Write the agent if learning ends with an error, unless the networks diverged."""
        try:
            yield
        except EvaluationError:
            raise
        except Exception:
            if self._state.learner.steps:
                try:
                    self.export(path, date=date)
                except Exception as error:  # noqa: BLE001 -- the first error is the one to report
                    self._note(f"No agent could be written: {described(error)}")
                else:
                    self._note(f"{path}: the agent as it was at step {self._state.learner.steps:,}")
            raise

    def _what_is_shown(self) -> Shown:
        """What the game shows the player to move: computed once, since it is the same for every export."""
        if self._shown is None:
            self._shown = shown_by(self._game, self._note)
        return self._shown
