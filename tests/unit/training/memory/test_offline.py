"""A replay that is filled from recorded games."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.training.memory.records import recorded

from myoshu.errors import TrainingError
from myoshu.game import Game
from myoshu.record import Ending, write_records
from myoshu.training.memory.offline import Found, remember_records
from myoshu.training.memory.replay import Replay


def test_a_replay_is_filled_from_the_last_records(game: Game, tmp_path: Path) -> None:
    games = [recorded(), recorded(ending=Ending.CRASHED, moves=(0,)), *[recorded(seed=seed) for seed in (1, 2, 3)]]
    write_records(tmp_path / "games.jsonl", games)
    replay = Replay(game.spec, 10)
    assert remember_records(replay, tmp_path / "games.jsonl", game) == Found(games=3, forgotten=2, useless=0)
    assert (replay.games, replay.added) == (3, 12)
    replay = Replay(game.spec, 1000)
    assert remember_records(replay, tmp_path, game) == Found(games=4, forgotten=0, useless=1)
    write_records(tmp_path / "games.jsonl", games[1:2])
    with pytest.raises(TrainingError, match="expected at least 1 game to learn from, got 1 that teach nothing"):
        remember_records(Replay(game.spec, 10), tmp_path, game)
