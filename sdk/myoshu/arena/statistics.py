"""What a match says about its players.

Intervals are those of :mod:`myoshu.rating.intervals`. They hold for games that are independent of one another. Two
deterministic players play the same two games again and again: :attr:`Summary.distinct` counts how
many different games there were.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from myoshu.arena.match import Ending, GameResult, Outcome
from myoshu.rating.intervals import Interval, mean_interval
from myoshu.rating.tally import Tally

__all__ = ["Summary", "Times", "summarize"]


@dataclass(frozen=True)
class Times:
    """How long one player's moves took, in seconds."""

    moves: int
    """Number of moves."""
    p50: float
    """Half the moves took at most this; NaN without moves."""
    p99: float
    """99 of 100 moves took at most this; NaN without moves."""

    @classmethod
    def of(cls, seconds: Sequence[float]) -> Times:
        """Summarise the moves' times."""
        if not seconds:
            return cls(0, math.nan, math.nan)
        p50, p99 = np.percentile(np.asarray(seconds), [50, 99])
        return cls(len(seconds), float(p50), float(p99))


@dataclass(frozen=True)
class Summary:
    """A match from one player's view."""

    overall: Tally
    """Results of all games."""
    by_seat: tuple[Tally, ...]
    """Results at each seat."""
    mean_return: float
    """The player's mean return."""
    mean_return_interval: Interval
    """The 95% interval of the mean return."""
    times: Times
    """How long the player's moves took."""
    illegal: int
    """Games the player ended by an illegal move."""
    crashed: int
    """Games the player ended by an error."""
    timeouts: int
    """Games the player ended by letting its clock run out."""
    distinct: int
    """Number of games that differ in their moves or seats: the others are repetitions."""


def summarize(results: Sequence[GameResult], player: int) -> Summary:
    """Sum a match up for one of its players.

    Args:
        results: the games.
        player: which of the match's players.
    """
    seats = len(results[0].seats) if results else 0
    returns = [result.returns[result.seat_of(player)] for result in results]
    offences = [result.ending for result in results if result.offender == result.seat_of(player)]
    return Summary(
        overall=_tally(results, player),
        by_seat=tuple(_tally((r for r in results if r.seat_of(player) == seat), player) for seat in range(seats)),
        mean_return=float(np.mean(returns)) if returns else math.nan,
        mean_return_interval=mean_interval(returns),
        times=Times.of([seconds for result in results for seconds in result.times(player)]),
        illegal=offences.count(Ending.ILLEGAL),
        crashed=offences.count(Ending.CRASHED),
        timeouts=offences.count(Ending.TIMEOUT),
        distinct=len({(result.seats, result.actions) for result in results}),
    )


def _tally(results: Iterable[GameResult], player: int) -> Tally:
    outcomes = [result.outcome(player) for result in results]
    return Tally(outcomes.count(Outcome.WIN), outcomes.count(Outcome.DRAW), outcomes.count(Outcome.LOSS))
