"""Engines by GTP and UCI: they play, and whatever one of them does costs it one game."""

from __future__ import annotations

import gc
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from myoshu.arena.clock import Clock
from myoshu.arena.match import Ending, GameResult, play_game
from myoshu.arena.random_player import RandomPlayer
from myoshu.errors import MatchError
from myoshu_engines import load_game
from myoshu_engines.engine.gtp import GtpPlayer
from myoshu_engines.engine.player import EnginePlayer
from myoshu_engines.engine.uci import UciPlayer

SCRIPT = Path(__file__).with_name("scripted_engine.py")
GO = load_game("openspiel:go(board_size=5)")
CHESS = load_game("openspiel:chess")


def command(protocol: str, answers: str) -> str:
    return f"'{sys.executable}' '{SCRIPT}' {protocol} {answers}"


def debian(program: str) -> str:
    found = shutil.which(program, path="/usr/games:/usr/bin:/usr/local/bin")
    if found is None:
        pytest.skip(f"{program} is not installed: .ci/packages installs it")
    return found


def played(player: EnginePlayer, opening: tuple[int, ...] = (), clock: Clock | None = None) -> GameResult:
    game = GO if isinstance(player, GtpPlayer) else CHESS
    result = play_game(game, [player, RandomPlayer()], opening=opening, clock=clock)
    player.close()
    return result


def test_gnugo_beats_chance_from_either_seat_and_the_seed_repeats_its_games() -> None:
    gnugo = f"{debian('gnugo')} --mode gtp --level 1 --chinese-rules --seed {{seed}}"
    for seat in (0, 1):
        games = []
        for _ in range(2):
            players = [RandomPlayer(), RandomPlayer()]
            engine = GtpPlayer(gnugo, "gnugo")
            seated = [engine if each == seat else players[each] for each in (0, 1)]
            games.append(play_game(GO, seated, seed=4, opening=(6, 18)))
            engine.close()
        assert games[0].actions == games[1].actions
        assert games[0].ending is Ending.FINISHED
        if seat == 1:  # komi leaves Black nothing on so small a board
            assert games[0].returns[seat] == 1


def test_stockfish_beats_chance_and_says_what_it_thinks() -> None:
    engine = UciPlayer(debian("stockfish"), "stockfish", nodes=300, options={"Threads": "1"})
    result = play_game(CHESS, [engine, RandomPlayer()], opening=(89, 89), seed=1)
    engine.close()
    assert result.ending is Ending.FINISHED
    assert result.returns == (1.0, -1.0)
    last = [move.choice for move in result.moves if move.seat == 0][-1]
    assert last.value is not None
    assert last.value > 0.99
    assert last.simulations > 0


@pytest.mark.parametrize(
    ("answers", "ending", "reason"),
    [
        ("die", Ending.CRASHED, "ended with status 7"),
        ("error", Ending.CRASHED, "expected an answer to 'genmove b', got 'cannot think'"),
        ("z9", Ending.ILLEGAL, "expected a legal move, got 'z9'"),
        ("a1,a1", Ending.ILLEGAL, "expected a legal move, got 'a1'"),
        ("sleep", Ending.TIMEOUT, "did not answer in time"),
        ("a1,resign", Ending.RESIGNED, "gave up"),
    ],
)
def test_what_a_gtp_engine_does_costs_it_that_game(answers: str, ending: Ending, reason: str) -> None:
    result = played(GtpPlayer(command("gtp", answers), "it", timeout=1.0))
    assert (result.ending, result.offender, result.returns) == (ending, 0, (-1.0, 1.0))
    assert reason in result.reason


def test_what_a_uci_engine_does_costs_it_that_game() -> None:
    for answers, ending in (("e7e5,die", Ending.CRASHED), ("e2e5", Ending.ILLEGAL), ("0000", Ending.ILLEGAL)):
        result = played(UciPlayer(command("uci", answers), "it", nodes=1))
        assert (result.ending, result.offender) == (ending, 0)  # in OpenSpiel's chess, Black sits first
        assert len(result.moves) == (3 if "die" in answers else 1)


@pytest.mark.timing
def test_an_engine_that_never_answers_loses_on_its_clock() -> None:
    result = played(UciPlayer(command("uci", "sleep"), "it"), clock=Clock(1.0))
    assert (result.ending, result.offender) == (Ending.TIMEOUT, 0)
    assert "left on its clock" in result.reason


def test_an_engine_that_dies_at_the_start_of_a_later_game_loses_that_game(tmp_path: Path) -> None:
    flag = tmp_path / "flag"
    script = tmp_path / "engine.sh"
    script.write_text(f"[ -e '{flag}' ] && exit 9\nexec {command('gtp', 'resign')}\n")
    player = GtpPlayer(f"sh '{script}'", "it")
    assert played(player).ending is Ending.RESIGNED
    flag.touch()
    late = played(player)
    assert (late.ending, late.offender) == (Ending.CRASHED, 0)
    flag.unlink()
    assert played(player).ending is Ending.RESIGNED


@pytest.mark.parametrize(
    ("player", "message"),
    [
        (GtpPlayer("/no/such/engine", "it"), "it: engine: expected to run '/no/such/engine', got: No such file"),
        (GtpPlayer("", "it"), "expected a program to run, got nothing"),
        (GtpPlayer("a 'b", "it"), "expected a command as a shell takes it"),
        (GtpPlayer(command("gtp", "dead"), "it"), "expected an engine that answers, got one that"),
        (UciPlayer(command("uci", "dead"), "it"), "expected an engine that answers, got one that"),
        (UciPlayer(command("uci", ""), "it", options={"Colour": "red"}), r"\(Skill Level\), got 'Colour'"),
    ],
)
def test_what_cannot_begin_is_one_clear_error(player: EnginePlayer, message: str) -> None:
    with pytest.raises(MatchError, match=message):
        played(player)


def test_games_they_do_not_play_and_limits_that_allow_nothing_are_refused() -> None:
    for player, game in (
        (UciPlayer(command("uci", ""), "it", nodes=1), "tic_tac_toe"),
        (GtpPlayer(command("gtp", ""), "it"), "kuhn_poker"),
    ):
        with pytest.raises(MatchError, match=f"got openspiel:{game}"):
            player.new_game(load_game(f"openspiel:{game}"), 0, 0)
    with pytest.raises(MatchError, match="expected nodes above 0, got 0"):
        UciPlayer("engine", "it", nodes=0)
    with pytest.raises(MatchError, match="expected a timeout above 0 seconds, got 0"):
        GtpPlayer("engine", "it", timeout=0)


def test_programs_end_with_their_players() -> None:
    player = GtpPlayer(command("gtp", "a1"), "it")
    player.new_game(GO, 0, 0)
    popen = player.process._process
    assert isinstance(popen, subprocess.Popen)
    assert popen.poll() is None
    del player
    gc.collect()
    assert popen.poll() is not None
    assert not [thread for thread in threading.enumerate() if thread.name == "myoshu-engine"]
