"""``myoshu match --exhaustive``: one player against every line its opponent could choose."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import typer

from myoshu.cli._match_json import print_json
from myoshu.cli._players import Table
from myoshu.cli._progress import Progress
from myoshu.cli._seats import Seats
from myoshu.cli._text import line_text, table
from myoshu.counted import counted
from myoshu.errors import MatchError

if TYPE_CHECKING:
    from myoshu.arena.exhaustive import ExhaustiveReport
    from myoshu.arena.player import Player
    from myoshu.arena.solver import Solver
    from myoshu.game import Game

__all__ = ["play_exhaustively"]


def play_exhaustively(setting: Table, texts: Sequence[str], seed: int, json: bool) -> None:
    """Play one player against everything its opponent could, and tell.

    Raises:
        MatchError: there is more than one player, or the game is not for two.
    """
    from myoshu.arena.exhaustive import play_every_line

    if len(texts) != 1:
        raise MatchError(f"--exhaustive: expected one player, since the other plays everything, got {len(texts)}")
    player = setting.players(texts)[0]
    solver = _solver(setting.game)
    progress = Progress()
    reports: list[ExhaustiveReport] = []

    def tell(lines: int) -> None:
        if progress.due:
            progress.show(f"{seats.labels[seats.order[len(reports)]]}: {counted(lines, 'line')}")

    seats = Seats(setting.game)
    for seat in seats.order:
        reports.append(play_every_line(setting.game, player, seat, seed=seed, solver=solver, on_line=tell))
    progress.clear()
    typer.echo(_every_line_text(setting, player, reports, seats.labels), err=json)
    if json:
        print_json(_every_line_json(setting.game.spec.name, player.name, seed, reports))
    if any(report.illegal for report in reports):
        raise typer.Exit(1)


def _solver(game: Game) -> Solver | None:
    """A solver that has solved the game, or None, with a word about it, if it is too large."""
    from myoshu.arena.solver import Solver

    solver = Solver(game)
    try:
        solver.value(game.new_state(np.random.default_rng(0)))
    except MatchError as error:
        typer.echo(f"Values thrown away are not counted: {error}", err=True)
        return None
    return solver


def _every_line_text(setting: Table, player: Player, reports: Sequence[ExhaustiveReport], labels: Sequence[str]) -> str:
    parts = [f"{setting.game.spec.name}: {player.name} against every line an opponent could play"]
    rows = [
        [
            labels[report.seat],
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
            parts.append("\n".join([f"{labels[report.seat].capitalize()}:", *lost, *thrown]))
    losses = sum(report.tally.losses for report in reports)
    lines = sum(report.lines for report in reports)
    parts.append(f"{losses or 'None'} of {lines} lines {'is' if losses < 2 else 'are'} lost.")
    return "\n\n".join(parts)


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
