"""``tesuji match``: what it plays, prints, writes and refuses."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner, Result

from tesuji.cli import match
from tesuji.errors import BundleError, GameStringError, LimitError, MatchError, TesujiError
from tesuji.testing.networks import mlp, write_bundle
from tesuji_engines import load_game

TIC_TAC_TOE = ["--game", "openspiel:tic_tac_toe"]
Run = Callable[..., Result]


@pytest.fixture
def run() -> Run:
    """Run the verb; an error of tesuji's is raised, as :func:`tesuji.cli.main` sees it."""
    app = typer.Typer()
    app.command(epilog=match.EPILOG)(match.match)

    def invoke(*arguments: str) -> Result:
        result = CliRunner().invoke(app, list(arguments))
        if isinstance(result.exception, TesujiError):
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


def test_the_same_seed_gives_the_same_match(run: Run, tmp_path: Path) -> None:
    games = []
    for name in ("one", "other"):
        file = tmp_path / f"{name}.json"
        run("mcts:10", "random", *TIC_TAC_TOE, "--games", "6", "--seed", "5", "--json", str(file))
        games.append([game["actions"] for game in json.loads(file.read_text())["games"]])
    assert games[0] == games[1]


def test_the_file_holds_games_that_can_be_played_again(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "match.json"
    run("perfect", "random", "--game", "openspiel:nim", "--games", "4", "--json", str(file))
    content = json.loads(file.read_text())
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
    bundle = tmp_path / "untrained.tesuji"
    write_bundle(bundle, mlp((3, 3, 3), 9, 16), game=load_game("openspiel:tic_tac_toe").spec)
    result = run(str(bundle), "random", "--games", "4", "--simulations", "8")
    assert result.exit_code == 0
    assert result.stdout.startswith("openspiel:tic_tac_toe: 4 games")
    assert "\nuntrained.tesuji " in result.stdout
    lines = run(str(bundle), "--exhaustive", "--simulations", "4")
    assert "untrained.tesuji against every line" in lines.stdout
    timed = run(str(bundle), str(bundle), "--games", "4", "--time", "0.005", "--show", "1")
    assert "untrained.tesuji (2) plays second" in timed.stdout
    with pytest.raises(LimitError, match=r"limit\.time: expected seconds above 0"):
        run(str(bundle), "random", "--time", "0")
    with pytest.raises(MatchError, match="learned openspiel:tic_tac_toe with actions 9"):
        run(str(bundle), "random", "--game", "openspiel:connect_four")
    with pytest.raises(BundleError):
        run(str(tmp_path / "nothing.tesuji"), "random")


def test_games_for_one_and_for_three_report_mean_returns(run: Run) -> None:
    three = run("random", "random", "random", "--game", "openspiel:pig(players=3,winscore=20)", "--games", "6")
    assert "mean return" in three.stdout
    assert "moving third" in three.stdout
    one = run("random", "--game", "openspiel:catch", "--games", "3")
    assert "mean return" in one.stdout


def test_repetitions_are_owned_up_to(run: Run) -> None:
    result = run("bot:fixed_action_preference", "perfect", "--game", "openspiel:nim(pile_sizes=1;2)", "--games", "30")
    assert "of the 30 games differ" in result.stdout


def test_openings_make_games_differ(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "match.json"
    result = run(
        "perfect", "random", *TIC_TAC_TOE, "--games", "4", "--opening", "2", "--show", "1", "--json", str(file)
    )
    assert "opening: x(" in result.stdout
    openings = [game["opening"] for game in json.loads(file.read_text())["games"]]
    assert openings[0] == openings[1]
    assert len(openings[0]) == 2


def test_a_game_lost_by_an_error_is_told_and_makes_the_status_1(run: Run) -> None:
    result = run("bot:fixed_action_preference", "random", *TIC_TAC_TOE, "--games", "40")
    assert result.exit_code == 1
    assert "crashed: SpielError: No legal actions in action list." in result.stderr
    assert "openspiel:tic_tac_toe: 40 games" in result.stdout


def test_every_line_is_played(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "lines.json"
    result = run("perfect", *TIC_TAC_TOE, "--exhaustive", "--json", str(file))
    assert result.exit_code == 0
    content = json.loads(file.read_text())
    lines = sum(seat["lines"] for seat in content["seats"])
    assert f"None of {lines} lines is lost." in result.stdout
    assert [seat["thrown"] for seat in content["seats"]] == [0, 0]


def test_lost_lines_are_shown(run: Run) -> None:
    result = run("random", *TIC_TAC_TOE, "--exhaustive")
    assert result.exit_code == 0
    assert "lines are lost." in result.stdout
    assert "\nlost: x(" in result.stdout
    assert "value thrown away by the last of: x(" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (["random", "random"], MatchError, "--game: expected a game such as openspiel:tic_tac_toe"),
        (["random", "random", "--game", "chess"], GameStringError, "expected a kind and a name"),
        (["random", *TIC_TAC_TOE], MatchError, "players: expected 2"),
        (["nobody", "random", *TIC_TAC_TOE], MatchError, "player: expected a bundle such as agent.tesuji"),
        (["mcts", "random", *TIC_TAC_TOE], MatchError, "expected mcts:N"),
        (["mcts:many", "random", *TIC_TAC_TOE], MatchError, "expected mcts:N"),
        (["mcts:0", "random", *TIC_TAC_TOE], MatchError, "expected at least 1 simulation"),
        (["bot:nobody", "random", *TIC_TAC_TOE], MatchError, "expected one of"),
        (["perfect", "random", "--game", "openspiel:backgammon"], MatchError, "chance takes part"),
        (["random", "random", *TIC_TAC_TOE, "--exhaustive"], MatchError, "expected one player"),
        (["random", "random", *TIC_TAC_TOE, "--json", "no/where.json"], MatchError, "expected a folder"),
    ],
)
def test_what_cannot_be_played_is_one_clear_error(
    run: Run, arguments: list[str], error: type[TesujiError], message: str
) -> None:
    with pytest.raises(error, match=message):
        run(*arguments)


def test_help_has_examples(run: Run) -> None:
    result = run("--help")
    assert "Examples" in result.stdout
    assert "--exhaustive" in result.stdout
