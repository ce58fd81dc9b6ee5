"""A match from its first game to its last: games already played are not repeated, and a test may end it early."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from itertools import islice

from myoshu.arena.clock import Clock
from myoshu.arena.match import GameResult
from myoshu.arena.pairs import PAIR_SCORES, count_pairs
from myoshu.arena.schedule import Fixture
from myoshu.arena.scoresheet import Scoresheet
from myoshu.arena.sprt import Sprt, SprtState, Verdict
from myoshu.arena.workers import Setting, play_fixtures
from myoshu.errors import MatchError

__all__ = ["play_tournament", "sprt_state"]


def play_tournament(
    make: Callable[[], Setting],
    fixtures: Iterable[Fixture],
    *,
    workers: int = 1,
    clock: Clock | None = None,
    sheet: Scoresheet | None = None,
    test: Sprt | None = None,
) -> Iterator[GameResult]:
    """Play a match, in the order of its schedule; each game is yielded as it ends.

    Args:
        make: makes the rules and the players; see :func:`myoshu.arena.workers.play_fixtures`.
        fixtures: the schedule.
        workers: how many processes play.
        clock: each side's thinking time.
        sheet: where games are recorded; those that it already has are yielded first, and not repeated.
        test: ends a match of two as soon as its complete pairs suffice. It reads games in the schedule's order, so
            it ends at the same game at any parallelism.

    Raises:
        MatchError: the sheet's games belong to another schedule, or players cannot play.
        GameError: the game broke its contract.
    """
    planned = iter(fixtures)
    results: list[GameResult] = []
    before = [] if sheet is None else sheet.played
    for result, fixture in zip(before, islice(planned, len(before)), strict=False):
        there = (result.number, result.seats, result.seed, result.player_seeds, result.opening)
        here = (fixture.number, fixture.seats, fixture.seed, fixture.player_seeds, fixture.opening)
        if there != here:
            raise MatchError(f"--record: expected game {fixture.number + 1} as {here}, got {there} in the file")
        results.append(result)
        yield result
        if _over(results, test):
            return
    with closing(play_fixtures(make, planned, workers=workers, clock=clock)) as played:
        for result in played:
            if sheet is not None:
                sheet.add(result)
            results.append(result)
            yield result
            if _over(results, test):
                return


def sprt_state(results: Sequence[GameResult], test: Sprt) -> SprtState:
    """A sequential test's state for a match of two, by its complete pairs, about its first player."""
    return test.state(PAIR_SCORES, count_pairs(results, 0).counts)


def _over(results: Sequence[GameResult], test: Sprt | None) -> bool:
    whole = len(results) % 2 == 0
    return test is not None and whole and sprt_state(results, test).verdict is not Verdict.OPEN
