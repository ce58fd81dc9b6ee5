"""Everything that changes as a run learns, and nothing else: what its checkpoints hold."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from myoshu.errors import TrainingError
from myoshu.game import Game
from myoshu.spec import spec_hash
from myoshu.symmetry import symmetries_of
from myoshu.training.budget import Budget
from myoshu.training.checkpoint import Sections
from myoshu.training.config import TrainingConfig
from myoshu.training.folder import ERRORS
from myoshu.training.learning.augmentation import Augmentation
from myoshu.training.learning.learner import Learner, Step
from myoshu.training.learning.targets import make_batch
from myoshu.training.memory.replay import Replay
from myoshu.training.networks.architecture import Architecture
from myoshu.training.playing.failures import Failures
from myoshu.training.randomness import random_state, restore_random_state
from myoshu.training.strength.schedule import Checks

__all__ = ["RunState"]


class RunState:
    """The networks and their training, the replay, the counters and the random state of one run.

    Args:
        game: the rules.
        config: the run's configuration.
        folder: the run's folder; abandoned games are noted there.

    Raises:
        TrainingError: the game cannot be learned.
    """

    def __init__(self, game: Game, config: TrainingConfig, folder: Path) -> None:
        self._config = config
        self._folder = folder
        self.architecture = Architecture.of(game.spec, config.network)
        """The architecture of the networks."""
        self.learner = Learner(self.architecture, config.learner, seed=config.seed)
        """The learner that trains the networks."""
        self.replay = Replay(
            game.spec,
            config.learner.replay_positions,
            config.search.discount,
            late=not self.architecture.model.reward_columns,
            priority_exponent=config.learner.priority_exponent,
            importance_exponent=config.learner.importance_exponent,
        )
        """The replay of games."""
        self.budget = Budget(config)
        """The time learned, and the budget."""
        self.checks = Checks(config)
        """The schedule of checks of strength."""
        self.failures = Failures(folder / ERRORS)
        """The games that were abandoned."""
        self.resumes = 0
        """How often the run was resumed."""
        self._spec = spec_hash(game.spec, self.architecture.model)
        self._augmentation = Augmentation(game.spec, symmetries_of(game))
        self._rng = np.random.default_rng((config.seed, 1))

    @property
    def share(self) -> float:
        """The share of the budget that is spent; 1 or more at the end."""
        return self.budget.share(self.learner.steps)

    def step(self) -> Step:
        """Learn one step from positions drawn from the replay."""
        config = self._config.learner
        drawn = self.replay.sample(config.batch, self._rng)
        batch = make_batch(
            self.replay,
            drawn.rows,
            model=self.architecture.model,
            unroll=config.unroll,
            bootstrap_steps=config.bootstrap_steps,
            search_share=config.search_share,
            rng=self._rng,
            weights=drawn.weights,
        )
        step = self.learner.step(self._augmentation.turn(batch, self._rng), self.share)
        self.replay.learned(drawn.rows, step.errors)
        return step

    def sections(self) -> dict[str, Mapping[str, NDArray[Any]]]:
        """The whole state, as arrays by section and name."""
        return {
            "run": {
                "seconds": np.array(self.budget.seconds),
                "resumes": np.array(self.resumes),
                "random": random_state(self._rng),
                **self.checks.state(),
                **self.failures.state(),
                "spec": np.frombuffer(self._spec.encode(), np.uint8),
            },
            "learner": self.learner.state(),
            "replay": self.replay.state(),
        }

    def restore(self, sections: Sections) -> None:
        """Resume once more, from what :meth:`sections` returned.

        Raises:
            TrainingError: it is of another game, or of other networks.
            KeyError: an entry is missing.
            ValueError: an entry is not what :meth:`sections` returns.
        """
        run = sections["run"]
        if run["spec"].tobytes().decode() != self._spec:
            raise TrainingError(
                f"{self._folder}: expected a run of this game and these networks, got one of others: "
                "the game or the configuration was changed"
            )
        self.learner.restore(sections["learner"])
        self.replay.restore(sections["replay"])
        restore_random_state(self._rng, run["random"])
        self.failures.restore(run)
        self.checks.restore(run)
        self.budget.restore(float(run["seconds"]))
        self.resumes = int(run["resumes"]) + 1
