"""What a new user must be told: what an agent cannot do, and an agent that is no better than chance."""

from __future__ import annotations

import math
from pathlib import Path

import msgspec
import numpy as np
import pytest

from myoshu.game import Game
from myoshu.rating.ratings import Rating
from myoshu.rating.returns import Returns
from myoshu.spec import GameSpec
from myoshu.training import TrainingConfig, preset
from myoshu.training.learning.learner import Learner
from myoshu.training.networks.architecture import Architecture
from myoshu.training.networks.export import export_bundle
from myoshu.training.strength.baseline import random_returns
from myoshu.training.strength.check import Check, _read_baseline
from myoshu.training.strength.games import Evaluation
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


def check(
    first: Evaluation, *, rating: Rating | None = None, baseline: Returns | None = None, players: int = 2
) -> Check:
    return Check(100, (first,), 1, rating, 1.0, (), baseline, players)


def test_an_agent_weaker_than_random_play_is_said_to_be() -> None:
    lost = Evaluation("random", (-1.0,) * 40, (0.0,) * 36 + (1.0,) * 4)
    verdict = check(lost, rating=Rating(-364.0, 80.0, 40)).verdict
    assert verdict is not None
    assert verdict.startswith("It plays worse than random play (95% interval): let it learn longer (--minutes)")
    even = check(lost, rating=Rating(20.0, 80.0, 40)).verdict
    assert even is not None
    assert even.startswith("It has not been shown to play better than random play")
    assert check(lost, rating=Rating(364.0, 80.0, 40)).verdict is None


def test_between_three_an_equal_share_is_what_random_play_has() -> None:
    def verdict(won: int) -> str | None:
        points = (1.0,) * won + (0.0,) * (60 - won)
        return check(Evaluation("random", (0.0,) * 60, points), players=3).verdict

    assert verdict(40) is None
    assert "has not been shown" in str(verdict(21))
    assert "worse than random play" in str(verdict(5))


def test_alone_random_play_is_what_it_is_compared_with() -> None:
    chance = Returns.of([19.0, 21.0, 20.0, 22.0, 18.0])
    better, worse = (Evaluation("", tuple(mean + n for n in range(9)), (1.0,) * 9) for mean in (40.0, 2.0))
    assert check(better, baseline=chance, players=1).verdict is None
    assert "worse than random play" in str(check(worse, baseline=chance, players=1).verdict)
    assert check(worse, players=1).verdict is None
    assert check(Evaluation("", (), ()), baseline=chance, players=1).verdict is None
    text = check(better, baseline=chance, players=1)
    assert str(text) == f"return {better.paid}, from 40 to 48 in 9 games, random play {chance}"
    assert text.lines() == (f"return {better.paid}, from 40 to 48 in 9 games", f"random play: {chance}", "at step 100")


def test_random_play_alone() -> None:
    catch = load_game("openspiel:catch")
    returns = random_returns(catch, 200, np.random.default_rng(0))
    assert len(returns) == 200
    assert set(returns) == {-1.0, 1.0}
    assert random_returns(catch, 200, np.random.default_rng(0)) == returns
    assert random_returns(catch, 5, np.random.default_rng(0), seconds=0.0) == ()


def test_what_random_play_is_paid_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "evaluations.csv"
    assert _read_baseline(path) is None
    path.write_text(
        "seconds,step,opponent,games,mean_return,return_low,return_high,return_least,return_greatest\n"
        "9,0,random,40,21.5,20,23,9,60\n9,10,,40,50,40,60,30,90\n"
    )
    found = _read_baseline(path)
    assert found is not None
    assert (found.games, found.mean, found.interval.low, found.interval.high) == (40, 21.5, 20.0, 23.0)
    assert not math.isnan(found.least)
