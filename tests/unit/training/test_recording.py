"""Self-play's games on disk: what is read back is what was played, in files that are whole and never too many."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from myoshu.errors import RecordError, TrainingError
from myoshu.game import Game
from myoshu.record import Ending, GameRecord, read_records, write_records
from myoshu.training import TrainingConfig, Trajectory
from myoshu.training.learning.learner import Learner
from myoshu.training.memory import game_files as module
from myoshu.training.memory.game_files import GameFiles
from myoshu.training.memory.offline import Found, remember_records
from myoshu.training.memory.recording import to_record, to_trajectory
from myoshu.training.memory.replay import Replay
from myoshu.training.networks.architecture import Architecture
from myoshu.training.networks.onnx_writer import played_graphs
from myoshu.training.playing.actor import ActorTask, new_work


def played(game: Game, config: TrainingConfig, moves: int = 40) -> list[Trajectory]:
    architecture = Architecture.of(game.spec, config.network)
    selfplay = new_work(
        ActorTask(
            game=game,
            model=architecture.model,
            graphs=played_graphs(architecture),
            weights=Learner(architecture, config.learner, seed=5).weights(),
            selfplay=config.selfplay,
            search=config.search,
            seed=(3, 1),
        )
    ).selfplay
    assert selfplay is not None
    return [trajectory for _ in range(moves) for trajectory in selfplay.play()]


def test_what_is_read_back_is_what_was_played(game: Game, config: TrainingConfig, tmp_path: Path) -> None:
    trajectories = played(game, config)
    assert any(trajectory.opening for trajectory in trajectories)
    assert any(trajectory.explored.any() for trajectory in trajectories)
    write_records(tmp_path / "games.jsonl.gz", [to_record(trajectory, game.spec) for trajectory in trajectories])
    for before, record in zip(trajectories, read_records(tmp_path / "games.jsonl.gz"), strict=True):
        assert record.seats == ("self-play", "self-play")
        after = to_trajectory(record, game)
        assert after is not None
        for name, value in vars(before).items():
            other = getattr(after, name)
            if name in ("policies", "values"):
                np.testing.assert_allclose(other, value, atol=5e-4)
                assert other.dtype == value.dtype
            else:
                np.testing.assert_array_equal(other, value, err_msg=name)
                assert getattr(other, "dtype", None) == getattr(value, "dtype", None)


def record(**changes: Any) -> GameRecord:
    """The first player wins in the third row, somebody's game without policies and values; the first move is random."""
    plain = GameRecord(
        format=1,
        game="openspiel:tic_tac_toe",
        myoshu="1",
        seed=0,
        seats=("a", "b"),
        opening=1,
        moves=(0, 3, 1, 4, 2),
        returns=(1.0, -1.0),
    )
    return msgspec.structs.replace(plain, **changes)


def test_without_a_search_the_moves_and_the_outcome_are_learned(game: Game) -> None:
    trajectory = to_trajectory(record(), game, 0.5)
    assert trajectory is not None
    np.testing.assert_array_equal(trajectory.policies, np.eye(9)[[3, 1, 4, 2]])
    np.testing.assert_allclose(trajectory.values, [[s, -s] for s in (0.0625, 0.125, 0.25, 0.5)])
    assert trajectory.opening == (0,)
    assert trajectory.movers.tolist() == [1, 0, 1, 0]
    assert trajectory.legal.sum(-1).tolist() == [8, 7, 6, 5]
    assert not trajectory.explored.any()
    mixed = to_trajectory(
        record(policies=(None, {1: 2.0, 8: 2.0}, None, None), values=(None, None, (0.5, -0.5), None)), game
    )
    assert mixed is not None
    np.testing.assert_array_equal(mixed.policies[1], 0.5 * np.eye(9)[1] + 0.5 * np.eye(9)[8])
    np.testing.assert_array_equal(mixed.policies[0], np.eye(9)[3])
    np.testing.assert_array_equal(mixed.values, [[1, -1], [1, -1], [0.5, -0.5], [1, -1]])


def test_games_that_teach_nothing(game: Game) -> None:
    assert to_trajectory(record(opening=5), game) is None
    for ending in (Ending.ILLEGAL, Ending.CRASHED):
        assert to_trajectory(record(ending=ending, moves=(0, 3)), game) is None


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"policies": ({0: 1.0}, None, None, None)}, r"policies\[0\]: expected legal actions, of \[1, 2, .*got 0"),
        ({"policies": (None, {9: 1.0}, None, None)}, r"policies\[1\]: expected legal actions, of .* got 9"),
        ({"policies": (None, {8: 0.0}, None, None)}, r"policies\[1\]: expected probabilities, got \[0.0\]"),
        ({"policies": (None, {8: -1.0, 7: 2.0}, None, None)}, r"policies\[1\]: expected probabilities"),
        ({"values": (None, (0.5,), None, None)}, r"values\[1\]: expected 2, one for each seat, got 1"),
        ({"moves": (0, 3, 3, 4, 2)}, r"moves\[2\]: expected a legal action"),
    ],
)
def test_records_that_do_not_fit_are_refused(changes: dict[str, Any], message: str, game: Game, tmp_path: Path) -> None:
    write_records(tmp_path / "games.jsonl", [record(), record(**changes)])
    with pytest.raises(RecordError, match=f"games.jsonl: line 2: {message}"):
        remember_records(Replay(game.spec, 100), tmp_path, game)


def test_a_replay_is_filled_from_the_last_records(game: Game, tmp_path: Path) -> None:
    games = [record(), record(ending=Ending.CRASHED, moves=(0,)), *[record(seed=seed) for seed in (1, 2, 3)]]
    write_records(tmp_path / "games.jsonl", games)
    replay = Replay(game.spec, 10)
    assert remember_records(replay, tmp_path / "games.jsonl", game) == Found(games=3, forgotten=2, useless=0)
    assert (replay.games, replay.added) == (3, 12)
    replay = Replay(game.spec, 1000)
    assert remember_records(replay, tmp_path, game) == Found(games=4, forgotten=0, useless=1)
    write_records(tmp_path / "games.jsonl", games[1:2])
    with pytest.raises(TrainingError, match="expected at least 1 game to learn from, got 1 that teach nothing"):
        remember_records(Replay(game.spec, 10), tmp_path, game)


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_latest_games_are_kept_in_whole_files(
    game: Game, config: TrainingConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "FILE_POSITIONS", 20)
    trajectories = [replace(trajectory, seed=index) for index, trajectory in enumerate(played(game, config, 120))]
    folder = tmp_path / "games"
    writer = GameFiles(folder, game.spec, 60)
    writer.add([])
    writer.flush()
    assert not folder.exists()
    for index, trajectory in enumerate(trajectories, 1):
        writer.add([trajectory])
        if index % 13 == 0 or index == len(trajectories):
            writer.flush()
            held = list(read_records(folder))
            assert [game.seed for game in held] == list(range(index))[-len(held) :]
            positions = [len(game.moves) - game.opening for game in held]
            assert sum(positions) >= min(60, sum(map(len, trajectories[:index])))
            assert sum(positions) < 60 + 20 + 10
            first, held_positions = files(folder)[0].removesuffix(".jsonl.gz").split("-")
            assert int(first) == held[0].seed
            whole = list(read_records(folder / files(folder)[0]))
            assert int(held_positions) == sum(len(game.moves) - game.opening for game in whole)


def test_a_run_that_goes_on_forgets_what_its_checkpoint_does_not_know(
    game: Game, config: TrainingConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "FILE_POSITIONS", 20)
    trajectories = [replace(trajectory, seed=index) for index, trajectory in enumerate(played(game, config, 60))]
    folder = tmp_path / "games"
    writer = GameFiles(folder, game.spec, 10_000)
    for trajectory in trajectories[:30]:
        writer.add([trajectory])
    writer.flush()
    known = files(folder)
    for trajectory in trajectories[30:40]:
        writer.add([trajectory])
    writer.flush()
    assert len(files(folder)) > len(known)
    (folder / ".000000030-0000020.jsonl.gz.x1").write_bytes(b"half")
    (folder / "notes.txt").write_text("mine")
    again = GameFiles(folder, game.spec, 10_000, games=30)
    assert files(folder) == [*known, "notes.txt"]
    for trajectory in trajectories[30:]:
        again.add([trajectory])
    again.flush()
    assert [record.seed for record in read_records(folder)] == list(range(len(trajectories)))


@pytest.mark.skipif(os.name != "posix", reason="folders have no modes")
@pytest.mark.usefixtures("modes_bind_root")
def test_a_folder_that_cannot_be_written(game: Game, config: TrainingConfig, tmp_path: Path) -> None:
    writer = GameFiles(tmp_path / "games", game.spec, 100)
    for trajectory in played(game, config, 20):
        writer.add([trajectory])
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(TrainingError, match="games: expected to make a folder, got: Permission denied"):
            writer.flush()
    finally:
        tmp_path.chmod(0o700)


def test_a_folder_that_is_a_file(game: Game, config: TrainingConfig, tmp_path: Path) -> None:
    (tmp_path / "games").write_text("")
    writer = GameFiles(tmp_path / "games", game.spec, 100)
    for trajectory in played(game, config, 20):
        writer.add([trajectory])
    with pytest.raises(TrainingError, match="games: expected to make a folder, got: File exists"):
        writer.flush()
