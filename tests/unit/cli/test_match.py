"""``myoshu match``: what it plays, prints, writes and refuses."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner, Result

from myoshu.cli import match
from myoshu.errors import ArgumentError, BundleError, GameStringError, LimitError, MatchError, MyoshuError, RecordError
from myoshu.testing.networks import mlp, write_bundle
from myoshu_engines import load_game

TIC_TAC_TOE = ["--game", "openspiel:tic_tac_toe"]
Run = Callable[..., Result]


@pytest.fixture
def run() -> Run:
    """Run the verb; an error of myoshu's is raised, as :func:`myoshu.cli.main` sees it."""
    app = typer.Typer()
    app.command(epilog=match.EPILOG)(match.match)

    def invoke(*arguments: str) -> Result:
        result = CliRunner().invoke(app, list(arguments))
        if isinstance(result.exception, MyoshuError):
            raise result.exception
        return result

    return invoke


def test_a_match_is_counted_and_timed(run: Run) -> None:
    result = run("perfect", "random", *TIC_TAC_TOE, "--games", "20", "--seed", "1")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0] == "openspiel:tic_tac_toe: 20 games, seed 1"
    overall = next(line for line in lines if line.startswith("perfect"))
    wins, draws, losses = map(int, overall.split()[2].split("/"))
    assert wins + draws == 20
    assert losses == 0
    assert " to 100.0%" in overall or " to 9" in overall
    assert any(line.startswith("  moving first") for line in lines)
    assert any(line.startswith("  moving second") for line in lines)
    times = next(line for line in lines if line.startswith("random"))
    assert times.split()[-2:] == ["0", "0"]


def test_the_same_seed_gives_the_same_match(run: Run) -> None:
    games = []
    for _ in range(2):
        result = run("mcts:10", "random", *TIC_TAC_TOE, "--games", "6", "--seed", "5", "--json")
        games.append([game["actions"] for game in json.loads(result.stdout)["games"]])
    assert games[0] == games[1]


def test_json_holds_games_that_can_be_played_again(run: Run) -> None:
    result = run("perfect", "random", "--game", "openspiel:nim", "--games", "4", "--json")
    assert "openspiel:nim: 4 games" in result.stderr
    content = json.loads(result.stdout)
    assert content["players"] == ["perfect", "random"]
    game = load_game(content["game"])
    for record in content["games"]:
        state = game.new_state(np.random.default_rng(record["seed"]))
        for action in record["actions"]:
            rewards = state.apply(action)
        assert state.is_terminal()
        assert rewards.tolist() == record["returns"]
    overall = content["summary"][0]["overall"]
    assert overall["wins"] + overall["draws"] + overall["losses"] == 4
    assert 0 <= overall["interval"][0] <= overall["score"] <= overall["interval"][1] <= 1


def test_a_game_is_shown_move_by_move(run: Run) -> None:
    result = run("perfect", "random", *TIC_TAC_TOE, "--games", "2", "--show", "1")
    assert "Game 1: perfect plays first, random plays second" in result.stdout
    assert "1. perfect: x(" in result.stdout
    assert "value +0.00" in result.stdout
    assert "Game 2" not in result.stdout


def test_players_named_alike_are_numbered(run: Run) -> None:
    result = run("random", "random", *TIC_TAC_TOE, "--games", "2")
    assert "random (1)" in result.stdout
    assert "random (2)" in result.stdout


def test_a_bundle_brings_its_game_and_keeps_its_limit(run: Run, tmp_path: Path) -> None:
    bundle = tmp_path / "untrained.myoshu"
    write_bundle(bundle, mlp((3, 3, 3), 9, 16), game=load_game("openspiel:tic_tac_toe").spec)
    result = run(str(bundle), "random", "--games", "4", "--simulations", "8")
    assert result.exit_code == 0
    assert result.stdout.startswith("openspiel:tic_tac_toe: 4 games")
    assert "\nuntrained.myoshu " in result.stdout
    lines = run(str(bundle), "--exhaustive", "--simulations", "4")
    assert "untrained.myoshu against every line" in lines.stdout
    timed = run(str(bundle), str(bundle), "--games", "4", "--time", "0.005", "--show", "1")
    assert "untrained.myoshu (2) plays second" in timed.stdout
    with pytest.raises(LimitError, match=r"limit\.time: expected seconds above 0"):
        run(str(bundle), "random", "--time", "0")
    with pytest.raises(MatchError, match="learned openspiel:tic_tac_toe with actions 9"):
        run(str(bundle), "random", "--game", "openspiel:connect_four")
    with pytest.raises(BundleError):
        run(str(tmp_path / "nothing.myoshu"), "random")


def test_games_for_one_and_for_three_report_mean_returns(run: Run) -> None:
    three = run("random", "random", "random", "--game", "openspiel:pig(players=3,winscore=20)", "--games", "6")
    assert "mean return" in three.stdout
    assert "moving third" in three.stdout
    one = run("random", "--game", "openspiel:catch", "--games", "3")
    assert "mean return" in one.stdout


def test_repetitions_are_owned_up_to(run: Run) -> None:
    result = run("bot:fixed_action_preference", "perfect", "--game", "openspiel:nim(pile_sizes=1;2)", "--games", "30")
    assert "of the 30 games differ" in result.stdout


def test_openings_make_games_differ(run: Run) -> None:
    result = run("perfect", "random", *TIC_TAC_TOE, "--games", "4", "--random-plies", "2", "--show", "1", "--json")
    assert "opening: x(" in result.stderr
    openings = [game["opening"] for game in json.loads(result.stdout)["games"]]
    assert openings[0] == openings[1]
    assert len(openings[0]) == 2


def test_a_game_lost_by_an_error_is_told_and_makes_the_status_1(run: Run) -> None:
    result = run("bot:fixed_action_preference", "random", *TIC_TAC_TOE, "--games", "40")
    assert result.exit_code == 1
    assert "crashed: SpielError: No legal actions in action list." in result.stderr
    assert "openspiel:tic_tac_toe: 40 games" in result.stdout


def test_every_line_is_played(run: Run) -> None:
    result = run("perfect", *TIC_TAC_TOE, "--exhaustive", "--json")
    assert result.exit_code == 0
    content = json.loads(result.stdout)
    lines = sum(seat["lines"] for seat in content["seats"])
    assert f"None of {lines} lines is lost." in result.stderr
    assert [seat["thrown"] for seat in content["seats"]] == [0, 0]


def test_lost_lines_are_shown(run: Run) -> None:
    result = run("random", *TIC_TAC_TOE, "--exhaustive")
    assert result.exit_code == 0
    assert "lines are lost." in result.stdout
    assert "\nlost: x(" in result.stdout
    assert "value thrown away by the last of: x(" in result.stdout


def test_a_recorded_match_goes_on_and_is_replayed(run: Run, tmp_path: Path) -> None:
    file, whole = tmp_path / "match.jsonl", tmp_path / "whole.jsonl"
    match_of = ["mcts:5", "random", *TIC_TAC_TOE, "--random-plies", "2", "--seed", "3", "--games"]
    run(*match_of, "8", "--record", str(whole))
    run(*match_of, "3", "--record", str(file))
    again = run(*match_of, "8", "--record", str(file))
    assert "has 3 games: the match resumes from there" in again.stderr
    assert "8 games" in again.stdout
    games = [[json.loads(line) for line in path.read_text().splitlines()] for path in (file, whole)]
    for one, other in zip(*games, strict=True):
        assert {**one, "seconds": None} == {**other, "seconds": None}
    assert "8 games replayed, 0 mismatches" in run("--replay", str(file)).stdout
    assert "8 games replayed, 0 mismatches" in run("mcts:5", "random", "--replay", str(file)).stdout
    other = run("random", "mcts:5", "--replay", str(file))
    assert other.exit_code == 1
    assert "as the players choose, got" in other.stderr
    games[0][0]["returns"] = [0.5, 0.5]
    file.write_text(json.dumps(games[0][0]) + "\n")
    changed = run("--replay", str(file))
    assert changed.exit_code == 1
    assert "returns: expected" in changed.stderr
    assert "1 game replayed, 1 mismatch" in changed.stdout
    with pytest.raises(MatchError, match="expected a game of this match"):
        run("mcts:6", "random", *TIC_TAC_TOE, "--games", "8", "--record", str(whole))


def test_a_pool_is_rated_and_reported(run: Run, tmp_path: Path) -> None:
    page = tmp_path / "pool.html"
    pool = ["random", "mcts:2", "mcts:40", *TIC_TAC_TOE, "--games", "6", "--random-plies", "1"]
    result = run(*pool, "--report", str(page), "--json")
    assert "openspiel:tic_tac_toe: 18 games" in result.stderr
    lines = result.stderr.splitlines()
    assert sum(line.startswith(("1. ", "2. ", "3. ")) for line in lines) == 6
    assert any("random" in line and "anchor" in line for line in lines)
    assert "score against" in result.stderr
    assert "<svg" in page.read_text(encoding="utf-8")
    content = json.loads(result.stdout)
    assert content["ratings"][0] == {"elo": 0, "error": 0}
    assert len(content["duels"]) == 6
    gauntlet = run("random", "mcts:2", "mcts:40", *TIC_TAC_TOE, "--games", "2", "--gauntlet")
    assert "4 games" in gauntlet.stdout


def test_a_test_ends_the_match_early(run: Run) -> None:
    result = run("mcts:200", "random", *TIC_TAC_TOE, "--games", "400", "--random-plies", "4", "--sprt", "0,200",
                 "--workers", "1")  # fmt: skip
    games = int(result.stdout.split()[1])
    assert 4 <= games < 100
    assert games % 2 == 0
    assert "SPRT: LLR +" in result.stdout
    assert "accepted" in result.stdout
    assert "stronger with probability" in result.stdout


def test_the_documents_example_is_what_the_command_prints(run: Run) -> None:
    page = (Path(__file__).parents[3] / "docs" / "matches.md").read_text(encoding="utf-8")
    command, _, shown = page.partition("```\n$ myoshu match ")[2].partition("\n")
    shown = shown.partition("\n```")[0]
    printed = run(*command.split(), "--workers", "1").stdout
    untimed = [text.strip().rpartition("\n\n")[0].splitlines() for text in (shown, printed)]
    assert untimed[0] == untimed[1]


def test_a_person_may_play(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    said = iter(["nonsense", "99", *"012345678012345678"])
    monkeypatch.setattr("builtins.input", lambda prompt: next(said))
    result = run("person", "random", *TIC_TAC_TOE, "--games", "1")
    assert "'nonsense' is no legal move" in result.stdout
    assert "'99' is no legal move" in result.stdout
    assert "1 game, seed 1" in result.stdout
    with pytest.raises(MatchError, match="--workers: expected 1, as a person plays, got 2"):
        run("person", "random", *TIC_TAC_TOE, "--workers", "2")


def test_clocks_and_written_openings(run: Run, tmp_path: Path) -> None:
    openings = tmp_path / "openings.txt"
    openings.write_text("4 0\n0 4\n")
    result = run("random", "random", *TIC_TAC_TOE, "--games", "4", "--openings", str(openings), "--clock", "30+1",
                 "--show", "4")  # fmt: skip
    assert result.stdout.count("opening: x(1,1)") == 2
    late = run("mcts:3000", "random", *TIC_TAC_TOE, "--games", "2", "--clock", "0.0001")
    assert late.exit_code == 1
    assert "mcts:3000: timeout: thought for" in late.stderr


def test_bundles_take_settings_of_their_own(run: Run, tmp_path: Path) -> None:
    bundle = tmp_path / "untrained.myoshu"
    write_bundle(bundle, mlp((3, 3, 3), 9, 16), game=load_game("openspiel:tic_tac_toe").spec)
    result = run(
        f"{bundle}@simulations=2", f"{bundle}@simulations=4,temperature=1", "--games", "2", "--random-plies", "1"
    )
    assert "untrained.myoshu@simulations=2 " in result.stdout
    assert "untrained.myoshu@simulations=4,temperature=1 " in result.stdout
    for settings, message in [
        ("strength=3", "expected simulations=…, time=…, level=…"),
        ("level=high", "expected a number for level after untrained.myoshu's @, got 'high'"),
        ("simulations=2.5", "expected a whole number of simulations from 0, got 2.5"),
        ("seed=-1", "expected a whole number of seed from 0, got -1"),
        ("level=1,level=2", "expected level once"),
    ]:
        with pytest.raises(MatchError, match=message):
            run(f"{bundle}@{settings}", "random", "--games", "1")


def test_a_bundles_first_guess_and_its_own_seed(run: Run, tmp_path: Path) -> None:
    bundle, file = tmp_path / "untrained.myoshu", tmp_path / "games.jsonl"
    write_bundle(bundle, mlp((3, 3, 3), 9, 16), game=load_game("openspiel:tic_tac_toe").spec)
    guess, seeded = f"{bundle}@simulations=0", f"{bundle}@simulations=8,temperature=50,seed=3"
    run(guess, seeded, "--games", "6", "--record", str(file))
    games = [json.loads(line) for line in file.read_text().splitlines()]
    assert len({tuple(game["moves"]) for game in games}) == 2  # one from each seat, as nothing else is left to chance
    run(guess, f"{bundle}@simulations=8,temperature=50", "--games", "6", "--record", str(tmp_path / "free.jsonl"))
    free = [json.loads(line) for line in (tmp_path / "free.jsonl").read_text().splitlines()]
    assert len({tuple(game["moves"]) for game in free}) > 2


def test_an_engine_plays_by_its_command(run: Run) -> None:
    script = Path(__file__).parents[1] / "engines" / "engine" / "scripted_engine.py"
    engine = f"gtp:'{sys.executable}' '{script}' gtp c3@timeout=5"
    result = run(engine, "random", "--game", "openspiel:go(board_size=5)", "--games", "2")
    assert result.exit_code == 0  # it gives up after a move: no offence
    assert "0/0/2" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (["random", "random"], MatchError, "--game: expected a game such as openspiel:tic_tac_toe"),
        (["random", "random", "--game", "chess"], GameStringError, "expected a kind and a name"),
        (["random", *TIC_TAC_TOE], MatchError, "players: expected 2"),
        (["nobody", "random"], MatchError, "player: expected a bundle such as agent.myoshu.*got 'nobody'"),
        (["README.md", "random"], MatchError, "player: expected a bundle such as agent.myoshu.*got 'README.md'"),
        (
            ["random", "random", *TIC_TAC_TOE, "--openings", "no"],
            MatchError,
            "expected to read no, got: No such file or directory$",
        ),
        (["nobody", "random", *TIC_TAC_TOE], MatchError, "player: expected a bundle such as agent.myoshu"),
        (["mcts", "random", *TIC_TAC_TOE], MatchError, "expected mcts:N"),
        (["mcts:many", "random", *TIC_TAC_TOE], MatchError, "expected mcts:N"),
        (["mcts:0", "random", *TIC_TAC_TOE], MatchError, "expected at least 1 simulation"),
        (["cfr:much", "random", *TIC_TAC_TOE], MatchError, "expected cfr:N"),
        (["gtp:engine@level=3", "random", *TIC_TAC_TOE], MatchError, "expected timeout=… after engine's @"),
        (["uci:engine@nodes=some", "random", *TIC_TAC_TOE], MatchError, "expected a number for nodes"),
        (["uci:/no/such/engine@depth=1,Hash=2", "random", *TIC_TAC_TOE], MatchError, "expected to run '/no/such/e"),
        (["bot:nobody", "random", *TIC_TAC_TOE], MatchError, "expected one of"),
        (["perfect", "random", "--game", "openspiel:backgammon"], MatchError, "chance takes part"),
        (["random", "random", *TIC_TAC_TOE, "--exhaustive"], MatchError, "expected one player"),
        (["random", "random", *TIC_TAC_TOE, "--record", "no/where.jsonl"], ArgumentError, "expected a folder"),
        (["random", "random", *TIC_TAC_TOE, "--report", "no/where.html"], ArgumentError, "expected a folder"),
        (["person", "random", *TIC_TAC_TOE, "--json"], MatchError, "--json: expected players that are programs"),
        (["--replay", "nowhere.jsonl", "--json"], MatchError, "--json: expected a match to play, got --replay"),
        (
            ["random", "random", *TIC_TAC_TOE, "--openings", "README.md", "--random-plies", "2"],
            MatchError,
            "--openings: expected either a file or --random-plies, got both",
        ),
        (["random", "random", *TIC_TAC_TOE, "--sprt", "5"], MatchError, "--sprt: expected ELO0,ELO1"),
        (["random", "random", *TIC_TAC_TOE, "--sprt", "5,1"], ArgumentError, "expected elo0 below elo1"),
        (["random", "mcts:1", "mcts:2", *TIC_TAC_TOE, "--sprt", "0,5"], MatchError, "expected a match of two"),
        (["random", "random", *TIC_TAC_TOE, "--clock", "soon"], MatchError, "clock: expected seconds"),
        (["--replay", "nowhere.jsonl"], RecordError, "expected to read"),
    ],
)
def test_what_cannot_be_played_is_one_clear_error(
    run: Run, arguments: list[str], error: type[MyoshuError], message: str
) -> None:
    with pytest.raises(error, match=message):
        run(*arguments)


@pytest.mark.parametrize(
    ("game", "first", "second"),
    [
        ("openspiel:chess", "random (2)", "random (1)"),  # OpenSpiel's player 1 has white
        ("openspiel:antichess", "random (2)", "random (1)"),
        ("openspiel:crazyhouse", "random (2)", "random (1)"),
        ("openspiel:connect_four", "random (1)", "random (2)"),
    ],
)
def test_who_moves_first_is_whom_the_game_asks_first(
    run: Run, tmp_path: Path, game: str, first: str, second: str
) -> None:
    page = tmp_path / "page.html"
    said = run("random", "random", "--game", game, "--games", "1", "--show", "1", "--report", str(page)).stdout
    assert f"Game 1: {first} plays first, {second} plays second" in said
    assert f"\n1. {first}: " in said
    assert f"1. <b>{first} – {second}</b>" in page.read_text(encoding="utf-8")


def test_the_tables_rows_are_of_who_moves_first(run: Run) -> None:
    """One game: the row of who moved first counts it, and the other none."""
    said = run("random", "random", "--game", "openspiel:chess", "--games", "1").stdout
    rows = [line.split() for line in said.splitlines() if line.startswith("  moving")]
    assert [row[:3] for row in rows] == [["moving", "first", "0"], ["moving", "second", "1"]]  # seat 1 of 2 is black


def test_seats_have_numbers_where_nobody_always_begins(run: Run) -> None:
    said = run("random", "random", "--game", "openspiel:backgammon", "--games", "1").stdout
    assert "at seat 1" in said
    assert "moving first" not in said


def test_a_game_is_shown_as_the_persons_seat_sees_it(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever looks on sees both cards of Kuhn poker; a person who plays sees one, before and after."""
    monkeypatch.setattr("builtins.input", lambda prompt: "0")
    kuhn = ["--game", "openspiel:kuhn_poker", "--games", "1", "--show", "1", "--seed", "1"]
    both = re.search(r"^    (\d \d)", run("random", "random", *kuhn).stdout, re.MULTILINE)
    assert both is not None
    assert both[1] not in run("person", "random", *kuhn).stdout


def test_records_of_another_game_are_not_gone_on_with(run: Run, tmp_path: Path) -> None:
    file = ["--games", "1", "--record", str(tmp_path / "games.jsonl")]
    run("random", "random", *TIC_TAC_TOE, *file)
    with pytest.raises(MatchError, match="expected a game of openspiel:nim, got one of openspiel:tic_tac_toe"):
        run("random", "random", "--game", "openspiel:nim", *file)


def test_help_has_examples(run: Run) -> None:
    result = run("--help")
    assert "Examples" in result.stdout
    assert "--exhaustive" in result.stdout
