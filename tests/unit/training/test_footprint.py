"""What a run takes must be known before, and be refused where it does not fit."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest

from myoshu.errors import CapacityError
from myoshu.game import Game
from myoshu.runtime.evaluator import Evaluator
from myoshu.runtime.planner import Planner
from myoshu.spec import GameSpec, Movers
from myoshu.testing.networks import mlp
from myoshu.training import TrainingConfig, preset
from myoshu.training import run as run_module
from myoshu.training.footprint import (
    Part,
    foresee,
    game_bytes,
    position_bytes,
    require_memory,
    sample_bytes,
    search_slots,
    tree_bytes,
)
from myoshu.training.memory.replay import Replay
from myoshu.training.networks.architecture import Architecture
from myoshu.training.playing.selfplay import MOST_BYTES
from myoshu.training.run import Run

BOARD = GameSpec(
    name="board", players=2, actions=64, observation=(3, 8, 8), returns=(-1, 1), zero_sum=True, max_length=60
)
CHESS = msgspec.structs.replace(BOARD, name="chess", actions=4674, observation=(22, 8, 8), max_length=17695)
FRAMES = GameSpec(
    name="frames", players=1, actions=6, observation=(12, 96, 96), returns=(0, 1000), movers=Movers.ALTERNATE,
    max_length=1000,
)  # fmt: skip
DICE = GameSpec(name="dice", players=3, actions=300, observation=(9,), returns=(0, 1), max_length=None)
SPECS = (BOARD, CHESS, FRAMES, DICE)


def total(game: GameSpec, config: TrainingConfig, actors: int = 1) -> int:
    return sum(part.bytes for part in foresee(game, Architecture.of(game, config.network), config, actors=actors))


@pytest.mark.parametrize("game", SPECS, ids=lambda game: game.name)
def test_a_replay_takes_what_was_foreseen(game: GameSpec) -> None:
    replay = Replay(game, 1000)
    held = sum(array.nbytes for array in vars(replay).values() if isinstance(array, np.ndarray))
    held += replay._policies.array.nbytes
    assert held <= 1000 * position_bytes(game)
    assert held >= 0.5 * 1000 * position_bytes(game) or game.actions > 256


@pytest.mark.parametrize("simulations", [1, 16, 64])
def test_search_trees_take_what_was_foreseen(simulations: int) -> None:
    network = mlp((4,), 50, 8, players=2)
    evaluator = Evaluator(network.model, network.graphs, providers="cpu")
    planner = Planner(evaluator, preset(BOARD).search, slots=32, simulations=simulations)
    assert planner.nbytes == pytest.approx(32 * tree_bytes(network.model, simulations), rel=0.35)


@pytest.mark.parametrize("game", SPECS, ids=lambda game: game.name)
def test_presets_bound_every_part(game: GameSpec) -> None:
    config = preset(game)
    architecture = Architecture.of(game, config.network)
    assert config.selfplay.games * game_bytes(game) <= MOST_BYTES
    assert config.learner.replay_positions * position_bytes(game) <= MOST_BYTES * 1.01
    assert config.learner.batch * sample_bytes(architecture, config.learner) <= 3 << 29
    assert config.learner.first_positions <= config.learner.replay_positions
    assert total(game, config) < 5e9


def test_presets_of_small_games_are_not_cut_down() -> None:
    config = preset(BOARD)
    assert (config.selfplay.games, config.learner.batch, config.learner.replay_positions) == (64, 256, 400_000)
    assert preset(FRAMES).selfplay.games < 64
    assert preset(CHESS).selfplay.games == 64


def test_every_setting_that_is_named_makes_it_less() -> None:
    config, architecture = preset(CHESS), Architecture.of(CHESS, preset(CHESS).network)
    fields = {part.field for part in foresee(CHESS, architecture, config, actors=2)} - {""}
    assert len(fields) == 5
    for field in fields:
        table, _, key = field.partition(".")
        part = getattr(config, table)
        low = msgspec.structs.replace(part, **{key: getattr(part, key) // 2})
        if field == "learner.replay_positions":
            low = msgspec.structs.replace(low, first_positions=100)
        less = msgspec.structs.replace(config, **{table: low})
        if field == "search.simulations":  # as many trees as fit are searched at once
            few = msgspec.structs.replace(config, evaluation_games=4)
            assert total(CHESS, msgspec.structs.replace(less, evaluation_games=4)) < total(CHESS, few)
        else:
            assert total(CHESS, less) < total(CHESS, config)


def test_searches_of_large_games_are_fewer_at_once() -> None:
    config = preset(CHESS)
    chess, board = (Architecture.of(game, config.network).model for game in (CHESS, BOARD))
    assert search_slots(board, config.search, 40) == 40
    assert search_slots(board, config.search, 400) == 64
    long = msgspec.structs.replace(config.search, simulations=400)
    assert 1 <= search_slots(chess, long, 40) < 20
    assert search_slots(chess, msgspec.structs.replace(config.search, simulations=1 << 19), 40) == 1


def test_what_does_not_fit_is_refused_with_its_size() -> None:
    parts = [
        Part("the programs", 500_000_000, ""),
        Part("the replay", 3_000_000_000, "learner.replay_positions"),
        Part("a step's batch", 20_000_000, "learner.batch"),
        Part("the games under way", 1_100_000_000, "selfplay.games"),
    ]
    require_memory(parts, None)
    require_memory(parts, 4_620_000_000)
    with pytest.raises(
        CapacityError,
        match=r"memory: expected a run that fits into the 4\.6 GB that are free, got one of 4\.6 GB: 3\.0 GB for the "
        r"replay \(learner\.replay_positions\), 1\.1 GB for the games under way \(selfplay\.games\), 500 MB for the "
        r"programs, …; lower learner\.replay_positions or selfplay\.games, or use fewer cores",
    ):
        require_memory(parts, 4_619_999_999)


def test_a_run_that_does_not_fit_takes_nothing(
    game: Game, config: TrainingConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_module, "available_memory", lambda: 100_000_000)
    monkeypatch.setattr(run_module, "RunState", None)  # nothing is made
    with pytest.raises(CapacityError, match="memory: expected a run that fits into the 100 MB that are free, got one "):
        Run(game, config, tmp_path / "run")
    assert not (tmp_path / "run").exists()
