"""What a match says about its players."""

from __future__ import annotations

import math

import pytest

from myoshu.arena.match import Ending, GameResult, Move
from myoshu.arena.player import Choice
from myoshu.arena.statistics import Times, summarize
from myoshu.rating.tally import Tally


def test_no_moves_take_no_time() -> None:
    assert math.isnan(Times.of([]).p50)


def result(
    number: int,
    seats: tuple[int, int],
    returns: tuple[float, float],
    ending: Ending = Ending.FINISHED,
    offender: int | None = None,
) -> GameResult:
    moves = (Move(0, Choice(0), 0.001), Move(1, Choice(1), 0.003))
    return GameResult(number, seats, 0, (), moves, returns, ending, offender)


def test_a_match_is_counted_from_one_players_view() -> None:
    results = [
        result(0, (0, 1), (1, -1)),
        result(1, (1, 0), (1, -1)),
        result(2, (0, 1), (0, 0)),
        result(3, (1, 0), (1, -1), Ending.ILLEGAL, 1),
        result(4, (0, 1), (1, -1), Ending.CRASHED, 1),
    ]
    mine, theirs = summarize(results, 0), summarize(results, 1)
    assert (mine.overall, theirs.overall) == (Tally(2, 1, 2), Tally(2, 1, 2))
    assert mine.by_seat == (Tally(2, 1, 0), Tally(0, 0, 2))
    assert (mine.illegal, mine.crashed, theirs.illegal, theirs.crashed) == (1, 0, 0, 1)
    assert mine.mean_return == 0
    assert (mine.times.moves, theirs.times.moves) == (5, 5)
    assert mine.times.p50 == 0.001
    assert mine.times.p99 == pytest.approx(0.003)
    assert mine.distinct == 2
    assert str(mine.overall) == "2/1/2"
    assert mine.overall.score == 0.5
