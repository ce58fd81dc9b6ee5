"""A small game and small settings, so that whole runs take seconds."""

from __future__ import annotations

import pytest
import torch

from tesuji.game import Game
from tesuji.training import LearnerConfig, NetworkConfig, SelfPlayConfig, TrainingConfig, preset
from tesuji_engines import load_game


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    """Threads that wait for each other spin, and on a busy machine small tests then take minutes."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def game() -> Game:
    return load_game("openspiel:tic_tac_toe")


@pytest.fixture
def config(game: Game) -> TrainingConfig:
    return TrainingConfig(
        game=game.spec.name,
        minutes=None,
        steps=30,
        deterministic=True,
        evaluation_games=8,
        evaluations=2,
        network=NetworkConfig(rewards=False, width=16),
        selfplay=SelfPlayConfig(games=8, simulations=4),
        search=preset(game.spec).search,
        learner=LearnerConfig(batch=16, first_positions=60, positions_per_step=4.0, hand_over=5, replay_positions=150),
    )
