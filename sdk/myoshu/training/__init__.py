"""Learning a game by playing it: MuZero in PyTorch, self-play through the shipped runtime.

Importing this package loads neither torch nor ONNX: actors run without them. The modules in the order of their
dependence, those above the line free of torch::

    config, presets     what a run is asked to do
    support             how a number is told to a network that classifies
    architecture        the three networks, said once
    trajectory          a game that was played, as arrays
    recording           from trajectories to game records (myoshu.record) and back
    game_files          the run's games on disk
    randomness, noise   the state of random generators; the noise at the roots
    reanalysis          stored positions, searched again
    priorities          which rows are drawn how often
    replay, targets     what is remembered of the games, and what the network should have said
    offline             the replay filled from recorded games
    selfplay            many games at once
    evaluation          how strong it has become
    packing             arrays as bytes
    actor               self-play and reanalysis in a process of their own
    checkpoint          everything a run needs to go on, in one file
    source              where games come from: this process, or actors
    interrupts          Ctrl-C as a wish
    progress            what happens, for the person who waits
    ───────────────
    metrics             what happened, for later
    networks, learner   the networks in PyTorch, and their training
    graphs, export      the networks in ONNX, and the gate they must pass
    run                 all of it together
"""

from __future__ import annotations

from myoshu.training.config import LearnerConfig, NetworkConfig, NetworkKind, SelfPlayConfig, TrainingConfig
from myoshu.training.presets import preset, preset_names
from myoshu.training.trajectory import Trajectory

__all__ = [
    "LearnerConfig",
    "NetworkConfig",
    "NetworkKind",
    "SelfPlayConfig",
    "TrainingConfig",
    "Trajectory",
    "preset",
    "preset_names",
]
