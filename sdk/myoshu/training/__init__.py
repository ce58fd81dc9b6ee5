"""Learning a game by playing it: MuZero in PyTorch, self-play through the shipped runtime.

Importing this package loads neither torch nor ONNX: actors run without them. Contents by topic::

    config, presets, settings   a run's configuration
    playing                     self-play and reanalysis; actors in separate processes; games that are abandoned
    memory                      a game as arrays, the replay, records on disk
    learning                    batches and targets, the learner                                            (torch)
    objectives                  what the networks are trained towards, one file per kind                    (torch)
    networks                    the architecture, in PyTorch and in ONNX, and the gate between them         (torch)
    strength                    when strength is measured, by which games, and the results
    telling                     reporting: progress, metrics, curves, notices
    run                         all of it together, with state, checkpoint, folder, budget, interrupts
"""

from __future__ import annotations

from myoshu.training.config import LearnerConfig, NetworkConfig, NetworkKind, SelfPlayConfig, TrainingConfig
from myoshu.training.memory.trajectory import Trajectory
from myoshu.training.presets import preset, preset_names

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
