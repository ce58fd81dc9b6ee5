"""``tesuji match``: games between players, counted."""

from __future__ import annotations

import json
import sys
import time as clock
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer

from tesuji.cli._players import Table, limit_of
from tesuji.cli._text import game_text, line_text, seconds, share, table
from tesuji.errors import MatchError

if TYPE_CHECKING:
    from tesuji.arena.exhaustive import ExhaustiveReport
    from tesuji.arena.match import GameResult
    from tesuji.arena.player import Player
    from tesuji.arena.solver import Solver
    from tesuji.arena.statistics import Interval, Summary
    from tesuji.game import Game

__all__ = ["match"]

EPILOG = """
[bold]Examples[/bold]

An agent against chance, and against perfect play (in games small enough to be solved):

  tesuji match agent.tesuji random --games 100

  tesuji match agent.tesuji perfect --simulations 32

Against OpenSpiel's tree search with 1000 rollouts a move, 50 milliseconds a move for the agent:

  tesuji match agent.tesuji mcts:1000 --time 0.05

Agent against agent; since neither does anything at random, games begin with four random moves:

  tesuji match one.tesuji other.tesuji --opening 4

Against every line that an opponent could play:

  tesuji match agent.tesuji --exhaustive --simulations 32

Without any agent, showing the first game move by move:

  tesuji match mcts:100 random --game openspiel:connect_four --games 20 --show 1
"""

_LINE_EVERY = 5.0
"""Seconds between lines of progress where there is no terminal to draw on."""


def match(
    players: Annotated[
        list[str],
        typer.Argument(
            help="One for each seat: agent.tesuji, random, perfect, mcts:N or bot:NAME (both OpenSpiel).",
            show_default=False,
        ),
    ],
    game: Annotated[
        str | None, typer.Option(help="What to play, as openspiel:tic_tac_toe. By default the first bundle's game.")
    ] = None,
    games: Annotated[int, typer.Option(min=1, help="How many games.")] = 100,
    simulations: Annotated[int | None, typer.Option(help="Simulations a move, for bundles.")] = None,
    time: Annotated[float | None, typer.Option(help="Seconds a move, for bundles; instead or besides.")] = None,
    opening: Annotated[
        int, typer.Option(min=0, help="Random moves to begin with, the same for each round in which seats rotate.")
    ] = 0,
    seed: Annotated[int, typer.Option(min=0, help="Seed of everything random.")] = 0,
    exhaustive: Annotated[
        bool, typer.Option("--exhaustive", help="Play one player against every line its opponent could choose.")
    ] = False,
    show: Annotated[int, typer.Option(min=0, help="Show this many games, move by move.")] = 0,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write games and figures to this file as well.")
    ] = None,
) -> None:
    """Play a match and count it: wins, draws, losses, the score with its 95% interval, time per move.

    Seats rotate from game to game. An illegal move or an error loses that game only, and makes the exit status 1.
    """
    if json_file is not None and not json_file.absolute().parent.is_dir():
        raise MatchError(f"--json: expected a folder that is there, got {json_file.parent}")
    setting = Table(players, game, limit_of(simulations, time))
    if exhaustive:
        _every_line(setting, players, seed, json_file)
    else:
        _games(setting, players, games, opening, seed, show, json_file)


def _games(
    setting: Table, texts: Sequence[str], games: int, opening: int, seed: int, show: int, file: Path | None
) -> None:
    from tesuji.arena.match import play_match
    from tesuji.arena.statistics import summarize

    players = setting.players(texts)
    names = [player.name for player in players]
    results: list[GameResult] = []
    progress = _Progress()
    for result in play_match(setting.game, players, games=games, seed=seed, random_plies=opening):
        results.append(result)
        if len(results) <= show:
            progress.clear()
            typer.echo(game_text(setting.game, result, names) + "\n")
        if progress.due():
            progress.show(f"{len(results)}/{games} games   {_so_far(results, names[0])}")
    progress.clear()
    summaries = [summarize(results, player) for player in range(len(players))]
    typer.echo(_result_text(setting.game.spec.name, names, seed, results, summaries))
    if file is not None:
        _write(file, _games_json(setting.game.spec.name, names, seed, results, summaries))
    spoiled = [result for result in results if result.offender is not None]
    if spoiled:
        first = spoiled[0]
        assert first.offender is not None
        who = names[first.seats[first.offender]]
        typer.echo(f"game {first.number + 1}: {who}: {first.ending}: {first.reason}", err=True)
        raise typer.Exit(1)


def _so_far(results: Sequence[GameResult], name: str) -> str:
    from tesuji.arena.statistics import summarize

    summary = summarize(results, 0)
    if len(results[0].seats) != 2:
        return f"{name} is paid {summary.mean_return:+.3f} on average"
    interval = summary.overall.interval()
    return (
        f"{name} {summary.overall}   {share(summary.overall.score)} ({share(interval.low)} to {share(interval.high)})"
    )


def _result_text(
    game: str, names: Sequence[str], seed: int, results: Sequence[GameResult], summaries: Sequence[Summary]
) -> str:
    seats = len(results[0].seats)
    two = seats == 2
    ordinals = ["first", "second", "third", *(f"{seat}th" for seat in range(4, seats + 1))]
    parts = [f"{game}: {len(results)} games, seed {seed}"]
    rows = []
    for name, summary in zip(names, summaries, strict=True):
        for label, tally in [(name, summary.overall), *zip(ordinals, summary.by_seat, strict=False)]:
            if label is not name and seats == 1:
                continue
            interval = tally.interval()
            row = [label if label is name else f"  moving {label}", str(tally.games), str(tally) if seats > 1 else "–"]
            if two:
                row += [share(tally.score), f"{share(interval.low)} to {share(interval.high)}"]
            elif label is name:
                low, high = summary.mean_return_interval.low, summary.mean_return_interval.high
                row += [f"{summary.mean_return:+.3f}", f"{low:+.3f} to {high:+.3f}"]
            else:
                row += ["", ""]
            rows.append(row)
        if two:
            break  # the other player's figures are these, turned round
    parts.append(table(["", "games", "W/D/L", "score" if two else "mean return", "95% interval"], rows))
    rows = [
        [name, str(own.times.moves), seconds(own.times.p50), seconds(own.times.p99), str(own.illegal), str(own.crashed)]
        for name, own in zip(names, summaries, strict=True)
    ]
    parts.append(table(["", "moves", "p50", "p99", "illegal", "errors"], rows))
    distinct = summaries[0].distinct
    if distinct <= len(results) // 2:
        parts.append(
            f"Only {distinct} of the {len(results)} games differ, but the intervals take them all for independent: "
            "--opening begins games with random moves."
        )
    return "\n\n".join(parts)


def _every_line(setting: Table, texts: Sequence[str], seed: int, file: Path | None) -> None:
    from tesuji.arena.exhaustive import play_every_line

    if len(texts) != 1:
        raise MatchError(f"--exhaustive: expected one player, since the other plays everything, got {len(texts)}")
    player = setting.players(texts)[0]
    solver = _solver(setting.game)
    progress = _Progress()
    reports: list[ExhaustiveReport] = []

    def tell(lines: int) -> None:
        if progress.due():
            progress.show(f"moving {'second' if reports else 'first'}: {lines} lines")

    for seat in (0, 1):
        reports.append(play_every_line(setting.game, player, seat, seed=seed, solver=solver, on_line=tell))
    progress.clear()
    typer.echo(_every_line_text(setting, player, reports))
    if file is not None:
        _write(file, _every_line_json(setting.game.spec.name, player.name, seed, reports))
    if any(report.illegal for report in reports):
        raise typer.Exit(1)


def _solver(game: Game) -> Solver | None:
    """A solver that has solved the game, or None, with a word about it, if it is too large."""
    from tesuji.arena.solver import Solver

    solver = Solver(game)
    try:
        solver.value(game.new_state(np.random.default_rng(0)))
    except MatchError as error:
        typer.echo(f"Values thrown away are not counted: {error}", err=True)
        return None
    return solver


def _every_line_text(setting: Table, player: Player, reports: Sequence[ExhaustiveReport]) -> str:
    parts = [f"{setting.game.spec.name}: {player.name} against every line an opponent could play"]
    rows = [
        [
            f"moving {'second' if report.seat else 'first'}",
            str(report.lines),
            *map(str, (report.tally.wins, report.tally.draws, report.tally.losses, report.illegal)),
            str(report.decisions),
            str(report.positions),
            "–" if report.thrown is None else str(report.thrown),
        ]
        for report in reports
    ]
    head = ["", "lines", "won", "drawn", "lost", "illegal", "situations", "positions", "values thrown away"]
    parts.append(table(head, rows))
    for report in reports:
        lost = [f"lost: {line_text(setting.game, line)}" for line in report.lost_lines]
        thrown = [f"value thrown away by the last of: {line_text(setting.game, line)}" for line in report.thrown_lines]
        if lost or thrown:
            parts.append("\n".join([f"Moving {'second' if report.seat else 'first'}:", *lost, *thrown]))
    losses = sum(report.tally.losses for report in reports)
    lines = sum(report.lines for report in reports)
    parts.append(f"{losses or 'None'} of {lines} lines {'is' if losses < 2 else 'are'} lost.")
    return "\n\n".join(parts)


class _Progress:
    """One line that is drawn over on a terminal; elsewhere a line now and then. Both on the error stream."""

    def __init__(self) -> None:
        self._drawn = sys.stderr.isatty()
        self._every = 0.1 if self._drawn else _LINE_EVERY
        self._last = clock.monotonic()
        self._width = 0

    def due(self) -> bool:
        return clock.monotonic() - self._last >= self._every

    def show(self, text: str) -> None:
        self._last = clock.monotonic()
        if self._drawn:
            sys.stderr.write("\r" + text.ljust(self._width))
            self._width = len(text)
        else:
            sys.stderr.write(text + "\n")
        sys.stderr.flush()

    def clear(self) -> None:
        if self._width:
            sys.stderr.write("\r" + " " * self._width + "\r")
            sys.stderr.flush()
            self._width = 0


def _games_json(
    game: str, names: Sequence[str], seed: int, results: Sequence[GameResult], summaries: Sequence[Summary]
) -> dict[str, Any]:
    return {
        "game": game,
        "players": list(names),
        "seed": seed,
        "summary": [_summary_json(summary) for summary in summaries],
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
        "mean_return": summary.mean_return,
        "mean_return_interval": finite(summary.mean_return_interval),
        "moves": summary.times.moves,
        "seconds_p50": summary.times.p50 if summary.times.moves else None,
        "seconds_p99": summary.times.p99 if summary.times.moves else None,
        "illegal": summary.illegal,
        "crashed": summary.crashed,
        "distinct_games": summary.distinct,
    }


def _every_line_json(game: str, name: str, seed: int, reports: Sequence[ExhaustiveReport]) -> dict[str, Any]:
    return {
        "game": game,
        "player": name,
        "seed": seed,
        "seats": [
            {
                "seat": report.seat,
                "lines": report.lines,
                "wins": report.tally.wins,
                "draws": report.tally.draws,
                "losses": report.tally.losses,
                "illegal": report.illegal,
                "situations": report.decisions,
                "positions": report.positions,
                "thrown": report.thrown,
                "lost_lines": report.lost_lines,
                "thrown_lines": report.thrown_lines,
            }
            for report in reports
        ],
    }


def _write(file: Path, content: dict[str, Any]) -> None:

    try:
        file.write_text(json.dumps(content, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    except OSError as error:
        raise MatchError(f"--json: cannot write {file}: {error.strerror}") from error
