"""When strength is checked: spread over the run, never before something was learned, never for more than its share."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from myoshu.training import LearnerConfig, TrainingConfig
from myoshu.training.strength.schedule import SHARE, Checks


def strength(least: float = 0.0, passed: bool = False) -> Any:
    return SimpleNamespace(least_seconds=least, passed=passed)


@pytest.fixture
def timed(config: TrainingConfig) -> TrainingConfig:
    learner = LearnerConfig(hand_over=50)
    return msgspec.structs.replace(
        config, deterministic=False, steps=None, minutes=10.0, evaluations=4, evaluation_games=8, learner=learner
    )


def test_the_first_check_waits_until_something_was_learned(timed: TrainingConfig) -> None:
    checks = Checks(timed)
    assert not checks.due(strength(), share=0.5, seconds=300.0, steps=1)
    assert not checks.due(strength(passed=True), share=0.5, seconds=300.0, steps=49)
    assert checks.due(strength(), share=0.5, seconds=300.0, steps=50)
    assert not checks.due(strength(), share=0.5, seconds=301.0, steps=51)
    assert checks.due(strength(), share=0.75, seconds=450.0, steps=51)


def test_checks_wait_where_they_took_too_much_time(timed: TrainingConfig) -> None:
    checks = Checks(timed)
    assert not checks.due(strength(least=10.0), share=0.25, seconds=150.0, steps=100)
    assert checks.due(strength(least=4.0), share=0.25, seconds=150.0, steps=100)
    checks.spent = 4.0
    assert not checks.due(strength(least=4.0), share=0.5, seconds=250.0, steps=100)
    assert checks.due(strength(least=4.0), share=0.5, seconds=300.0, steps=100)
    assert checks.budget(300.0, last=False) == pytest.approx(SHARE * 300.0 - 4.0)
    checks.spent = 100.0
    assert checks.budget(300.0, last=False) == 0.0
    assert checks.budget(300.0, last=True) == 10.0


def test_a_deterministic_run_does_not_look_at_the_clock(config: TrainingConfig) -> None:
    checks = Checks(config)
    checks.spent = 1e6
    assert checks.budget(1.0, last=False) == math.inf
    assert checks.due(strength(least=1e6), share=0.5, seconds=1.0, steps=1)
    assert not checks.due(strength(), share=0.5, seconds=1.0, steps=2)
