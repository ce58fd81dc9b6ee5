"""A training run: actors, learner, checks of strength and checkpoints, in a folder that can be gone on from."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import torch
from numpy.typing import NDArray

from tesuji.errors import BundleError, EvaluationError, TrainingError
from tesuji.game import Game
from tesuji.spec import spec_hash
from tesuji.symmetry import symmetries_of
from tesuji.training.actor import ActorTask
from tesuji.training.architecture import Architecture
from tesuji.training.augmentation import Augmentation
from tesuji.training.checkpoint import Sections, read_checkpoint, write_checkpoint
from tesuji.training.checks import Checks
from tesuji.training.config import TrainingConfig
from tesuji.training.curves import Curves
from tesuji.training.export import export_bundle
from tesuji.training.failures import AbandonedGame, Failures
from tesuji.training.folder import (
    BUNDLE,
    CHECKPOINT,
    ERRORS,
    GAMES,
    Lock,
    checkpoint_identity,
    holds_run,
    load_config,
    remove_unfinished,
    write_config,
)
from tesuji.training.game_files import GameFiles
from tesuji.training.graphs import write_graph
from tesuji.training.interrupts import Interrupts
from tesuji.training.learner import Learner, Losses
from tesuji.training.memory import keep_freed_memory
from tesuji.training.meter import Meter, Reading
from tesuji.training.metrics import Metrics
from tesuji.training.offline import remember_records
from tesuji.training.opponents import Opponent
from tesuji.training.progress import Progress, QuietProgress, Status
from tesuji.training.randomness import random_state, restore_random_state
from tesuji.training.replay import Replay
from tesuji.training.source import ActorSource, LocalSource, Source
from tesuji.training.strength import Check, Strength
from tesuji.training.targets import make_batch

__all__ = ["Run", "Summary", "available_cores"]

GATE_OBSERVATIONS = 64
"""Observations from the replay that the export's gate compares."""


@dataclass(frozen=True)
class Summary:
    """What came of a run."""

    bundle: Path
    """The exported agent."""
    seconds: float
    """Time learned."""
    steps: int
    """Steps learned."""
    games: int
    """Games played."""
    positions: int
    """Positions played and recorded."""
    check: Check | None
    """The last check of strength."""
    interrupted: bool
    """Whether a person ended it early."""


class Run:
    """One training run in its folder: configuration, checkpoint, metrics, TensorBoard events, bundles.

    With two cores or more, actors play in processes of their own and this process learns; on one core, or in a
    deterministic run, this process does both in turn.

    Args:
        game: the rules.
        config: what to do. A resumed run takes the networks, the search and everything else from its checkpoint's
            configuration, see :meth:`resumed`.
        folder: where everything is kept; made if it is not there.
        opponents: whom to play to see how strong it has become: those that ``config.opponents`` names.
        progress: shows the run.
        cores: how many cores to use; by default those this process may run on.

    Raises:
        TrainingError: the folder already holds a run, or cannot be written, or the game cannot be learned.
        RecordError: the recorded games that are to be learned from are damaged, or of another game.
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
        if holds_run(folder):
            raise TrainingError(f"{folder}: expected a new folder, got one that holds a run: resume it or name another")
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
        """Go on with a run from its last checkpoint.

        Args:
            game: the same game.
            folder: the run's.
            minutes: a new limit of time, counted from the run's beginning; by default the old limits stay.
            steps: a new limit of steps, likewise.
            until: a new strength to end at; by default the old one stays.
            opponents: whom to play from now on; by default those that the configuration names are needed to train.
            progress: shows the run.
            cores: how many cores to use.

        Raises:
            TrainingError: the folder holds no run, another game's, or a damaged one.
        """
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

        Args:
            bundle: where the agent goes; by default ``agent.tesuji`` in the run's folder.
            date: noted in the bundle.

        Raises:
            TrainingError: another process trains in the folder, an actor failed, games keep failing, the loss is not
                finite, or a file cannot be written; the last checkpoint is intact.
            ExportError: the exported graphs do not compute what was trained.
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
                self._open_files()
                metrics, strength = Metrics(self.folder, seconds=self._seconds), self._new_strength()
                source = self._new_source()
                try:
                    self._learn(source, metrics, strength, interrupts)
                    if interrupts.wanted:
                        self._progress.note("Ending early: writing the checkpoint and the agent")
                finally:
                    source.stop()
                self._pause()
                self._save(source)
                if not self.learner.steps:
                    raise TrainingError(f"{self.folder}: nothing was learned yet, so there is nothing to export")
                self._evaluate(strength, metrics, last=not interrupts.wanted)
                self.export(path, date=date)
                self._draw(last=True)
        except EvaluationError as error:
            raise self._diverged(str(error)) from error
        finally:
            torch.set_num_threads(threads)
            self._progress.close()
        return Summary(
            bundle=path,
            seconds=self._seconds,
            steps=self.learner.steps,
            games=self.replay.games,
            positions=self.replay.added,
            check=self._check,
            interrupted=interrupts.wanted,
        )

    def export(self, path: Path, *, date: str = "") -> None:
        """Write a bundle from the averaged weights.

        Raises:
            ExportError: the exported graphs do not compute what was trained.
            TrainingError: the file cannot be written.
        """
        rows = np.linspace(0, max(len(self.replay) - 1, 0), min(GATE_OBSERVATIONS, len(self.replay))).astype(np.int64)
        provenance: dict[str, Any] = {
            "date": date,
            "seconds": round(self._seconds, 1),
            "steps": self.learner.steps,
            "games": self.replay.games,
            "positions": self.replay.added,
            "seed": self.config.seed,
            "config": msgspec.to_builtins(self.config),
        }
        if self._check is not None:
            provenance["strength"] = str(self._check)
        try:
            export_bundle(
                path,
                game=self.game.spec,
                architecture=self.architecture,
                weights=self.learner.weights(),
                search=self.config.search,
                observations=self.replay.observations[rows],
                provenance=provenance,
            )
        except BundleError as error:
            raise TrainingError(str(error)) from error

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
        """The rules."""
        self.config = config
        """What is done."""
        self.folder = folder
        """Where everything is kept."""
        self._opponents = {opponent.name: opponent for opponent in opponents}
        cores = available_cores() if cores is None else max(1, cores)
        self._learner_threads = max(1, cores // 4)
        self._actors = 0 if config.deterministic else cores - self._learner_threads
        self._progress: Progress = progress or QuietProgress()
        self.architecture = Architecture.of(game.spec, config.network)
        """The networks."""
        self.learner = Learner(self.architecture, config.learner, seed=config.seed)
        """Their training."""
        self.replay = Replay(
            game.spec,
            config.learner.replay_positions,
            config.search.discount,
            late=not self.architecture.model.reward_columns,
            priority_exponent=config.learner.priority_exponent,
            importance_exponent=config.learner.importance_exponent,
        )
        """The games."""
        self._augmentation = Augmentation(game.spec, symmetries_of(game))
        self._rng = np.random.default_rng((config.seed, 1))
        self._seconds = 0.0
        self._started: float | None = None
        self._resumes = 0
        self._sections: Sections = {}
        self._held: tuple[int, ...] | None = None
        self._failures = Failures(folder / ERRORS)
        self._written = 0.0
        self._curves = Curves(folder, self._progress.note)
        self._checks = Checks(config)
        self._check: Check | None = None
        self._files: GameFiles | None = None

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
        """Where the games that will be played go, unless none are played or kept."""
        positions = self.config.recorded_positions
        if positions is None:
            positions = self.config.learner.replay_positions
        if positions and self.config.offline is None:
            self._files = GameFiles(self.folder / GAMES, self.game.spec, positions, self.replay.games)

    def _learn(self, source: Source, metrics: Metrics, strength: Strength, interrupts: Interrupts) -> None:
        config, learner, replay = self.config, self.learner, self.replay
        pacing, offline = isinstance(source, LocalSource), config.offline is not None
        saved_at, saved_step = self._total_seconds(), learner.steps
        meter = Meter(source, self._learner_threads, learner.steps)
        self._checks.skip(self._progress_share())
        self._started = time.perf_counter()
        while self._progress_share() < 1.0 and not interrupts.wanted:
            wanted = config.learner.first_positions + config.learner.positions_per_step * learner.steps
            if not pacing or offline or replay.added < wanted:
                trajectories = source.receive()
                self._failures.finished(len(trajectories))
                for abandoned in source.abandoned():
                    self._give_up(abandoned)
                replay.add(trajectories)
                if self._files is not None:
                    self._files.add(trajectories)
                source.renew(replay)
            if not offline and replay.added < (wanted if pacing else config.learner.first_positions):
                self._report(meter, metrics)
                if not pacing:
                    time.sleep(0.01)
                continue
            meter.learned(self._step())
            if learner.steps % config.learner.hand_over == 0:
                source.send(learner.weights())
            self._report(meter, metrics)
            if self._checks.due(strength, share=self._progress_share(), seconds=self._total_seconds()):
                self._evaluate(strength, metrics)
                if strength.enough:
                    self._progress.note(
                        f"Ending early: {config.until:g} was reached in two checks, one after the other"
                    )
                    break
            steps = config.checkpoint_steps
            if self._total_seconds() - saved_at >= config.checkpoint_seconds or (
                steps is not None and learner.steps - saved_step >= steps
            ):
                self._save(source)
                self._draw()
                saved_at, saved_step = self._total_seconds(), learner.steps

    def _step(self) -> Losses:
        config = self.config.learner
        drawn = self.replay.sample(config.batch, self._rng)
        batch = make_batch(
            self.replay,
            drawn.rows,
            model=self.architecture.model,
            unroll=config.unroll,
            bootstrap_steps=config.bootstrap_steps,
            rng=self._rng,
            weights=drawn.weights,
        )
        losses = self.learner.step(self._augmentation.turn(batch, self._rng), self._progress_share())
        self.replay.learned(drawn.rows, self.learner.errors)
        return losses

    def _new_source(self) -> Source:
        learner = self.config.learner
        idle = self.config.offline is not None and not learner.reanalyse
        tasks = [self._task(index) for index in range(max(1, self._actors))]
        if self._actors and not idle:
            return ActorSource(tasks, self._progress.note)
        source = LocalSource(tasks[0], learner.reanalyse * learner.positions_per_step)
        if "playing" in self._sections:
            try:
                source.restore(self._sections)
            except (KeyError, ValueError) as error:
                raise self._unfit(error) from error
        self._sections = {}
        return source

    def _task(self, index: int) -> ActorTask:
        return ActorTask(
            game=self.game,
            model=self.architecture.model,
            initial=write_graph("initial", self.architecture),
            recurrent=write_graph("recurrent", self.architecture),
            weights=self.learner.weights(),
            selfplay=self.config.selfplay,
            search=self.config.search,
            seed=(self.config.seed, 2, index, self._resumes),
            reanalyse=self.config.learner.reanalyse if self.config.offline is None else 1.0,
        )

    def _new_strength(self) -> Strength:
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
            seconds=self._seconds,
            step=self.learner.steps,
        )

    def _evaluate(self, strength: Strength, metrics: Metrics, *, last: bool = False) -> None:
        """Look how strong the agent is."""
        step, seconds = self.learner.steps, self._total_seconds()
        if not self.config.evaluation_games or (self._check is not None and self._check.step == step):
            return
        budget = self._checks.budget(seconds, last=last)
        self._check = check = strength.check(
            self.learner.weights(), self.export, step=step, seconds=seconds, budget=budget
        )
        for abandoned in check.abandoned:
            self._give_up(abandoned)
        took = f"{check.seconds:.1f} s"
        if self._started is not None:
            self._checks.spent += check.seconds
            took += f", {self._checks.spent / self._total_seconds():.1%} of the time so far"
        self._progress.note(f"step {step:,}: {check} [{took}]")
        row = {"seconds": seconds, "step": step, "mean_return": check.first.mean_return}
        if check.first.opponent:
            row.update(score_random=check.first.score, score=check.last.score)
        if check.rating is not None:
            row.update(elo=check.rating.elo, elo_low=check.rating.low, elo_high=check.rating.high)
        metrics.write(row)

    def _draw(self, *, last: bool = False) -> None:
        seconds = self._total_seconds()
        if last or self._curves.due(seconds):
            minutes, rest = divmod(round(seconds), 60)
            spent = f"{minutes} min {rest} s" if minutes else f"{rest} s"
            done = f"{self.learner.steps:,} steps, {self.replay.games:,} games, {spent}"
            self._curves.draw(f"{self.game.spec.name}: {done}", seconds)

    def _give_up(self, game: AbandonedGame) -> None:
        self._progress.note(f"step {self.learner.steps:,}: a game was given up: {game}")
        self._failures.abandoned(game, self.learner.steps)

    def _save(self, source: Source) -> None:
        if self._files is not None:
            self._files.flush()
        learned = self.learner.state()
        for name, array in learned.items():
            if array.dtype.kind == "f" and not np.isfinite(array).all():
                raise self._diverged(
                    f"weights: expected finite numbers after step {self.learner.steps}, {name} has others"
                )
        sections: dict[str, Mapping[str, NDArray[Any]]] = {
            "run": {
                "seconds": np.array(self._total_seconds()),
                "resumes": np.array(self._resumes),
                "random": random_state(self._rng),
                **self._checks.state(),
                **self._failures.state(),
                "spec": np.frombuffer(self._spec().encode(), np.uint8),
            },
            "learner": learned,
            "replay": self.replay.state(),
        }
        if isinstance(source, LocalSource):
            sections.update(source.state())
        write_checkpoint(self.folder / CHECKPOINT, sections)
        self._held = checkpoint_identity(self.folder)

    def _restore(self, sections: Sections) -> None:
        try:
            run = sections["run"]
            if run["spec"].tobytes().decode() != self._spec():
                raise TrainingError(
                    f"{self.folder}: expected a run of this game and these networks, got one of others: "
                    "the game or the configuration was changed"
                )
            self.learner.restore(sections["learner"])
            self.replay.restore(sections["replay"])
            restore_random_state(self._rng, run["random"])
            self._failures.restore(run)
            self._checks.restore(run)
            self._seconds = float(run["seconds"])
            self._resumes = int(run["resumes"]) + 1
        except (KeyError, ValueError) as error:
            raise self._unfit(error) from error
        self._sections = sections

    def _unfit(self, error: Exception) -> TrainingError:
        what = (
            f"an entry {error}, got none" if isinstance(error, KeyError) else f"what this tesuji writes, got: {error}"
        )
        return TrainingError(f"{self.folder / CHECKPOINT}: expected {what}; another version of tesuji wrote it")

    def _take_folder(self) -> None:
        """Check that what was read of the folder is still so, note what is done now, and tidy up."""
        path = self.folder / CHECKPOINT
        if checkpoint_identity(self.folder) != self._held:
            raise TrainingError(
                f"{path}: expected the checkpoint that was read, got a newer one: "
                "another process went on with the run meanwhile; give the command again"
            )
        remove_unfinished(self.folder)
        write_config(self.config, self.folder)

    def _diverged(self, what: str) -> TrainingError:
        last = f"the checkpoint in {self.folder} is from before" if self._held else "there is no checkpoint yet"
        return TrainingError(
            f"{what}: the networks diverged at step {self.learner.steps:,}; {last}. "
            "Try a smaller learner.learning_rate or learner.clip, and check that the game pays what its spec says"
        )

    def _spec(self) -> str:
        return spec_hash(self.game.spec, self.architecture.model)

    def _report(self, meter: Meter, metrics: Metrics) -> None:
        """Show and write what was measured, if it is time to."""
        reading = meter.read(self.learner.steps)
        if reading is None:
            return
        total, share = self._total_seconds(), self._progress_share()
        self._progress.update(self._status(reading))
        if reading.losses is None or total - self._written < min(30.0, max(1.0, total / 100.0)):
            return
        self._written = total
        losses = asdict(reading.losses)
        gradient = losses.pop("gradient")
        metrics.write(
            {
                "seconds": total,
                "step": self.learner.steps,
                "games": self.replay.games,
                "positions": self.replay.added,
                "renewed": self.replay.renewed,
                "abandoned": self._failures.count,
                "replay_ratio": self.learner.steps * self.config.learner.batch / max(1, self.replay.added),
                "game_length": self.replay.added / max(1, self.replay.games),
                "learning_rate": self.learner.learning_rate(share),
                **{name: value for name, value in asdict(reading).items() if name != "losses"},
                **{f"loss_{name}": value for name, value in losses.items()},
                "gradient": gradient,
            }
        )

    def _status(self, reading: Reading) -> Status:
        return Status(
            seconds=self._total_seconds(),
            progress=min(1.0, self._progress_share()),
            step=self.learner.steps,
            games=self.replay.games,
            positions=self.replay.added,
            abandoned=self._failures.count,
            moves_per_second=reading.moves_per_second,
            steps_per_second=reading.steps_per_second,
            loss_policy=float("nan") if reading.losses is None else reading.losses.policy,
            loss_value=float("nan") if reading.losses is None else reading.losses.value,
            actor_busy=reading.actor_busy,
            learner_busy=reading.learner_busy,
            strength=() if self._check is None else self._check.lines(),
        )

    def _pause(self) -> None:
        """Stop the clock."""
        self._seconds = self._total_seconds()
        self._started = None

    def _running(self) -> float:
        return 0.0 if self._started is None else time.perf_counter() - self._started

    def _total_seconds(self) -> float:
        return self._seconds + self._running()

    def _progress_share(self) -> float:
        config = self.config
        by_time = self._total_seconds() / (60.0 * config.minutes) if config.minutes is not None else 0.0
        by_steps = self.learner.steps / config.steps if config.steps is not None else 0.0
        return max(by_time, by_steps)


def available_cores() -> int:
    """How many cores this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
