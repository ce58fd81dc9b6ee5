"""Self-play's games on disk: in files that are whole and never too many."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from tests.unit.training.tasks import begin, play

from myoshu.errors import TrainingError
from myoshu.game import Game
from myoshu.record import read_records
from myoshu.training import TrainingConfig
from myoshu.training.memory import game_files as module
from myoshu.training.memory.game_files import GameFiles


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_latest_games_are_kept_in_whole_files(
    game: Game, config: TrainingConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "FILE_POSITIONS", 20)
    trajectories = [replace(trajectory, seed=index) for index, trajectory in enumerate(play(begin(game, config), 120))]
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
    trajectories = [replace(trajectory, seed=index) for index, trajectory in enumerate(play(begin(game, config), 60))]
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
    for trajectory in play(begin(game, config), 20):
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
    for trajectory in play(begin(game, config), 20):
        writer.add([trajectory])
    with pytest.raises(TrainingError, match="games: expected to make a folder, got: File exists"):
        writer.flush()
