"""Matches: who sits where, what is random, and what a bad move costs."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from myoshu.arena.match import Ending, GameResult, Outcome, play_game, play_match
from myoshu.arena.perfect_player import PerfectPlayer
from myoshu.arena.player import Choice, Player
from myoshu.arena.random_player import RandomPlayer
from myoshu.arena.statistics import summarize
from myoshu.errors import MatchError
from myoshu.game import Game, State
from myoshu_engines import load_game

TIC_TAC_TOE = load_game("openspiel:tic_tac_toe")


class Scripted:
    """Plays the least legal action, but at its turn ``at`` does something else."""

    def __init__(self, deed: Callable[[State], int], at: int = 1) -> None:
        self.name = "scripted"
        self.deed = deed
        self.at = at
        self.turn = 0
        self.heard: list[int] = []

    def new_game(self, game: Game, seat: int, seed: int) -> None:
        self.turn = 0
        self.heard = []

    def choose(self, state: State) -> Choice:
        self.turn += 1
        return Choice(self.deed(state) if self.turn > self.at else state.legal_actions()[0])

    def observe(self, state: State, action: int) -> None:
        self.heard.append(action)


def raising(state: State) -> int:
    raise RuntimeError("out of ideas")


def test_players_are_players() -> None:
    for player in (RandomPlayer(), PerfectPlayer(), Scripted(raising)):
        assert isinstance(player, Player)


def test_seats_rotate_and_rounds_share_their_chance() -> None:
    results = list(play_match(TIC_TAC_TOE, [RandomPlayer("a"), RandomPlayer("b")], games=6, seed=4))
    assert [result.seats for result in results] == [(0, 1), (1, 0)] * 3
    assert [result.number for result in results] == list(range(6))
    assert results[0].seed == results[1].seed != results[2].seed
    assert len({result.actions for result in results}) > 3


def test_three_players_sit_everywhere_in_three_games() -> None:
    game = load_game("openspiel:pig(players=3,winscore=10)")
    results = list(play_match(game, [RandomPlayer(name) for name in "abc"], games=6))
    for player in range(3):
        assert sorted(result.seat_of(player) for result in results[:3]) == [0, 1, 2]
    summary = summarize(results, 0)
    assert summary.overall.games == 6
    assert [tally.games for tally in summary.by_seat] == [2, 2, 2]


def test_the_same_seed_gives_the_same_games() -> None:
    game = load_game("openspiel:pig(winscore=15)")

    def play(seed: int) -> list[tuple[int, ...]]:
        return [r.actions for r in play_match(game, [RandomPlayer(), RandomPlayer()], games=8, seed=seed)]

    assert play(7) == play(7)
    assert play(7) != play(8)


def test_random_openings_are_shared_by_a_round_and_legal() -> None:
    one, other = Scripted(lambda state: state.legal_actions()[0]), Scripted(lambda state: state.legal_actions()[-1])
    plain = list(play_match(TIC_TAC_TOE, [one, other], games=20))
    assert summarize(plain, 0).distinct == 2
    results = list(play_match(TIC_TAC_TOE, [one, other], games=20, random_plies=3, seed=1))
    assert summarize(results, 0).distinct > 15
    for first, second in zip(results[::2], results[1::2], strict=True):
        assert first.opening == second.opening
        assert len(first.opening) == 3
        assert first.actions[:3] == first.opening
    assert one.heard == list(results[-1].actions)
    assert [r.actions for r in results] == [
        r.actions for r in play_match(TIC_TAC_TOE, [one, other], games=20, random_plies=3, seed=1)
    ]


def test_openings_never_end_the_game() -> None:
    results = list(play_match(TIC_TAC_TOE, [RandomPlayer(), RandomPlayer()], games=40, random_plies=7))
    assert all(result.moves for result in results)
    with pytest.raises(MatchError, match="random_plies: expected fewer than end openspiel:tic_tac_toe, got 9"):
        next(play_match(TIC_TAC_TOE, [RandomPlayer(), RandomPlayer()], games=1, random_plies=9))
    with pytest.raises(MatchError, match="random_plies: expected 0 or more"):
        next(play_match(TIC_TAC_TOE, [RandomPlayer(), RandomPlayer()], games=1, random_plies=-1))


def test_a_game_can_be_played_again_from_its_record() -> None:
    game = load_game("openspiel:backgammon")
    result = next(play_match(game, [RandomPlayer(), RandomPlayer()], games=1, seed=3))
    state = game.new_state(np.random.default_rng(result.seed))
    returns = np.zeros(2)
    for action in result.actions:
        returns += state.apply(action)
    assert state.is_terminal()
    assert tuple(returns) == result.returns


def test_perfect_players_always_draw_tic_tac_toe_and_never_lose_to_chance() -> None:
    results = list(play_match(TIC_TAC_TOE, [PerfectPlayer(), PerfectPlayer()], games=40))
    assert summarize(results, 0).overall.draws == 40
    assert summarize(results, 0).distinct > 20
    results = list(play_match(TIC_TAC_TOE, [PerfectPlayer(), RandomPlayer()], games=100))
    summary = summarize(results, 0)
    assert summary.overall.losses == 0
    assert summary.overall.wins > 60
    assert summary.overall.interval().low > 0.7


def test_every_move_is_legal_timed_and_heard_by_everybody() -> None:
    one, other = Scripted(lambda state: state.legal_actions()[-1]), Scripted(lambda state: state.legal_actions()[0])
    result = play_game(TIC_TAC_TOE, [one, other], seed=1)
    assert one.heard == other.heard == list(result.actions)
    state = TIC_TAC_TOE.new_state(np.random.default_rng(1))
    for move in result.moves:
        assert move.seat == state.to_play()
        assert move.choice.action in state.legal_actions()
        assert 0 <= move.elapsed < 1
        state.apply(move.choice.action)
    assert state.is_terminal()
    assert len(result.times(0)) + len(result.times(1)) == len(result.moves)


@pytest.mark.parametrize("seat", [0, 1])
@pytest.mark.parametrize(
    ("deed", "ending", "reason"),
    [
        (lambda state: 99, Ending.ILLEGAL, "action 99 after"),
        (lambda state: -1, Ending.ILLEGAL, "action -1 after"),
        (lambda state: next(a for a in range(9) if a not in state.legal_actions()), Ending.ILLEGAL, "action 0 after"),
        (raising, Ending.CRASHED, "RuntimeError: out of ideas"),
    ],
)
def test_a_bad_move_loses_that_game_and_no_other(
    seat: int, deed: Callable[[State], int], ending: Ending, reason: str
) -> None:
    players: list[Player] = [Scripted(deed), PerfectPlayer()]
    results = list(play_match(TIC_TAC_TOE, players, games=4))
    result = next(result for result in results if result.seat_of(0) == seat)
    assert (result.ending, result.offender) == (ending, seat)
    assert reason in result.reason
    assert result.outcome(0) is Outcome.LOSS
    assert result.returns[seat] == -1
    assert result.returns[1 - seat] == 1
    assert len(results) == 4
    summary = summarize(results, 0)
    assert summary.illegal + summary.crashed == 4
    assert summarize(results, 1).illegal == 0


def test_a_player_that_fails_to_listen_loses_as_well() -> None:
    class Deaf(RandomPlayer):
        def observe(self, state: State, action: int) -> None:
            raise OSError("no connection")

    result = play_game(TIC_TAC_TOE, [RandomPlayer(), Deaf()])
    assert (result.ending, result.offender, result.reason) == (Ending.CRASHED, 1, "OSError: no connection")


def test_with_three_players_the_others_keep_what_they_had() -> None:
    game = load_game("openspiel:pig(players=3,winscore=10)")
    result = play_game(game, [RandomPlayer(), Scripted(raising, at=0), RandomPlayer()])
    assert result.offender == 1
    assert result.returns == (0, game.spec.returns[0], 0)


def test_interruptions_are_not_swallowed() -> None:
    def interrupt(state: State) -> int:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        play_game(TIC_TAC_TOE, [Scripted(interrupt), RandomPlayer()])


def games_of(players: list[Player], games: int) -> list[GameResult]:
    return list(play_match(TIC_TAC_TOE, players, games=games))


def test_what_cannot_be_played_is_refused() -> None:
    player = RandomPlayer()
    with pytest.raises(MatchError, match="players: expected 2 for openspiel:tic_tac_toe, got 1"):
        games_of([player], 1)
    with pytest.raises(MatchError, match="got the same one twice"):
        games_of([player, player], 1)
    with pytest.raises(MatchError, match="games: expected at least 1, got 0"):
        games_of([player, RandomPlayer()], 0)
    with pytest.raises(MatchError, match="chance takes part"):
        next(play_match(load_game("openspiel:backgammon"), [PerfectPlayer(), player], games=1))
