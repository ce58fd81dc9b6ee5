"""An agent at a seat: an untrained network, so what it plays is poor, but it is legal and can be repeated."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from myoshu.arena.agent_player import AgentPlayer
from myoshu.arena.exhaustive import play_every_line
from myoshu.arena.match import Ending, play_match
from myoshu.arena.player import Player
from myoshu.arena.random_player import RandomPlayer
from myoshu.arena.solver import Solver
from myoshu.arena.statistics import summarize
from myoshu.errors import MatchError
from myoshu.runtime.agent import Agent, load
from myoshu.runtime.limit import Limit
from myoshu.testing.networks import mlp, resnet, write_bundle
from myoshu_engines import load_game

TIC_TAC_TOE = load_game("openspiel:tic_tac_toe")
LIMIT = Limit(simulations=16)


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Agent:
    path = tmp_path_factory.mktemp("bundles") / "untrained.myoshu"
    return load(write_bundle(path, mlp((3, 3, 3), 9, 16), game=TIC_TAC_TOE.spec), providers="cpu")


def test_it_is_a_player(agent: Agent) -> None:
    assert isinstance(AgentPlayer(agent), Player)


def test_it_plays_legal_moves_and_says_what_it_thinks(agent: Agent) -> None:
    results = list(play_match(TIC_TAC_TOE, [AgentPlayer(agent, LIMIT), RandomPlayer()], games=30))
    assert all(result.ending is Ending.FINISHED for result in results)
    assert summarize(results, 0).times.p50 > 0
    for result in results:
        for move in result.moves:
            if move.seat == result.seat_of(0):
                choice = move.choice
                assert isinstance(choice.action, int)
                assert choice.value is not None
                assert -1 <= choice.value <= 1
                assert choice.simulations in (0, 16)  # none where only one move is legal
                assert choice.policy is not None
                assert choice.policy.shape == (9,)
                assert choice.principal_variation[0] == choice.action


def test_the_same_seed_gives_the_same_games(agent: Agent) -> None:
    def play() -> list[tuple[int, ...]]:
        players: list[Player] = [AgentPlayer(agent, LIMIT), RandomPlayer()]
        return [result.actions for result in play_match(TIC_TAC_TOE, players, games=6, seed=2)]

    assert play() == play()


def test_two_players_may_share_an_agent(agent: Agent) -> None:
    results = list(play_match(TIC_TAC_TOE, [AgentPlayer(agent, LIMIT), AgentPlayer(agent, LIMIT)], games=2))
    assert [result.ending for result in results] == [Ending.FINISHED] * 2


def test_every_line_against_an_agent(agent: Agent) -> None:
    report = play_every_line(TIC_TAC_TOE, AgentPlayer(agent, Limit(simulations=8)), 0, solver=Solver(TIC_TAC_TOE))
    assert report.illegal == 0
    assert report.tally.games == report.lines > 100
    assert report.thrown is not None
    assert report.thrown > 0


def test_three_players(tmp_path: Path) -> None:
    game = load_game(f"python:{Path(__file__).parents[3] / 'demos' / 'three_in_a_row.py'}:ThreeInARow")
    path = write_bundle(tmp_path / "three.myoshu", resnet((3, 4, 4), 16, 8, 1, players=3), game=game.spec)
    agent = load(path, providers="cpu")
    results = list(play_match(game, [AgentPlayer(agent, LIMIT), RandomPlayer(), RandomPlayer()], games=6))
    assert all(result.ending is Ending.FINISHED for result in results)


def test_a_network_for_another_game_is_refused(agent: Agent) -> None:
    player = AgentPlayer(agent, name="wrong")
    with pytest.raises(MatchError, match=r"wrong: learned openspiel:tic_tac_toe with actions 9, but .* has actions 7"):
        player.new_game(load_game("openspiel:connect_four"), 0, 0)


def test_a_game_must_be_begun(agent: Agent) -> None:
    with pytest.raises(RuntimeError, match="new_game"):
        AgentPlayer(agent).choose(TIC_TAC_TOE.new_state(np.random.default_rng(0)))
