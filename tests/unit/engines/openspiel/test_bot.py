"""An agent as OpenSpiel's own kind of bot."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import pyspiel
import pytest

from myoshu.errors import GameError, IllegalActionError, MatchError, ObservationWarning
from myoshu.runtime.agent import Agent, load
from myoshu.runtime.example_games import find_positions
from myoshu.runtime.limit import Limit
from myoshu.testing.networks import mlp, write_bundle
from myoshu_engines import load_game
from myoshu_engines.openspiel.bot import MyoshuBot

LIMIT = Limit(simulations=16)


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Agent:
    path = tmp_path_factory.mktemp("bundles") / "untrained.myoshu"
    network = mlp((3, 3, 3), 9, 16)
    return load(write_bundle(path, network, game=load_game("openspiel:tic_tac_toe").spec), providers="cpu")


@pytest.fixture
def game() -> Any:
    return pyspiel.load_game("tic_tac_toe")


def test_a_game_that_shows_something_else_is_warned_of_once(tmp_path: Path, game: Any) -> None:
    ours = load_game("openspiel:tic_tac_toe")
    positions = find_positions(ours)
    path = write_bundle(tmp_path / "right.myoshu", mlp((3, 3, 3), 9, 16), game=ours.spec, positions=positions)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        MyoshuBot(game, 0, load(path, "cpu"))
    other = [position._replace(observation=position.observation[[1, 0, 2]]) for position in positions]
    path = write_bundle(tmp_path / "other.myoshu", mlp((3, 3, 3), 9, 16), game=ours.spec, positions=other)
    with pytest.warns(ObservationWarning, match="openspiel:tic_tac_toe: .* the planes are in another order") as said:
        bot = MyoshuBot(game, 0, load(path, "cpu"), LIMIT)
    assert len(said) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        bot.step(game.new_initial_state())
        bot.restart()


def mcts(game: Any, seed: int) -> Any:
    return pyspiel.MCTSBot(game, pyspiel.RandomRolloutEvaluator(1, seed), 2.0, 50, 100, True, seed, False)


@pytest.mark.parametrize("seat", [0, 1])
def test_it_plays_beside_openspiels_own_bots(agent: Agent, game: Any, seat: int) -> None:
    for seed in range(5):
        for other in (mcts(game, seed), pyspiel.make_uniform_random_bot(1 - seat, seed)):
            bot = MyoshuBot(game, seat, agent, LIMIT, seed=seed)
            assert isinstance(bot, pyspiel.Bot)
            bots = [bot, other] if seat == 0 else [other, bot]
            returns = pyspiel.evaluate_bots(game.new_initial_state(), bots, seed)
            assert sum(returns) == 0
            assert returns[0] in (-1, 0, 1)


def test_it_plays_against_itself_and_in_the_middle_of_a_game(agent: Agent, game: Any) -> None:
    state = game.new_initial_state()
    state.apply_action(4)
    restarts: list[int] = []

    class Counting(MyoshuBot):
        def restart_at(self, state: Any) -> None:
            restarts.append(self.player_id())
            super().restart_at(state)

    bots = [Counting(game, seat, agent, LIMIT) for seat in (0, 1)]
    for _ in range(3):
        returns = pyspiel.evaluate_bots(state.clone(), bots, 0)
        assert sum(returns) == 0
    assert restarts == [0, 1] * 3


def test_its_steps_are_legal_and_leave_the_state_alone(agent: Agent, game: Any) -> None:
    bot = MyoshuBot(game, 0, agent, LIMIT)
    state = game.new_initial_state()
    action = bot.step(state)
    assert action in state.legal_actions()
    assert state.history() == []


def test_its_policy_covers_the_legal_actions(agent: Agent, game: Any) -> None:
    bot = MyoshuBot(game, 1, agent, LIMIT)
    state = game.new_initial_state()
    state.apply_action(4)
    bot.inform_action(game.new_initial_state(), 0, 4)
    policy, action = bot.step_with_policy(state)
    assert [each for each, _ in policy] == state.legal_actions()
    assert sum(share for _, share in policy) == pytest.approx(1)
    assert all(share >= 0 for _, share in policy)
    assert action in state.legal_actions()
    bot.restart_at(state)
    assert dict(bot.get_policy(state)) == pytest.approx(dict(policy))
    assert bot.provides_policy()


def test_a_move_can_be_forced(agent: Agent, game: Any) -> None:
    bot = MyoshuBot(game, 0, agent, LIMIT)
    assert bot.provides_force_action()
    state = game.new_initial_state()
    bot.force_action(state, 8)
    state.apply_action(8)
    bot.inform_action(state, 1, 0)
    state.apply_action(0)
    assert bot.step(state) in state.legal_actions()
    with pytest.raises(IllegalActionError, match="got 8"):
        bot.force_action(state, 8)


def test_the_same_seed_gives_the_same_games(agent: Agent, game: Any) -> None:
    def play() -> list[int]:
        bot, state, moves = MyoshuBot(game, 0, agent, LIMIT, seed=3), game.new_initial_state(), []
        while not state.is_terminal():
            action = bot.step(state) if state.current_player() == 0 else state.legal_actions()[0]
            if state.current_player() == 1:
                bot.inform_action(state, 1, action)
            state.apply_action(action)
            moves.append(action)
        return moves

    assert play() == play()


def test_a_game_with_another_shape_is_refused(agent: Agent) -> None:
    with pytest.raises(MatchError, match="learned openspiel:tic_tac_toe"):
        MyoshuBot(pyspiel.load_game("connect_four"), 0, agent)


@pytest.mark.parametrize(
    ("name", "message"),
    [("goofspiel", "players move at the same time"), ("negotiation", "chance is drawn by OpenSpiel itself")],
)
def test_a_game_that_a_bot_cannot_follow_is_refused(name: str, message: str, agent: Agent) -> None:
    with pytest.raises(GameError, match=message):
        MyoshuBot(pyspiel.load_game(name), 0, agent)
