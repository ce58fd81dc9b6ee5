"""A training run: actors, learner, checks of strength and checkpoints, in a folder that it can be resumed from."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np
import torch

from myoshu.cores import available_cores
from myoshu.errors import EvaluationError, ExportError, TrainingError
from myoshu.game import Game
from myoshu.training.checkpoint import Sections, read_checkpoint, write_checkpoint
from myoshu.training.config import TrainingConfig
from myoshu.training.endings import diverged, nothing_learned
from myoshu.training.exporter import Exporter
from myoshu.training.folder import (
    BUNDLE,
    CHECKPOINT,
    GAMES,
    Lock,
    checkpoint_identity,
    holds_run,
    load_config,
    remove_unfinished,
    write_config,
)
from myoshu.training.footprint import foresee, require_memory
from myoshu.training.interrupts import Interrupts
from myoshu.training.learning.learner import Learner
from myoshu.training.memory.game_files import GameFiles
from myoshu.training.memory.offline import remember_records
from myoshu.training.memory.replay import Replay
from myoshu.training.networks.architecture import Architecture
from myoshu.training.networks.onnx_writer import played_graphs
from myoshu.training.playing.actor import ActorTask, end_if_imported
from myoshu.training.playing.actor_source import ActorSource
from myoshu.training.playing.failures import AbandonedGame, described
from myoshu.training.playing.local_source import LocalSource
from myoshu.training.playing.source import Source
from myoshu.training.resident import available_memory, keep_freed_memory
from myoshu.training.state import RunState
from myoshu.training.strength.check import Strength
from myoshu.training.strength.opponents import Opponent
from myoshu.training.strength.schedule import check_until
from myoshu.training.summary import Summary
from myoshu.training.telling.meter import Meter
from myoshu.training.telling.notices import notices
from myoshu.training.telling.progress import Progress, QuietProgress
from myoshu.training.telling.report import Report
from myoshu.traits import Traits

__all__ = ["Run"]

WAIT_SECONDS = 0.01
"""Seconds that the learner waits for the first games before it checks again."""
START_SECONDS = 300.0
"""Seconds after the start of the actors at which the clock runs at the latest, whether they play yet or not."""


class Run:
    """One training run in its folder: configuration, checkpoint, metrics, TensorBoard events, bundles.

    With two cores or more, actors play in separate processes and this process learns; on one core, in a
    deterministic run, or with a game that is bound to one process (its ``one_process`` says so), this process does both
    in turn.

    Args:
        game: the rules.
        config: the configuration. A resumed run takes the networks, the search and everything else from its
            checkpoint's configuration, see :meth:`resumed`.
        folder: the run's folder; created if it does not exist.
        opponents: the opponents of checks of strength: those that ``config.opponents`` names.
        progress: shows the run.
        cores: how many cores to use; by default those that this process may run on.

    Raises:
        TrainingError: the folder already holds a run, or cannot be written, or the game cannot be learned.
        ArgumentError: ``config.until`` is not a score, or not a return that the game can pay.
        CapacityError: it would take more memory than is available.
        RecordError: the recorded games to learn from are damaged, or of another game.
    """

    def __init__(
        self,
        game: Game,
        config: TrainingConfig,
        folder: Path,
        *,
        opponents: Sequence[Opponent] = (),
        progress: Progress | None = None,
        cores: int | None = None,
    ) -> None:
        end_if_imported()
        if holds_run(folder):
            raise TrainingError(f"{folder}: expected a new folder, got one that holds a run: resume it or name another")
        check_until(game, config.until)
        self._set_up(game, config, folder, opponents, progress, cores)
        self._remember_records()
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise TrainingError(f"{folder}: expected to make a run's folder, got: {error.strerror or error}") from error
        with Lock(folder):
            write_config(config, folder)

    @classmethod
    def resumed(
        cls,
        game: Game,
        folder: Path,
        *,
        minutes: float | None = None,
        steps: int | None = None,
        until: float | None = None,
        opponents: Sequence[Opponent] | None = None,
        progress: Progress | None = None,
        cores: int | None = None,
    ) -> Run:
        """Resume a run from its last checkpoint.

        Args:
            game: the same game.
            folder: the run's folder.
            minutes: a new time limit, counted from the run's beginning; by default the old limits stay.
            steps: a new limit of steps, likewise.
            until: a new strength to end at; by default the old one stays.
            opponents: the opponents from now on; by default those that the configuration names are needed to train.
            progress: shows the run.
            cores: how many cores to use.

        Raises:
            TrainingError: the folder holds no run, another game's, or a damaged one.
            ArgumentError: ``until`` is not a score, or not a return that the game can pay.
            CapacityError: it would take more memory than is available.
        """
        end_if_imported()
        check_until(game, until)
        config = load_config(folder)
        if minutes is not None or steps is not None:
            config = msgspec.structs.replace(config, minutes=minutes, steps=steps)
        if until is not None:
            config = msgspec.structs.replace(config, until=until)
        if opponents is not None:
            config = msgspec.structs.replace(config, opponents=tuple(opponent.name for opponent in opponents))
        run = cls.__new__(cls)
        run._set_up(game, config, folder, opponents or (), progress, cores)
        run._held = checkpoint_identity(folder)
        if run._held is not None:
            run._restore(read_checkpoint(folder / CHECKPOINT))
        run._remember_records()
        return run

    def train(self, bundle: Path | None = None, *, date: str = "") -> Summary:
        """Learn until the budget is spent or Ctrl-C is pressed, then export.

        The networks are exported once before they learn, as a trial, so that what an export would refuse is refused
        before any time is spent. If anything but diverging networks ends the run early, the agent is still written.
        It is written before the last check of strength, and again with its results.

        Args:
            bundle: the agent's file; by default ``agent.myoshu`` in the run's folder.
            date: the date recorded in the bundle.

        Raises:
            TrainingError: another process trains in the folder, an actor failed, games keep failing, the loss is not
                finite, nothing was learned, or a file cannot be written; the last checkpoint is intact.
            GameError: no game can be started, or all are over before their first move.
            ExportError: the exported graphs do not compute what was trained; the last checkpoint is intact.
        """
        path = bundle if bundle is not None else self.folder / BUNDLE
        if not path.parent.is_dir():
            raise TrainingError(f"{path}: expected a file in a folder that exists, there is no {path.parent}")
        threads = torch.get_num_threads()
        torch.set_num_threads(self._learner_threads)
        keep_freed_memory()
        try:
            with Lock(self.folder), Interrupts() as interrupts:
                self._take_folder()
                self._exporter.rehearse(path)
                self._open_files()
                for notice in notices(self.game, self.architecture):
                    self._progress.note(notice)
                report = Report(self.config, self.state, self.folder, self._progress)
                strength, source = self._new_strength(interrupts), self._new_source()
                with self._exporter.rescue(path, date):
                    try:
                        self._learn(source, report, strength, interrupts)
                        if interrupts.wanted:
                            self._progress.note("Ending early: writing the checkpoint and the agent")
                    finally:
                        self.state.budget.pause()
                        source.stop()
                    self._save(source)
                if not self.learner.steps:
                    raise nothing_learned(self.folder, self.game.spec, self.config, self.state, source, self._actors)
                self.export(path, date=date)
                self._conclude(strength, report, interrupts, path, date)
        except EvaluationError as error:
            raise diverged(
                str(error), self.folder, self.config, self.learner.steps, saved=self._held is not None
            ) from error
        finally:
            torch.set_num_threads(threads)
            self._progress.close()
        return Summary(
            bundle=path,
            seconds=self.state.budget.seconds,
            steps=self.learner.steps,
            games=self.replay.games,
            positions=self.replay.added,
            check=self._exporter.check,
            verdict=None if self._exporter.check is None else self._exporter.check.verdict,
            interrupted=interrupts.wanted,
        )

    def export(self, path: Path, *, date: str = "") -> None:
        """Write a bundle from the averaged weights; see :meth:`Exporter.export`."""
        self._exporter.export(path, date=date)

    def _set_up(
        self,
        game: Game,
        config: TrainingConfig,
        folder: Path,
        opponents: Sequence[Opponent],
        progress: Progress | None,
        cores: int | None,
    ) -> None:
        if config.game != game.spec.name:
            raise TrainingError(f"config.game: expected {game.spec.name!r}, got {config.game!r}")
        self.game = game
        """The rules of the game."""
        self.config = config
        """The run's configuration."""
        self.folder = folder
        """The run's folder."""
        self._opponents = {opponent.name: opponent for opponent in opponents}
        cores = available_cores() if cores is None else max(1, cores)
        self._learner_threads = max(1, cores // 4)
        alone = config.deterministic or Traits.of(game).one_process
        self._actors = 0 if alone else cores - self._learner_threads
        self._progress: Progress = progress or QuietProgress()
        architecture = Architecture.of(game.spec, config.network)
        require_memory(foresee(game.spec, architecture, config, actors=self._actors), available_memory())
        self.state = RunState(game, config, folder)
        """Everything that changes as the run learns."""
        self._sections: Sections = {}
        self._held: tuple[int, ...] | None = None
        self._exporter = Exporter(game, config, self.state, folder, self._progress.note)
        self._files: GameFiles | None = None

    @property
    def architecture(self) -> Architecture:
        """The architecture of the networks."""
        return self.state.architecture

    @property
    def learner(self) -> Learner:
        """The learner that trains the networks."""
        return self.state.learner

    @property
    def replay(self) -> Replay:
        """The replay of games."""
        return self.state.replay

    def _remember_records(self) -> None:
        """Fill the replay of a run that learns from recorded games, unless its checkpoint has done so."""
        path = self.config.offline
        if path is None or len(self.replay):
            return
        found = remember_records(self.replay, Path(path), self.game)
        text = f"Learning from {found.games:,} recorded games ({len(self.replay):,} positions) in {path}"
        if found.forgotten:
            text += f"; {found.forgotten:,} older ones do not fit (learner.replay_positions)"
        if found.useless:
            text += f"; {found.useless:,} teach nothing"
        self._progress.note(text)

    def _open_files(self) -> None:
        """Open the files for new games, unless none are played or kept."""
        positions = self.config.recorded_positions
        if positions is None:
            positions = self.config.learner.replay_positions
        if positions and self.config.offline is None:
            self._files = GameFiles(self.folder / GAMES, self.game.spec, positions, self.replay.games)

    def _learn(self, source: Source, report: Report, strength: Strength, interrupts: Interrupts) -> None:
        config, state = self.config, self.state
        learner, replay, budget = state.learner, state.replay, state.budget
        pacing, offline = source.here, config.offline is not None
        saved_at, saved_step = budget.seconds, learner.steps
        meter = Meter(source, self._learner_threads, learner.steps)
        state.checks.skip(state.share)
        self._await_start(source, interrupts)
        budget.start()
        while state.share < 1.0 and not interrupts.wanted:
            wanted = config.learner.first_positions + config.learner.positions_per_step * learner.steps
            if not pacing or offline or replay.added < wanted:
                self._receive(source)
            gathering = not offline and replay.added < (wanted if pacing else config.learner.first_positions)
            if not gathering:
                meter.learned(state.step())
                if learner.steps % config.learner.hand_over == 0:
                    source.send(learner.weights())
            reading = meter.read(learner.steps)
            if reading is not None:
                report.measured(reading, self._exporter.check)
            if gathering:
                if not pacing:
                    time.sleep(WAIT_SECONDS)
                continue
            if state.checks.due(strength, share=state.share, seconds=budget.seconds, steps=learner.steps):
                self._look_how_strong(strength, report)
                if strength.enough:
                    self._progress.note(f"Ending early: {config.until:g} was reached in two consecutive checks")
                    break
            enough = config.checkpoint_steps is not None and learner.steps - saved_step >= config.checkpoint_steps
            if enough or budget.seconds - saved_at >= config.checkpoint_seconds:
                self._save(source)
                self._draw(report)
                saved_at, saved_step = budget.seconds, learner.steps
        report.flush()

    def _await_start(self, source: Source, interrupts: Interrupts) -> None:
        """Let the actors start up, which does not count as learning time; one that cannot be started is an error."""
        limit = time.monotonic() + START_SECONDS
        while not source.begun() and not interrupts.wanted:
            self._receive(source)
            if time.monotonic() > limit:
                self._progress.note(f"No game is played yet, {START_SECONDS:.0f} s after the actors were started")
                return
            time.sleep(WAIT_SECONDS)

    def _receive(self, source: Source) -> None:
        """Receive the games that were played in the meantime."""
        trajectories = source.receive()
        self.state.failures.finished(len(trajectories))
        for abandoned in source.abandoned():
            self._give_up(abandoned)
        self.replay.add(trajectories)
        if self._files is not None:
            self._files.add(trajectories)
        source.renew(self.replay)

    def _new_source(self) -> Source:
        learner = self.config.learner
        idle = self.config.offline is not None and not learner.reanalyse
        sections, self._sections = self._sections, {}
        tasks = [self._task(index) for index in range(max(1, self._actors))]
        source: Source = (
            ActorSource(tasks, self._progress.note)
            if self._actors and not idle
            else LocalSource(tasks[0], learner.reanalyse * learner.positions_per_step)
        )
        try:
            source.restore(sections)
        except (KeyError, ValueError) as error:
            raise self._unfit(error) from error
        return source

    def _task(self, index: int) -> ActorTask:
        return ActorTask(
            game=self.game,
            model=self.architecture.model,
            graphs=played_graphs(self.architecture),
            weights=self.learner.weights(),
            selfplay=self.config.selfplay,
            search=self.config.search,
            seed=(self.config.seed, 2, index, self.state.resumes),
            reanalyse=self.config.learner.reanalyse if self.config.offline is None else 1.0,
        )

    def _new_strength(self, interrupts: Interrupts) -> Strength:
        names = self.config.opponents
        missing = [name for name in names if name not in self._opponents]
        if missing:
            raise TrainingError(
                f"opponents: expected {', '.join(names)} as the run's configuration says, there is no {missing[0]}"
            )
        return Strength(
            self.game,
            self.config,
            self.folder,
            self.architecture,
            [self._opponents[name] for name in names],
            seconds=self.state.budget.seconds,
            step=self.learner.steps,
            interrupted=lambda: interrupts.wanted,
        )

    def _look_how_strong(self, strength: Strength, report: Report) -> None:
        """Check the strength while the run learns. An error of an opponent or a picture does not end the run."""
        try:
            self._evaluate(strength, report)
        except (EvaluationError, TrainingError):
            raise
        except Exception as error:  # noqa: BLE001 -- user code may raise anything
            self._progress.note(f"step {self.learner.steps:,}: no check of strength: {described(error)}")

    def _evaluate(self, strength: Strength, report: Report, *, last: bool = False) -> None:
        """Check how strong the agent is."""
        step, seconds, checks = self.learner.steps, self.state.budget.seconds, self.state.checks
        if not self.config.evaluation_games or (self._exporter.check is not None and self._exporter.check.step == step):
            return
        budget, start = checks.budget(seconds, last=last), time.perf_counter()
        try:
            check = strength.check(
                self.learner.weights(), self._keep_snapshot, step=step, seconds=seconds, budget=budget
            )
        finally:
            if self.state.budget.running:
                checks.spent += time.perf_counter() - start
        if check is None:
            return
        if check.games:
            self._exporter.check = check
            report.checked(check, seconds)
        else:
            self._progress.note(f"step {step:,}: no game of the check of strength was over in {check.seconds:.1f} s")
        self.state.failures.finished(check.games)
        for abandoned in check.abandoned:
            self._give_up(abandoned)

    def _keep_snapshot(self, path: Path) -> None:
        """Write the agent so far, unless it does not pass the gate: the next one may."""
        try:
            self.export(path)
        except ExportError as error:
            self._progress.note(f"step {self.learner.steps:,}: {path.name} is left out: {error}")

    def _conclude(self, strength: Strength, report: Report, interrupts: Interrupts, path: Path, date: str) -> None:
        """Make a last check of strength and a last picture. The agent is written, and nothing here may undo that."""
        before = self._exporter.check
        try:
            if not interrupts.wanted:
                self._evaluate(strength, report, last=True)
        except Exception as error:  # noqa: BLE001 -- user code may raise anything
            self._progress.note(f"The agent is written, its last check of strength failed: {described(error)}")
        try:
            if self._exporter.check is not before:
                self.export(path, date=date)
        except Exception as error:  # noqa: BLE001 -- user code may raise anything
            self._progress.note(f"The agent is written, its strength could not be noted in it: {described(error)}")
        self._draw(report, last=True)

    def _draw(self, report: Report, *, last: bool = False) -> None:
        """Draw the curves. A failure to draw does not end a run."""
        try:
            report.draw(last=last)
        except Exception as error:  # noqa: BLE001 -- a plotting library may raise anything
            self._progress.note(f"step {self.learner.steps:,}: the curves could not be drawn: {described(error)}")

    def _give_up(self, game: AbandonedGame) -> None:
        self._progress.note(f"step {self.learner.steps:,}: a game was given up: {game}")
        self.state.failures.abandoned(game, self.learner.steps)

    def _save(self, source: Source) -> None:
        if self._files is not None:
            self._files.flush()
        sections = self.state.sections()
        for name, array in sections["learner"].items():
            if array.dtype.kind == "f" and not np.isfinite(array).all():
                raise EvaluationError(
                    f"weights: expected finite numbers after step {self.learner.steps}, {name} has others"
                )
        sections.update(source.state())
        write_checkpoint(self.folder / CHECKPOINT, sections)
        self._held = checkpoint_identity(self.folder)

    def _restore(self, sections: Sections) -> None:
        try:
            self.state.restore(sections)
        except (KeyError, ValueError) as error:
            raise self._unfit(error) from error
        self._sections = sections

    def _unfit(self, error: Exception) -> TrainingError:
        what = (
            f"an entry {error}, got none" if isinstance(error, KeyError) else f"what this myoshu writes, got: {error}"
        )
        return TrainingError(f"{self.folder / CHECKPOINT}: expected {what}; another version of myoshu wrote it")

    def _take_folder(self) -> None:
        """Check that the folder is still as it was read, write the configuration, and tidy up."""
        path = self.folder / CHECKPOINT
        if checkpoint_identity(self.folder) != self._held:
            raise TrainingError(
                f"{path}: expected the checkpoint that was read, got a newer one: "
                "another process resumed the run in the meantime; give the command again"
            )
        remove_unfinished(self.folder)
        write_config(self.config, self.folder)
