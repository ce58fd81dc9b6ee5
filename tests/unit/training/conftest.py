"""A small game and small settings, so that whole runs take seconds."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterator

import pytest
import torch

from myoshu.game import Game
from myoshu.training import LearnerConfig, NetworkConfig, SelfPlayConfig, TrainingConfig, preset
from myoshu_engines import load_game


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


@pytest.fixture
def modes_bind_root() -> Iterator[None]:
    """Files' and folders' modes bind this thread even if root runs it.

    On Linux it lays the capability to override them down, and takes it up again at the end; both need no privilege.
    """
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        yield
        return
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)  # the interface's version 3, this thread
    held = (ctypes.c_uint32 * 6)()  # effective, permitted and inheritable: the low 32 of each, then the high
    assert libc.capget(header, held) == 0, os.strerror(ctypes.get_errno())
    fewer = (ctypes.c_uint32 * 6)(*held)
    fewer[0] &= ~(1 << 1)  # CAP_DAC_OVERRIDE
    assert libc.capset(header, fewer) == 0, os.strerror(ctypes.get_errno())
    yield
    assert libc.capset(header, held) == 0, os.strerror(ctypes.get_errno())
