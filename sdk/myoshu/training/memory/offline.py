"""Learning from recorded games alone (MuZero Unplugged, Schrittwieser et al. 2021). Knows no torch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from myoshu.errors import RecordError, TrainingError
from myoshu.game import Game
from myoshu.record import locate_records
from myoshu.training.memory.recording import to_trajectory
from myoshu.training.memory.replay import Replay

__all__ = ["Found", "remember_records"]


@dataclass(frozen=True)
class Found:
    """The result of reading recorded games."""

    games: int
    """Number of games that are learned from."""
    forgotten: int
    """Number of older games, for which the replay had no room."""
    useless: int
    """Number of games without anything to learn: ended by an illegal move or a crash, or without moves."""


def remember_records(replay: Replay, path: Path, game: Game) -> Found:
    """Fill a replay with recorded games, replayed by the rules; if there are too many, with the last of them.

    Args:
        replay: the replay to fill.
        path: a file of games, or a folder of such files.
        game: the rules.

    Raises:
        RecordError: a record is damaged, of another game, or against its rules; the message names file and line.
        TrainingError: there is no game to learn from.
    """
    lengths = [len(record.moves) - record.opening for _, record in locate_records(path)]
    ahead = sum(lengths)
    games = forgotten = useless = 0
    for (place, record), length in zip(locate_records(path), lengths, strict=True):
        ahead -= length
        if ahead >= replay.capacity:
            forgotten += 1
            continue
        try:
            trajectory = to_trajectory(record, game, replay.discount)
            if trajectory is None:
                useless += 1
                continue
            replay.add([trajectory])
        except (RecordError, TrainingError) as error:
            raise RecordError(f"{place}: {error}") from error
        games += 1
    if not games:
        raise TrainingError(f"{path}: expected at least 1 game to learn from, got {useless} that teach nothing")
    return Found(games, forgotten, useless)
