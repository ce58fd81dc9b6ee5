"""docs/runs.md says of the columns what the program says of them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from myoshu.training import folder
from myoshu.training.strength import check as strength
from myoshu.training.telling import metrics

TEXT = (Path(__file__).parents[3] / "docs" / "runs.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(("file", "columns"), [("metrics.csv", metrics.COLUMNS), ("evaluations.csv", strength.COLUMNS)])
def test_columns(file: str, columns: dict[str, str]) -> None:
    section = TEXT.split(f"## `{file}`")[1].split("\n## ")[0]
    assert dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", section, re.MULTILINE)) == columns


def test_every_file_of_the_folder_is_named() -> None:
    for name in (folder.CONFIG, folder.CHECKPOINT, folder.BUNDLE, folder.GAMES, folder.METRICS, folder.EVALUATIONS):
        assert f"`{name}" in TEXT
    for name in (folder.ERRORS, folder.CURVES, folder.SNAPSHOTS, folder.LOCK):
        assert f"`{name}" in TEXT


def test_the_numbers_in_the_text() -> None:
    from myoshu.training.config import TrainingConfig
    from myoshu.training.playing import actor_source, failures
    from myoshu.training.strength import schedule as checks

    config = TrainingConfig(game="any")
    text = " ".join(TEXT.split())
    for said in (
        f"more than {failures.ALLOWED} of the last {failures.RECENT} games fail, or the first {failures.FIRST} do",
        f"More than {actor_source.RESTARTS} within ten minutes",
        f"at most {config.evaluation_games} games each and as many as fit into {checks.SHARE:.0%} of the time",
        f"reach it by {strength.FEW} games or more",
    ):
        assert said in text
    assert actor_source.RESTART_SECONDS == 600.0
    assert config.evaluations == 10
    assert strength.OPENING_PLIES == 4
