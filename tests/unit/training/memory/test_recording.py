"""Self-play's games as records: what is read back is what was played."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.unit.training.memory.records import recorded
from tests.unit.training.tasks import begin, play

from myoshu.errors import RecordError
from myoshu.game import Game
from myoshu.record import Ending, read_records, write_records
from myoshu.training import TrainingConfig
from myoshu.training.memory.offline import remember_records
from myoshu.training.memory.recording import to_record, to_trajectory
from myoshu.training.memory.replay import Replay


def test_what_is_read_back_is_what_was_played(game: Game, config: TrainingConfig, tmp_path: Path) -> None:
    trajectories = play(begin(game, config), 40)
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


def test_without_a_search_the_moves_and_the_outcome_are_learned(game: Game) -> None:
    trajectory = to_trajectory(recorded(), game, 0.5)
    assert trajectory is not None
    np.testing.assert_array_equal(trajectory.policies, np.eye(9)[[3, 1, 4, 2]])
    np.testing.assert_allclose(trajectory.values, [[s, -s] for s in (0.0625, 0.125, 0.25, 0.5)])
    assert trajectory.opening == (0,)
    assert trajectory.movers.tolist() == [1, 0, 1, 0]
    assert trajectory.legal.sum(-1).tolist() == [8, 7, 6, 5]
    assert not trajectory.explored.any()
    mixed = to_trajectory(
        recorded(policies=(None, {1: 2.0, 8: 2.0}, None, None), values=(None, None, (0.5, -0.5), None)), game
    )
    assert mixed is not None
    np.testing.assert_array_equal(mixed.policies[1], 0.5 * np.eye(9)[1] + 0.5 * np.eye(9)[8])
    np.testing.assert_array_equal(mixed.policies[0], np.eye(9)[3])
    np.testing.assert_array_equal(mixed.values, [[1, -1], [1, -1], [0.5, -0.5], [1, -1]])


def test_games_that_teach_nothing(game: Game) -> None:
    assert to_trajectory(recorded(opening=5), game) is None
    for ending in (Ending.ILLEGAL, Ending.CRASHED):
        assert to_trajectory(recorded(ending=ending, moves=(0, 3)), game) is None


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
    write_records(tmp_path / "games.jsonl", [recorded(), recorded(**changes)])
    with pytest.raises(RecordError, match=f"games.jsonl: line 2: {message}"):
        remember_records(Replay(game.spec, 100), tmp_path, game)
