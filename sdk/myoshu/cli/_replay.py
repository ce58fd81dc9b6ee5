"""``myoshu match --replay``: are recorded games what the rules, and the players, make of them?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from myoshu.cli._players import Table
from myoshu.cli._progress import Progress
from myoshu.counted import counted
from myoshu.errors import MatchError, RecordError

if TYPE_CHECKING:
    from myoshu.game import Game
    from myoshu.record import GameRecord
    from myoshu.runtime.limit import Limit

__all__ = ["replay_file"]

_TOLD = 10
"""Mismatches that are told one by one."""


def replay_file(path: Path, texts: Sequence[str], string: str | None, limit: Limit | None) -> None:
    """Play every game of a file again by the rules; with players, let them choose again too.

    Args:
        path: a file of games, or a folder of such files.
        texts: the match's players as it was played, in their order; may be empty.
        string: where the records' game is now; as they say if not given.
        limit: how long bundles thought about a move.

    Raises:
        RecordError: the file cannot be read.
        GameStringError: the game is not where the records say, and no game string says where.
    """
    from myoshu.cli._games import game_named
    from myoshu.record import locate_records
    from myoshu_engines import load_game

    known: dict[str, tuple[Game, str]] = {}
    given = None if string is None else (load_game(string), string)
    table: Table | None = None
    progress, games, wrong = Progress(), 0, 0
    for place, record in locate_records(path):
        games += 1
        if record.game not in known:
            known[record.game] = given or game_named(record.game, path)
        game, found = known[record.game]
        try:
            record.replay(game)
            if texts:
                if table is None:
                    table = Table(texts, found, limit)
                _play_again(record, table, texts)
        except RecordError as error:
            wrong += 1
            if wrong <= _TOLD:
                progress.clear()
                typer.echo(f"{place}: {error}", err=True)
        if progress.due:
            progress.show(f"{counted(games, 'game')}, {wrong} wrong")
    progress.clear()
    typer.echo(f"{path}: {counted(games, 'game')} replayed, {wrong} mismatch{'' if wrong == 1 else 'es'}")
    if wrong:
        raise typer.Exit(1)


def _play_again(record: GameRecord, table: Table, texts: Sequence[str]) -> None:
    """Let the players play a game again from its seeds.

    Raises:
        RecordError: they play another.
    """
    from myoshu.arena.match import play_fixture
    from myoshu.arena.schedule import Fixture
    from myoshu.arena.scoresheet import as_result

    was = as_result(record)
    if max(was.seats) >= len(texts):
        raise MatchError(f"players: expected {max(was.seats) + 1} or more, as the match had, got {len(texts)}")
    fixture = Fixture(was.number, was.round, was.seats, was.seed, was.player_seeds, was.opening)
    now = play_fixture(table.game, table.players(texts), fixture)
    if now.actions != was.actions:
        ply = next(
            (i for i, pair in enumerate(zip(now.actions, was.actions, strict=False)) if pair[0] != pair[1]),
            min(len(now.actions), len(was.actions)),
        )
        raise RecordError(
            f"moves[{ply}]: expected {now.actions[ply : ply + 1]}, as the players choose, got "
            f"{was.actions[ply : ply + 1]}"
        )
