"""A match as JSON, for programs."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from myoshu.arena.match import GameResult
    from myoshu.arena.standings import Standings
    from myoshu.arena.statistics import Summary
    from myoshu.rating.intervals import Interval

__all__ = ["games_json", "print_json"]


def games_json(game: str, seed: int, results: Sequence[GameResult], standings: Standings) -> dict[str, Any]:
    """A match's figures and games."""
    return {
        "game": game,
        "players": list(standings.names),
        "seed": seed,
        "summary": [_summary_json(summary) for summary in standings.summaries],
        "ratings": _ratings_json(standings),
        "duels": [
            {
                "players": players,
                "tally": [duel.tally.wins, duel.tally.draws, duel.tally.losses],
                "pairs": duel.pairs.counts,
                "score": duel.tally.score,
                "interval": [duel.interval.low, duel.interval.high],
                "elo": [_finite(end) for end in (duel.elo.elo, duel.elo.low, duel.elo.high)],
                "superiority": duel.superiority,
            }
            for players, duel in standings.duels.items()
        ],
        "games": [
            {
                "number": result.number,
                "seats": result.seats,
                "seed": result.seed,
                "opening": result.opening,
                "actions": result.actions,
                "seconds": [round(move.elapsed, 6) for move in result.moves],
                "returns": result.returns,
                "ending": str(result.ending),
                "offender": result.offender,
                "reason": result.reason,
            }
            for result in results
        ],
    }


def _ratings_json(standings: Standings) -> list[dict[str, float]] | None:
    if standings.ratings is None:
        return None
    return [{"elo": rating.elo, "error": rating.error} for rating in standings.ratings.players]


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _summary_json(summary: Summary) -> dict[str, Any]:
    def finite(interval: Interval) -> list[float] | None:
        ends = [interval.low, interval.high]
        return ends if all(abs(end) != float("inf") for end in ends) else None

    tallies = {"overall": summary.overall, **{f"seat {i}": tally for i, tally in enumerate(summary.by_seat)}}
    return {
        **{
            label: {
                "wins": tally.wins,
                "draws": tally.draws,
                "losses": tally.losses,
                "score": tally.score if tally.games else None,
                "interval": finite(tally.interval()),
            }
            for label, tally in tallies.items()
        },
        "mean_return": _finite(summary.mean_return),
        "mean_return_interval": finite(summary.mean_return_interval),
        "moves": summary.times.moves,
        "seconds_p50": summary.times.p50 if summary.times.moves else None,
        "seconds_p99": summary.times.p99 if summary.times.moves else None,
        "illegal": summary.illegal,
        "timeouts": summary.timeouts,
        "crashed": summary.crashed,
        "distinct_games": summary.distinct,
    }


def print_json(content: dict[str, Any]) -> None:
    """Write it to standard output."""
    typer.echo(json.dumps(content, indent=1, allow_nan=False))
