"""What an actor is given to play with networks that have learned nothing."""

from __future__ import annotations

from typing import Any

import msgspec

from myoshu.game import Game
from myoshu.training import TrainingConfig, Trajectory
from myoshu.training.learning.learner import Learner
from myoshu.training.networks.architecture import Architecture
from myoshu.training.networks.onnx_writer import played_graphs
from myoshu.training.playing.actor import ActorTask, new_work
from myoshu.training.playing.selfplay import SelfPlay


def make_task(game: Game, config: TrainingConfig, **changes: Any) -> ActorTask:
    """The task of a run's only actor; ``changes`` are of settings of self-play."""
    architecture = Architecture.of(game.spec, config.network)
    return ActorTask(
        game=game,
        model=architecture.model,
        graphs=played_graphs(architecture),
        weights=Learner(architecture, config.learner, seed=5).weights(),
        selfplay=msgspec.structs.replace(config.selfplay, **changes),
        search=config.search,
        seed=(3, 1),
    )


def begin(game: Game, config: TrainingConfig, **changes: Any) -> SelfPlay:
    """Self-play by that task in this process."""
    selfplay = new_work(make_task(game, config, **changes)).selfplay
    assert selfplay is not None
    return selfplay


def play(selfplay: SelfPlay, moves: int) -> list[Trajectory]:
    """The games that ended while so many moves were made in each."""
    return [trajectory for _ in range(moves) for trajectory in selfplay.play()]
