"""What a match says about its players, and how sure it is.

The score of a player is its wins plus half its draws, as a share of the games. Its interval is found by inverting the
score test of a trinomial: a true score s is inside exactly when the observed score lies within z standard errors of s,
the standard error being the one that games with score s would have, their share of draws the likeliest given the
observed counts. Without draws this is Wilson's interval (Wilson 1927, JASA 22:209); with them it is the interval of
Tango (1998, Statistics in Medicine 17:891, eqs. 8–10) for a difference of paired proportions, wins minus losses. Unlike
the normal approximation it stays inside [0, 1], does not collapse at 100–0 or when every game is drawn, and covers what
it claims from few games on.

All this holds for games that are independent of one another. Two players without anything random in them play the same
two games again and again: :attr:`Summary.distinct` counts how many different games there were.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from myoshu.arena.match import Ending, GameResult, Outcome

__all__ = ["Interval", "Summary", "Tally", "Times", "mean_interval", "score_interval", "summarize"]


@dataclass(frozen=True)
class Interval:
    """From where to where a quantity lies, at the confidence asked for."""

    low: float
    """The lower end."""
    high: float
    """The upper end."""


@dataclass(frozen=True)
class Tally:
    """Games counted by how they went for one player."""

    wins: int = 0
    """Games won."""
    draws: int = 0
    """Games drawn."""
    losses: int = 0
    """Games lost."""

    @property
    def games(self) -> int:
        """All of them."""
        return self.wins + self.draws + self.losses

    @property
    def score(self) -> float:
        """Wins plus half the draws, as a share of the games; NaN without games."""
        return (self.wins + self.draws / 2) / self.games if self.games else math.nan

    def interval(self, confidence: float = 0.95) -> Interval:
        """See :func:`score_interval`."""
        return score_interval(self.wins, self.draws, self.losses, confidence)

    def __str__(self) -> str:
        return f"{self.wins}/{self.draws}/{self.losses}"


@dataclass(frozen=True)
class Times:
    """How long one player's moves took, in seconds."""

    moves: int
    """How many moves."""
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
    """All games."""
    by_seat: tuple[Tally, ...]
    """The games in which the player sat at each seat."""
    mean_return: float
    """What the game paid the player, on average."""
    mean_return_interval: Interval
    """Where its true mean lies, at 95%."""
    times: Times
    """How long the player's moves took."""
    illegal: int
    """Games the player ended by an illegal move."""
    crashed: int
    """Games the player ended by an error."""
    timeouts: int
    """Games the player ended by letting its clock run out."""
    distinct: int
    """How many games of the match differ in their moves or seats: the others are repetitions."""


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


def score_interval(wins: int, draws: int, losses: int, confidence: float = 0.95) -> Interval:
    """Where the true score lies: both ends in [0, 1]. Without games, everywhere.

    Args:
        wins: games won.
        draws: games drawn.
        losses: games lost.
        confidence: the share of matches whose interval shall cover the truth, in (0, 1).
    """
    games = wins + draws + losses
    if games == 0:
        return Interval(0.0, 1.0)
    z = _quantile(confidence)
    observed = (wins - losses) / games

    def outside(difference: float) -> bool:
        gap = abs(observed - difference)
        return gap * gap > z * z * _variance(wins, losses, games, difference) / games

    low = _boundary(outside, -1.0, observed)
    high = _boundary(outside, 1.0, observed)
    return Interval((1 + low) / 2, (1 + high) / 2)


def mean_interval(values: Sequence[float], confidence: float = 0.95) -> Interval:
    """Where the mean lies, by the normal approximation: for some thirty values or more. Infinite for fewer than two."""
    if len(values) < 2:
        return Interval(-math.inf, math.inf)
    mean = float(np.mean(values))
    reach = _quantile(confidence) * float(np.std(values, ddof=1)) / math.sqrt(len(values))
    return Interval(mean - reach, mean + reach)


def _tally(results: Iterable[GameResult], player: int) -> Tally:
    outcomes = [result.outcome(player) for result in results]
    return Tally(outcomes.count(Outcome.WIN), outcomes.count(Outcome.DRAW), outcomes.count(Outcome.LOSS))


def _quantile(confidence: float) -> float:
    return NormalDist().inv_cdf((1 + confidence) / 2)


def _variance(wins: int, losses: int, games: int, difference: float) -> float:
    """Variance of (win − loss) in one game, were its mean ``difference``: Tango's eq. 9, the likeliest share of losses.

    With p₊ the chance of a win and p₋ of a loss, p₊ − p₋ = difference; p₋ maximises the likelihood of the counts.
    """
    a = 2.0 * games
    b = -(wins + losses) + (2.0 * games - wins + losses) * difference
    c = -losses * difference * (1.0 - difference)
    lost = (math.sqrt(max(0.0, b * b - 4.0 * a * c)) - b) / (2.0 * a)
    lost = min(max(lost, 0.0, -difference), (1.0 - difference) / 2.0)
    return max(0.0, 2.0 * lost + difference - difference * difference)


def _boundary(outside: Callable[[float], bool], end: float, inside: float) -> float:
    """Where a condition that holds at ``end`` and not at ``inside`` begins, by bisection."""
    if not outside(end):
        return end
    for _ in range(60):
        middle = (end + inside) / 2
        if outside(middle):
            end = middle
        else:
            inside = middle
    return inside
