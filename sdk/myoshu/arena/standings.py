"""Where a match stands: everybody's score, the cross table, ratings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from myoshu.arena.match import GameResult
from myoshu.arena.pairs import PAIR_SCORES, Pentanomial, count_pairs
from myoshu.arena.placement import Placement, placements
from myoshu.arena.statistics import Summary, summarize
from myoshu.errors import ArgumentError
from myoshu.rating.elo import EloDifference, elo_difference, superiority
from myoshu.rating.intervals import Interval
from myoshu.rating.ratings import Pairing, Ratings, fit_ratings
from myoshu.rating.tally import Tally

__all__ = ["Duel", "Standings", "stand"]


@dataclass(frozen=True)
class Duel:
    """All games of two players against each other, as the first of them sees it."""

    tally: Tally
    """Won, drawn, lost."""
    pairs: Pentanomial
    """The same by pairs of games with one opening."""

    @property
    def interval(self) -> Interval:
        """Where the true score lies, at 95%: of pairs where there are any, since the games of a pair hang together."""
        return self.pairs.interval() if self.pairs.pairs else self.tally.interval()

    @property
    def elo(self) -> EloDifference:
        """By how much the first is stronger, with its 95% interval."""
        return elo_difference(self.tally.score, self.interval)

    @property
    def superiority(self) -> float:
        """How likely it is that the first is the stronger one, by pairs where there are any."""
        if self.pairs.pairs:
            return superiority(PAIR_SCORES, self.pairs.counts)
        return superiority((0.0, 0.5, 1.0), (self.tally.losses, self.tally.draws, self.tally.wins))


@dataclass(frozen=True)
class Standings:
    """A match, summed up."""

    names: tuple[str, ...]
    """What the players are called."""
    games: int
    """Games played."""
    seats: int
    """How many sit at one game."""
    summaries: tuple[Summary, ...]
    """Each player's own games."""
    duels: dict[tuple[int, int], Duel]
    """Games of two: for each two who met, either way round."""
    ratings: Ratings | None
    """Games of two: everybody's strength; None while somebody has not played."""
    placements: tuple[Placement, ...]
    """Games of more than two: where everybody came in; else empty."""

    @property
    def order(self) -> list[int]:
        """The players, best first."""
        return sorted(range(len(self.names)), key=self._merit, reverse=True)

    def _merit(self, player: int) -> float:
        if self.ratings is not None:
            return self.ratings.players[player].elo
        summary = self.summaries[player]
        return summary.mean_return if self.seats != 2 else summary.overall.score


def stand(results: Sequence[GameResult], names: Sequence[str], seats: int, anchor: int | None = None) -> Standings:
    """Sum a match up.

    Args:
        results: the games so far.
        names: what the players are called.
        seats: how many sit at one game.
        anchor: whose rating is zero; the one called ``random``, or else the first, if not given.
    """
    if anchor is None:
        anchor = next((index for index, name in enumerate(names) if name == "random"), 0)
    own: list[list[GameResult]] = [[] for _ in names]
    met: dict[tuple[int, int], list[GameResult]] = {}
    for result in results:
        for player in result.seats:
            own[player].append(result)
        if seats == 2:
            one, other = sorted(result.seats)
            met.setdefault((one, other), []).append(result)
    duels: dict[tuple[int, int], Duel] = {}
    for (one, other), games in met.items():
        for this, that in ((one, other), (other, one)):
            duels[this, that] = Duel(summarize(games, this).overall, count_pairs(games, this))
    ratings = None
    if seats == 2:
        pairings = [Pairing(one, other, duels[one, other].tally) for one, other in met]
        try:
            ratings = fit_ratings(len(names), pairings, anchor)
        except ArgumentError:
            ratings = None  # somebody has not played yet
    return Standings(
        tuple(names),
        len(results),
        seats,
        tuple(summarize(games, player) for player, games in enumerate(own)),
        duels,
        ratings,
        tuple(placements(games, player) for player, games in enumerate(own)) if seats > 2 else (),
    )
