"""Games in processes of their own: the same games, in order, whatever becomes of a process."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Sequence
from functools import partial

import numpy as np
import pytest
from numpy.typing import NDArray

from myoshu.arena.clock import Clock
from myoshu.arena.match import Ending, GameResult
from myoshu.arena.openings import RandomOpenings
from myoshu.arena.perfect_player import PerfectPlayer
from myoshu.arena.player import Choice, Player
from myoshu.arena.random_player import RandomPlayer
from myoshu.arena.schedule import schedule
from myoshu.arena.workers import play_fixtures
from myoshu.errors import MatchError
from myoshu.game import Game, State
from myoshu_engines import load_game
from myoshu_engines.openspiel.game import OpenSpielState

GAME = "openspiel:tic_tac_toe"
THREE = "openspiel:pig(players=3,winscore=10)"


class Dying(RandomPlayer):
    """Ends its process at its second move of every game it begins."""

    def choose(self, state: State) -> Choice:
        if len(state.legal_actions()) < 8:
            os.kill(os.getpid(), signal.SIGSEGV)
        return super().choose(state)


class Sleeping(RandomPlayer):
    """Never answers at its second move."""

    def choose(self, state: State) -> Choice:
        if len(state.legal_actions()) < 8:
            time.sleep(600)
        return super().choose(state)


class Leaving(RandomPlayer):
    """Ends its process at its second move of every game."""

    moves = 0

    def new_game(self, game: Game, seat: int, seed: int) -> None:
        super().new_game(game, seat, seed)
        self.moves = 0

    def choose(self, state: State) -> Choice:
        self.moves += 1
        if self.moves == 2:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().choose(state)


def setting(kinds: Sequence[type]) -> tuple[Game, list[Player]]:
    return load_game(GAME), [kind() for kind in kinds]


def refused() -> tuple[Game, list[Player]]:
    raise MatchError("players: expected some, got none")


def leaving() -> tuple[Game, list[Player]]:
    os._exit(3)


def play(kinds: Sequence[type], workers: int, games: int = 8, clock: Clock | None = None) -> list[GameResult]:
    fixtures = schedule(load_game(GAME), len(kinds), games=games, seed=3, openings=RandomOpenings(1))
    return list(play_fixtures(partial(setting, kinds), fixtures, workers=workers, clock=clock))


def essence(results: Sequence[GameResult]) -> list[object]:
    return [(r.number, r.round, r.seats, r.player_seeds, r.actions, r.returns, r.ending) for r in results]


@pytest.mark.slow
def test_the_same_seed_gives_the_same_games_at_any_parallelism() -> None:
    kinds = (RandomPlayer, PerfectPlayer, RandomPlayer)
    assert essence(play(kinds, 3)) == essence(play(kinds, 1))


@pytest.mark.slow
def test_a_player_that_takes_its_process_along_loses_that_game_alone() -> None:
    results = play((RandomPlayer, Dying), 2, games=4)
    assert [result.number for result in results] == list(range(4))
    for result in results:
        assert result.ending is Ending.CRASHED
        assert result.offender == result.seat_of(1)
        assert result.reason == "its process ended with signal SIGSEGV"
        assert result.returns[result.seat_of(0)] == 1
        assert result.moves[0].choice.action in range(9)


@pytest.mark.slow
def test_a_player_that_never_answers_loses_on_time() -> None:
    results = play((RandomPlayer, Sleeping), 2, games=2, clock=Clock(0.3))
    for result in results:
        assert result.ending is Ending.TIMEOUT
        assert result.offender == result.seat_of(1)
        assert "left on its clock" in result.reason


@pytest.mark.slow
def test_what_cannot_be_made_is_one_clear_error() -> None:
    fixtures = list(schedule(load_game(GAME), 2, games=2))
    with pytest.raises(MatchError, match="players: expected some, got none"):
        list(play_fixtures(refused, fixtures, workers=2))
    with pytest.raises(MatchError, match="expected a process that plays, got one that ended with status 3"):
        list(play_fixtures(leaving, fixtures, workers=2))
    with pytest.raises(MatchError, match="workers: expected at least 1, got 0"):
        list(play_fixtures(refused, fixtures, workers=0))


def at_three(kinds: Sequence[type]) -> tuple[Game, list[Player]]:
    """A game for three that pays a quarter for every move, in the process that calls this."""
    plain = OpenSpielState.apply

    def paying(self: OpenSpielState, action: int) -> NDArray[np.float32]:
        mover = self.to_play()
        paid = plain(self, action).copy()
        paid[mover] += 0.25
        return paid

    OpenSpielState.apply = paying  # type: ignore[method-assign]  # in a worker's process only
    return load_game(THREE), [kind() for kind in kinds]


@pytest.mark.slow
def test_of_three_players_the_others_keep_what_they_were_paid() -> None:
    game = load_game(THREE)
    fixtures = list(schedule(game, 3, games=2, seed=1))
    results = list(play_fixtures(partial(at_three, (RandomPlayer, Leaving, RandomPlayer)), fixtures, workers=2))
    assert [result.number for result in results] == [0, 1]
    for result in results:
        gone = result.seat_of(1)
        assert (result.ending, result.offender) == (Ending.CRASHED, gone)
        assert result.reason == "its process ended with signal SIGKILL"
        movers = [move.seat for move in result.moves]
        paid = [0.25 * movers.count(seat) for seat in range(3)]
        assert max(paid) > 0
        paid[gone] = game.spec.returns[0]
        assert result.returns == tuple(paid)
