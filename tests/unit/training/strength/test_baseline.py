"""What random play is paid where nobody plays against the agent."""

from __future__ import annotations

import numpy as np

from myoshu.training.strength.baseline import random_returns
from myoshu_engines import load_game


def test_random_play_alone() -> None:
    catch = load_game("openspiel:catch")
    returns = random_returns(catch, 200, np.random.default_rng(0))
    assert len(returns) == 200
    assert set(returns) == {-1.0, 1.0}
    assert random_returns(catch, 200, np.random.default_rng(0)) == returns
    assert random_returns(catch, 5, np.random.default_rng(0), seconds=0.0) == ()
