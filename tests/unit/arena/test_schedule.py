"""Schedules, openings and clocks."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from myoshu.arena.clock import Clock, Timed
from myoshu.arena.match import Ending, play_game
from myoshu.arena.openings import RandomOpenings, read_openings
from myoshu.arena.player import Choice
from myoshu.arena.random_player import RandomPlayer
from myoshu.arena.schedule import Format, schedule, tables
from myoshu.errors import MatchError
from myoshu.game import State
from myoshu_engines import load_game

GAME = load_game("openspiel:tic_tac_toe")


def test_everybody_meets_everybody_from_every_seat() -> None:
    planned = list(schedule(GAME, 4, games=6, seed=1, openings=RandomOpenings(2)))
    assert [fixture.number for fixture in planned] == list(range(36))
    assert set(Counter(fixture.seats for fixture in planned).values()) == {3}
    assert len({fixture.seats for fixture in planned}) == 12


def test_a_gauntlet_is_the_first_against_the_rest() -> None:
    assert tables(4, 2, Format.GAUNTLET) == [(0, 1), (0, 2), (0, 3)]
    assert len(tables(5, 3)) == 10
    with pytest.raises(MatchError, match="players: expected 3 or more, got 2"):
        tables(2, 3)


def test_the_games_of_a_round_differ_in_who_sits_where_alone() -> None:
    for seats, name in ((2, "tic_tac_toe"), (3, "pig(players=3,winscore=10)")):
        planned = list(schedule(load_game(f"openspiel:{name}"), seats, games=2 * seats, openings=RandomOpenings(1)))
        for turn in range(2):
            games = [fixture for fixture in planned if fixture.round == turn]
            assert len({(fixture.opening, fixture.seed) for fixture in games}) == 1
            assert len({fixture.seats for fixture in games}) == seats
            seeds = [dict(zip(fixture.seats, fixture.player_seeds, strict=True)) for fixture in games]
            assert all(each == seeds[0] for each in seeds)
        assert planned[0].seed != planned[-1].seed


def test_no_position_comes_twice() -> None:
    """After two plies there are 72 positions, and all of them are found."""
    planned = list(schedule(GAME, 2, games=144, openings=RandomOpenings(2)))
    assert len({fixture.opening for fixture in planned}) == 72
    with pytest.raises(MatchError, match="2 of openspiel:tic_tac_toe brought none after 72: take more plies or fewer"):
        list(schedule(GAME, 2, games=146, openings=RandomOpenings(2)))
    with pytest.raises(MatchError, match="2 of openspiel:tic_tac_toe brought none after 72"):
        next(schedule(GAME, 2, games=146, openings=RandomOpenings(2)))  # known before the first game
    with pytest.raises(MatchError, match="random_plies: expected fewer than end openspiel:tic_tac_toe, got 9"):
        list(schedule(GAME, 2, games=2, openings=RandomOpenings(9)))


def test_transpositions_are_one_opening() -> None:
    keys = set()
    for fixture in schedule(GAME, 2, games=200, openings=RandomOpenings(3)):
        state = GAME.new_state(np.random.default_rng(0))
        for action in fixture.opening:
            state.apply(action)
        keys.add(state.key())
    assert len(keys) == 100


def test_openings_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "openings.txt"
    path.write_text("# centre first\n4 0\nx(0,0) o(1,1)  # by name\n\n", encoding="utf-8")
    planned = list(schedule(GAME, 2, games=4, openings=read_openings(path, GAME)))
    assert [fixture.opening for fixture in planned] == [(4, 0), (4, 0), (0, 4), (0, 4)]
    with pytest.raises(MatchError, match="openings: expected one for every round, got 2"):
        list(schedule(GAME, 2, games=6, openings=read_openings(path, GAME)))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("4 4", r"line 1: expected a legal move, got '4' after \[4\]"),
        ("\nxyz", r"line 2: expected a legal move, got 'xyz' after \[\]"),
        ("0 3 1 4 2", "expected an opening that leaves something to play, got a finished game"),
        ("0 3 1 4 2 5", "expected an opening that leaves something to play, got a finished game"),
        ("0 3 1\n1 3 0", "line 2: expected a position that is new, got that of line 1"),
        ("# nothing", "expected openings, one a line, got none"),
    ],
)
def test_openings_that_cannot_be_played_are_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "openings.txt"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(MatchError, match=message):
        read_openings(path, GAME)
    with pytest.raises(MatchError, match="expected to read"):
        read_openings(tmp_path / "none.txt", GAME)


class Watcher(RandomPlayer):
    """Hears of its clock."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[tuple[float, float]] = []

    def tell_clock(self, remaining: float, increment: float) -> None:
        self.heard.append((remaining, increment))


class Slow(RandomPlayer):
    """Uses its processor for a fiftieth of a second."""

    def choose(self, state: State) -> Choice:
        import time

        time.sleep(0.02)
        return super().choose(state)


def test_clocks_are_kept_and_told() -> None:
    watcher = Watcher()
    assert isinstance(watcher, Timed)
    result = play_game(GAME, [watcher, RandomPlayer()], clock=Clock(60, 0.5))
    assert watcher.heard[0] == (60, 0.5)
    assert len(watcher.heard) == len(result.times(0))
    left = 60.0
    for (remaining, _), elapsed in zip(watcher.heard, result.times(0), strict=True):
        assert remaining == pytest.approx(left)
        left += 0.5 - elapsed


def test_who_runs_out_of_time_loses() -> None:
    result = play_game(GAME, [RandomPlayer(), Slow()], clock=Clock(0.03))
    assert (result.ending, result.offender, result.returns) == (Ending.TIMEOUT, 1, (1.0, -1.0))
    assert "left on its clock" in result.reason
    assert play_game(GAME, [RandomPlayer(), Slow()], clock=Clock(0.03, 1.0)).ending is Ending.FINISHED


@pytest.mark.parametrize("text", ["", "0", "60+", "-3", "1e3", "sixty", "60+-1"])
def test_a_clock_is_written_as_seconds_and_increment(text: str) -> None:
    assert Clock.parse("60+0.5") == Clock(60.0, 0.5)
    assert str(Clock.parse("60")) == "60+0"
    with pytest.raises(MatchError, match="clock: expected seconds"):
        Clock.parse(text)
