"""What a new user must be told before anything is learned: what an agent cannot do, and how large it will be."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest

from myoshu.game import Game
from myoshu.spec import GameSpec
from myoshu.training import TrainingConfig, preset
from myoshu.training.learning.learner import Learner
from myoshu.training.networks.architecture import Architecture
from myoshu.training.networks.export import export_bundle
from myoshu.training.telling.notices import LARGE_AGENT, agent_bytes, hidden_notice, notices
from myoshu_engines import load_game


class Spoken:
    """A game of which only this is asked."""

    def __init__(self, game: Game, **traits: bool) -> None:
        self.spec: GameSpec = game.spec
        vars(self).update(traits)


def test_hidden_information_is_said() -> None:
    leduc, goofspiel, pig = (load_game(f"openspiel:{name}") for name in ("leduc_poker", "goofspiel", "pig"))
    assert hidden_notice(pig) is None
    assert hidden_notice(leduc) == (
        "Something is hidden in this game, such as cards: the agent learns to play by what it sees, and does not hide "
        "or bluff soundly; measure it with cfr:N"
    )
    simultaneous = hidden_notice(goofspiel)
    assert simultaneous is not None
    assert simultaneous.startswith("Players of this game move at the same time: the agent learns")
    config = preset(leduc.spec)
    assert notices(leduc, Architecture.of(leduc.spec, config.network)) == [hidden_notice(leduc)]
    assert notices(pig, Architecture.of(pig.spec, preset(pig.spec).network)) == []


def test_a_game_of_ones_own_may_say_so(game: Game) -> None:
    assert hidden_notice(Spoken(game)) is None
    named = Spoken(game)
    named.spec = msgspec.structs.replace(game.spec, name="python:cards.py:Cards", hidden_information=True)
    said = hidden_notice(named)
    assert said is not None
    assert said.endswith("bluff soundly")


def test_an_agents_size_is_foreseen(game: Game, config: TrainingConfig, tmp_path: Path) -> None:
    wide = msgspec.structs.replace(config.network, width=256)
    architecture = Architecture.of(game.spec, wide)
    path = tmp_path / "agent.myoshu"
    export_bundle(
        path,
        game=game.spec,
        architecture=architecture,
        weights=Learner(architecture, config.learner, seed=1).weights(),
        search=config.search,
        observations=np.zeros((0, *game.spec.observation), np.float32),
        provenance={},
    )
    assert path.stat().st_size == pytest.approx(agent_bytes(architecture), rel=0.1)


def test_many_actions_are_said(game: Game) -> None:
    many = Spoken(game)
    many.spec = msgspec.structs.replace(game.spec, actions=27_000, observation=(160,))
    architecture = Architecture.of(many.spec, preset(many.spec).network)
    assert agent_bytes(architecture) > LARGE_AGENT
    (said,) = notices(many, architecture)
    assert said.startswith(
        "This game has 27,000 actions on observations of 160 numbers: the agent's file will have about 7"
    )
