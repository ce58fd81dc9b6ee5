"""OpenSpiel's bots as players."""

from __future__ import annotations

import pytest

from myoshu.arena.match import Ending, Outcome, play_match
from myoshu.arena.perfect_player import PerfectPlayer
from myoshu.arena.random_player import RandomPlayer
from myoshu.arena.solver import Solver
from myoshu.arena.statistics import summarize
from myoshu.errors import MatchError
from myoshu_engines import load_game
from myoshu_engines.openspiel.players import cfr_player, mcts_player, registered_player

TIC_TAC_TOE = load_game("openspiel:tic_tac_toe")


def test_tree_search_beats_chance_and_holds_its_own_against_perfect_play() -> None:
    against_chance = list(play_match(TIC_TAC_TOE, [mcts_player(200), RandomPlayer()], games=20))
    assert summarize(against_chance, 0).overall.score > 0.8
    against_perfection = list(play_match(TIC_TAC_TOE, [mcts_player(2000), PerfectPlayer()], games=10))
    assert summarize(against_perfection, 0).overall.draws == 10


def test_the_same_seed_gives_the_same_games() -> None:
    def play(seed: int) -> list[tuple[int, ...]]:
        match = play_match(TIC_TAC_TOE, [mcts_player(20), registered_player("uniform_random")], games=6, seed=seed)
        return [result.actions for result in match]

    assert play(1) == play(1)
    assert play(1) != play(2)


def test_a_registered_bot_plays() -> None:
    game = load_game("openspiel:connect_four")
    results = list(play_match(game, [registered_player("fixed_action_preference"), RandomPlayer()], games=4))
    assert all(result.offender is None for result in results)
    assert results[0].actions[0] == 0


def test_a_bot_that_fails_loses_its_game() -> None:
    """This one has no preference for tic-tac-toe's ninth action, and fails when nothing else is left."""
    results = list(play_match(TIC_TAC_TOE, [registered_player("fixed_action_preference"), RandomPlayer()], games=40))
    crashed = [result for result in results if result.ending is Ending.CRASHED]
    assert crashed
    for result in crashed:
        assert result.reason == "SpielError: No legal actions in action list."
        assert result.outcome(0) is Outcome.LOSS
    assert len(results) == 40


@pytest.mark.parametrize("simulations", [0, -5])
def test_tree_search_needs_simulations(simulations: int) -> None:
    with pytest.raises(MatchError, match="expected at least 1 simulation"):
        mcts_player(simulations)


def test_what_openspiel_does_not_know_is_refused() -> None:
    with pytest.raises(MatchError, match=r"expected one of .*uniform_random.*, got 'nobody'"):
        registered_player("nobody")


def test_a_bot_that_cannot_play_the_game_is_refused_before_the_match() -> None:
    with pytest.raises(MatchError, match="OpenSpiel cannot make this bot for openspiel:2048: Game must have terminal"):
        next(play_match(load_game("openspiel:2048"), [mcts_player(5)], games=1))


def test_bots_play_openspiels_games_only() -> None:
    class Elsewhere:
        spec = TIC_TAC_TOE.spec
        new_state = TIC_TAC_TOE.new_state
        action_name = TIC_TAC_TOE.action_name

    with pytest.raises(MatchError, match="expected an OpenSpiel game"):
        next(play_match(Elsewhere(), [mcts_player(5), RandomPlayer()], games=1))


@pytest.mark.parametrize("name", ["kuhn_poker", "matrix_mp"])
def test_nobody_plays_by_what_is_hidden(name: str) -> None:
    game = load_game(f"openspiel:{name}")
    with pytest.raises(MatchError, match="it would see what is hidden from its seat"):
        mcts_player(10).new_game(game, 0, 0)
    with pytest.raises(MatchError, match="players do not see everything"):
        Solver(game)


def test_a_policy_from_cfr_is_hard_to_beat_at_poker() -> None:
    game = load_game("openspiel:kuhn_poker")
    results = list(play_match(game, [cfr_player(200), RandomPlayer()], games=4000, seed=1))
    assert summarize(results, 0).mean_return_interval.low > 0
    with pytest.raises(MatchError, match="expected at least 1 iteration, got 0"):
        cfr_player(0)
