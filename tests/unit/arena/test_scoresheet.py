"""Matches on file: the same games again, gone on with after an interruption, or refused."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import pytest

from myoshu.arena.match import Ending, GameResult, play_fixture
from myoshu.arena.openings import RandomOpenings
from myoshu.arena.perfect_player import PerfectPlayer
from myoshu.arena.player import Choice, Player
from myoshu.arena.random_player import RandomPlayer
from myoshu.arena.schedule import Fixture, schedule
from myoshu.arena.scoresheet import Scoresheet, as_record, as_result, versions
from myoshu.arena.solver import Solver
from myoshu.arena.sprt import Sprt
from myoshu.arena.standings import stand
from myoshu.arena.tournament import play_tournament, sprt_state
from myoshu.errors import MatchError, RecordError
from myoshu.game import Game, State
from myoshu.record import read_records
from myoshu_engines import load_game

GAME = load_game("openspiel:tic_tac_toe")
NAMES = ["random", "perfect"]
SOLVER = Solver(GAME)


def setting() -> tuple[Game, list[Player]]:
    return GAME, [RandomPlayer(), PerfectPlayer(SOLVER)]


def fixtures(games: int = 12, seed: int = 4) -> list[Fixture]:
    return list(schedule(GAME, 2, games=games, seed=seed, openings=RandomOpenings(2)))


def played(path: Path, games: int, stop: int | None = None, conditions: str = "those") -> list[GameResult]:
    with Scoresheet(path, GAME.spec, NAMES, conditions) as sheet:
        return list(islice(play_tournament(setting, fixtures(games), sheet=sheet), stop))


def essence(results: Sequence[GameResult]) -> list[object]:
    return [(r.number, r.round, r.seats, r.seed, r.player_seeds, r.actions, r.returns, r.ending) for r in results]


def test_records_replay_and_come_back_as_they_were(tmp_path: Path) -> None:
    results = played(tmp_path / "m.jsonl", 12)
    records = list(read_records(tmp_path / "m.jsonl"))
    assert len(records) == 12
    for record in records:
        record.replay(GAME)
        assert record.conditions == "those"
        assert record.versions == versions()
        assert record.versions["numpy"]
        assert record.seats in {("random", "perfect"), ("perfect", "random")}
    assert essence([as_result(record) for record in records]) == essence(results)
    values = [value for record in records for value in record.values or () if value is not None]
    assert values
    assert all(sum(value) == 0 for value in values)


@pytest.mark.parametrize("stop", [0, 1, 5, 11, 12])
def test_an_interrupted_match_goes_on_to_the_same_end(tmp_path: Path, stop: int) -> None:
    whole = played(tmp_path / "whole.jsonl", 12)
    path = tmp_path / "m.jsonl"
    played(path, 12, stop)
    if path.read_bytes():
        path.write_bytes(path.read_bytes() + b'{"format":1,"game":"openspiel:tic')  # killed as it wrote
    again = played(path, 12)
    assert essence(again) == essence(whole)
    assert len(list(read_records(path))) == 12
    assert path.read_bytes().endswith(b"\n")


def test_a_longer_match_begins_with_the_shorter_one(tmp_path: Path) -> None:
    path = tmp_path / "m.jsonl"
    short = played(path, 6)
    assert essence(played(path, 12))[:6] == essence(short)


def test_files_of_other_matches_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.jsonl"
    played(path, 4)
    with pytest.raises(MatchError, match=r"m\.jsonl: game 1: expected a game of this match \(these\), got one"):
        played(path, 4, conditions="these")
    with pytest.raises(MatchError, match=r"whose name ends in \.jsonl"):
        played(tmp_path / "m.json", 4)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[1:]))
    with pytest.raises(MatchError, match="game 1: expected number 0, got 1"):
        played(path, 4)
    path.write_bytes(b"nonsense\n")
    with pytest.raises(RecordError, match="line 1: expected a game as JSON"):
        played(path, 4)
    with pytest.raises(RecordError, match="expected to write a file of games"):
        played(tmp_path / "no" / "m.jsonl", 4)


def test_a_schedule_that_differs_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.jsonl"
    played(path, 4)
    with (
        Scoresheet(path, GAME.spec, NAMES, "those") as sheet,
        pytest.raises(MatchError, match="--record: expected game 1 as"),
    ):
        list(play_tournament(setting, fixtures(4, seed=5), sheet=sheet))


def test_a_game_somebody_ended_is_on_file_too() -> None:
    class Wrong(RandomPlayer):
        def choose(self, state: State) -> Choice:
            return Choice(99)

    result = play_fixture(GAME, [RandomPlayer(), Wrong()], fixtures()[0])
    record = as_record(result, GAME.spec, NAMES, "those", {})
    record.replay(GAME)
    assert (record.ending, record.offender) == (Ending.ILLEGAL, 1)
    assert essence([as_result(record)]) == essence([result])


def test_a_test_ends_the_match_at_the_same_pair_whatever_went_before(tmp_path: Path) -> None:
    test = Sprt(-300, 0)
    straight = list(play_tournament(setting, fixtures(100), test=test))
    assert 4 < len(straight) < 100
    assert len(straight) % 2 == 0
    assert str(sprt_state(straight, test)).endswith("rejected")
    assert str(sprt_state(straight[:-2], test)).endswith("open")
    played(tmp_path / "m.jsonl", 100, 7)
    with Scoresheet(tmp_path / "m.jsonl", GAME.spec, NAMES, "those") as sheet:
        resumed = list(play_tournament(setting, fixtures(100), test=test, sheet=sheet))
    assert essence(resumed) == essence(straight)


def test_standings_sum_a_match_up() -> None:
    results = list(play_tournament(setting, fixtures(40)))
    standings = stand(results, NAMES, 2)
    one, other = standings.duels[0, 1], standings.duels[1, 0]
    assert standings.order == [1, 0]
    assert one.tally.wins == other.tally.losses
    assert one.pairs.counts == other.pairs.counts[::-1]
    assert one.interval.low <= one.tally.score <= one.interval.high
    assert one.superiority == pytest.approx(1 - other.superiority)
    assert one.superiority < 0.01
    assert standings.ratings is not None
    assert standings.ratings.players[0].elo == 0
    assert standings.ratings.players[1].elo > 100
    assert stand([], NAMES, 2).ratings is None


def test_two_matches_do_not_write_to_one_file(tmp_path: Path) -> None:
    path, game = tmp_path / "match.jsonl", setting()[0]
    with Scoresheet(path, game.spec, ["one", "other"], "those") as sheet:
        first = next(play_tournament(setting, fixtures(), sheet=sheet))
        before = path.read_bytes()
        with pytest.raises(MatchError, match=f"expected a file that nobody writes to, but a match is writing {path}"):
            Scoresheet(path, game.spec, ["one", "other"], "those")
        assert path.read_bytes() == before
    with Scoresheet(path, game.spec, ["one", "other"], "those") as sheet:
        assert essence(sheet.played) == essence([first])
