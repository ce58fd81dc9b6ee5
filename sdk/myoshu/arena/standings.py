"""Where a match stands: all scores, the cross table, ratings."""

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
    """All games of two players against each other, from the first one's view."""

    tally: Tally
    """Games won, drawn and lost."""
    pairs: Pentanomial
    """The same by pairs of games with one opening."""

    @property
    def interval(self) -> Interval:
        """The 95% interval of the score: by pairs if there are any, since the games of a pair are correlated."""
        return self.pairs.interval() if self.pairs.pairs else self.tally.interval()

    @property
    def elo(self) -> EloDifference:
        """How much stronger the first is, with its 95% interval."""
        return elo_difference(self.tally.score, self.interval)

    @property
    def superiority(self) -> float:
        """The probability that the first is the stronger one, by pairs if there are any."""
        if self.pairs.pairs:
            return superiority(PAIR_SCORES, self.pairs.counts)
        return superiority((0.0, 0.5, 1.0), (self.tally.losses, self.tally.draws, self.tally.wins))


@dataclass(frozen=True)
class Standings:
    """A match, summed up."""

    names: tuple[str, ...]
    """The players' names."""
    games: int
    """Number of games played."""
    seats: int
    """Players in one game."""
    summaries: tuple[Summary, ...]
    """Each player's own games."""
    duels: dict[tuple[int, int], Duel]
    """Games of two: for each pair that met, in both orders."""
    ratings: Ratings | None
    """Games of two: all players' ratings; None until every player has played."""
    placements: tuple[Placement, ...]
    """Games of more than two: all players' placements; else empty."""

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
        names: the players' names.
        seats: how many players take part in one game.
        anchor: the player whose rating is zero; if not given, the one called ``random``, or else the first.
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
            ratings = None  # a player has not played yet
    return Standings(
        tuple(names),
        len(results),
        seats,
        tuple(summarize(games, player) for player, games in enumerate(own)),
        duels,
        ratings,
        tuple(placements(games, player) for player, games in enumerate(own)) if seats > 2 else (),
    )
