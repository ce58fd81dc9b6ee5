"""Who an agent is measured against."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from myoshu.errors import TrainingError
from myoshu.game import Game
from myoshu.training import TrainingConfig
from myoshu.training.run import Run
from myoshu.training.strength.opponents import BundleOpponent
from myoshu_engines import load_game


def test_an_earlier_agent_plays_as_it_did(game: Game, config: TrainingConfig, tmp_path: Path) -> None:
    run = Run(game, config, tmp_path / "run")
    run.train()
    opponent = BundleOpponent("old", tmp_path / "run" / "agent.myoshu", game, slots=3)
    states = [game.new_state(np.random.default_rng(0)) for _ in range(7)]
    for index, state in enumerate(states):
        state.apply(index)
    moves = opponent.choose(game, states, np.random.default_rng(0))
    assert all(move in state.legal_actions() for move, state in zip(moves, states, strict=True))
    assert [opponent.choose(game, [state], np.random.default_rng(1))[0] for state in states] == moves
    with pytest.raises(TrainingError, match="expected a network with actions 7 as openspiel:connect_four"):
        BundleOpponent("old", tmp_path / "run" / "agent.myoshu", load_game("openspiel:connect_four"))
