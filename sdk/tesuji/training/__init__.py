"""Learning a game by playing it: MuZero in PyTorch, self-play through the shipped runtime.

Importing this package loads neither torch nor ONNX: actors run without them. The modules in the order of their
dependence, those above the line free of torch::

    config, presets     what a run is asked to do
    support             how a number is told to a network that classifies
    architecture        the three networks, said once
    trajectory          a game that was played, as arrays
    replay, targets     what is remembered of the games, and what the network should have said
    randomness          the state of random generators
    selfplay            many games at once
    evaluation          how strong it has become
    actor               self-play in a process of its own
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

from tesuji.training.config import LearnerConfig, NetworkConfig, NetworkKind, SelfPlayConfig, TrainingConfig
from tesuji.training.presets import preset, preset_names
from tesuji.training.trajectory import Trajectory

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
