"""``myoshu play``: a person at the keyboard, and somebody looking on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner, Result

from myoshu.cli import play
from myoshu.errors import MatchError, MyoshuError
from myoshu.testing.networks import mlp, write_bundle
from myoshu_engines import load_game

TIC_TAC_TOE = ["--game", "openspiel:tic_tac_toe"]
Run = Callable[..., Result]


@pytest.fixture
def run() -> Run:
    """Run the verb with these lines typed; an error of myoshu's is raised."""
    app = typer.Typer()
    app.command(epilog=play.EPILOG)(play.play)

    def invoke(*arguments: str, typed: str = "") -> Result:
        result = CliRunner().invoke(app, list(arguments), input=typed)
        if isinstance(result.exception, MyoshuError):
            raise result.exception
        return result

    return invoke


def test_a_whole_game_by_numbers(run: Run) -> None:
    result = run("bot:fixed_action_preference", *TIC_TAC_TOE, typed="4\n6\n2\n3\n5\n")
    assert result.exit_code == 0
    assert "you sit at seat 1 of 2 and move first" in result.stdout
    assert "plays o(0,0)" in result.stdout
    assert result.stdout.rstrip().endswith("You win.")


def test_a_game_is_lost_or_drawn_against_perfection(run: Run) -> None:
    result = run("perfect", *TIC_TAC_TOE, typed="".join(f"{cell}\n" for cell in (1, 5, *range(9), *range(9))))
    assert result.stdout.rstrip().endswith(("You lose.", "A draw."))


def test_moves_have_names_and_nonsense_is_no_move(run: Run) -> None:
    result = run("random", *TIC_TAC_TOE, typed="X(1,1)\nfoo\n4\n-1\n99\nq\n")
    assert " .x.\n" in result.stdout or "\n.x.\n" in result.stdout
    for nonsense in ("foo", "4", "-1", "99"):
        assert f"{nonsense!r} is no legal move" in result.stdout
    assert "Goodbye." in result.stdout


def test_a_move_is_taken_back(run: Run) -> None:
    result = run("bot:fixed_action_preference", *TIC_TAC_TOE, typed="u\n4\nu\n8\nm\nq\n")
    assert "no move of yours to take back" in result.stdout
    assert "\no..\n.x.\n...\n" in result.stdout
    assert "\no..\n...\n..x\n" in result.stdout


def test_taking_a_move_back_keeps_the_dice(run: Run) -> None:
    """The same moves after an undo meet the same chance and the same opponent."""
    arguments = ["random", "--game", "openspiel:pig(winscore=30)", "--seed", "3"]
    straight = run(*arguments, typed="0\n0\nq\n").stdout
    back = run(*arguments, typed="0\n0\nu\n0\nq\n").stdout
    assert straight.split("moves:")[-1] == back.split("moves:")[-1]
    assert straight.split("moves:")[-2].split("your move>")[-1] == back.split("moves:")[-2].split("your move>")[-1]


def test_a_hint_is_given(run: Run) -> None:
    result = run("perfect", *TIC_TAC_TOE, typed="h\nq\n")
    assert "hint: x(" in result.stdout


def test_a_bundle_is_played_and_watched(run: Run, tmp_path: Path) -> None:
    bundle = str(tmp_path / "untrained.myoshu")
    write_bundle(bundle, mlp((3, 3, 3), 9, 16), game=load_game("openspiel:tic_tac_toe").spec)
    result = run(bundle, "--simulations", "8", "--seat", "2", typed="h\nq\n")
    assert "untrained.myoshu plays x(" in result.stdout
    assert "8 simulations)" in result.stdout.split("hint: o(")[1]
    watched = run(bundle, "--watch", "--opponent", "random", "--simulations", "64")
    assert "1. untrained.myoshu: x(" in watched.stdout
    assert "value " in watched.stdout


def test_the_end_of_input_ends_the_game(run: Run) -> None:
    result = run("random", *TIC_TAC_TOE)
    assert result.exit_code == 0
    assert "Goodbye." in result.stdout


def test_the_second_seat(run: Run) -> None:
    result = run("bot:fixed_action_preference", *TIC_TAC_TOE, "--seat", "2", typed="q\n")
    assert "you sit at seat 2 of 2, bot:fixed_action_preference moves first" in result.stdout
    assert "plays x(0,0)" in result.stdout


def test_looking_on(run: Run) -> None:
    result = run("perfect", *TIC_TAC_TOE, "--watch", "--opponent", "random", "--seat", "2")
    assert result.exit_code == 0
    assert "random plays first, perfect plays second" in result.stdout
    assert "1. random: x(" in result.stdout
    itself = run("mcts:10", *TIC_TAC_TOE, "--watch")
    assert "mcts:10 (1) plays first, mcts:10 (2) plays second" in itself.stdout


def test_a_game_alone(run: Run) -> None:
    result = run("random", "--game", "openspiel:catch(rows=2)", typed="1\n")
    assert "you were paid" in result.stdout


@pytest.mark.parametrize("game", ["kuhn_poker", "leduc_poker", "hearts"])
def test_a_person_sees_what_the_seat_sees(run: Run, game: str) -> None:
    """Every position is drawn as OpenSpiel tells the seat of it; nothing that only the whole state tells is said."""
    rules = load_game(f"openspiel:{game}")
    state = rules.new_state(np.random.default_rng(3))
    said = run("random", "--game", f"openspiel:{game}", "--seed", "3", "--seat", str(state.to_play() + 1)).stdout
    mine = state.drawn_for(state.to_play())
    assert mine in said
    for other in range(rules.spec.players):
        if other != state.to_play():
            assert state.drawn_for(other) not in said
    assert str(state) not in said


def test_what_another_chooses_unseen_is_not_told(run: Run) -> None:
    """In goofspiel all bid at the same time, though OpenSpiel asks player 0 first."""
    result = run("random", "--game", "openspiel:goofspiel(num_cards=4)", "--seat", "2", typed="q\n")
    assert "all choose at the same time" in result.stdout
    assert "random plays a move that you do not see" in result.stdout
    assert "[P0]Bid" not in result.stdout


def test_thoughts_would_tell_what_others_hold(run: Run, tmp_path: Path) -> None:
    bundle, spec = str(tmp_path / "untrained.myoshu"), load_game("openspiel:leduc_poker").spec
    write_bundle(bundle, mlp(spec.observation, spec.actions, 16, movers=spec.movers), game=spec)
    result = run(bundle, "--seat", "2", "--thoughts", "--simulations", "4", typed="t\nq\n")
    assert "untrained.myoshu plays" in result.stdout
    assert "value" not in result.stdout
    assert "thoughts would tell what they hold" in result.stdout


def test_thoughts_are_shown_when_asked_for(run: Run, tmp_path: Path) -> None:
    bundle = str(tmp_path / "untrained.myoshu")
    write_bundle(bundle, mlp((3, 3, 3), 9, 16), game=load_game("openspiel:tic_tac_toe").spec)
    asked = run(bundle, "--simulations", "8", typed="t\n4\nt\nq\n").stdout
    before, _, after = asked.partition("untrained.myoshu plays")
    assert "Nobody has thought" in before
    assert "What untrained.myoshu thought:" in after
    assert "  considers o(" in after
    assert "%" in after
    unasked = run(bundle, "--simulations", "8", "--thoughts", typed="4\nq\n").stdout
    assert "What untrained.myoshu thought:" in unasked


def test_chess_is_a_board_and_takes_both_ways_of_writing(run: Run) -> None:
    said = run("random", "--game", "openspiel:chess", "--seat", "2", typed="e2e4\nNf3\nq\n").stdout
    assert "you sit at seat 2 of 2 and move first" in said
    assert "\n 8  r n b q k b n r\n" in said
    assert "    a b c d e f g h\nwhite moves\n" in said
    assert "\n 4  . . . . P . . .\n" in said
    assert "\n 3  . . . . . N . .\n" in said


def test_many_moves_are_listed_in_part(run: Run) -> None:
    listed = run("random", "--game", "openspiel:go(board_size=9)", typed="?\nq\n").stdout
    first, _, rest = listed.partition("your move>")
    moves = first.partition("moves: ")[2]
    assert len(moves.splitlines()) == 4
    more = int(moves.partition("… ")[2].partition(" more")[0])
    assert moves.count("=") + more == 82
    assert rest.partition("your move>")[0].count("=") == 82


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["README.md"], "player: expected a bundle such as agent.myoshu.*got 'README.md'"),
        (["nosuch"], "player: expected a bundle such as agent.myoshu.*got 'nosuch'"),
        (["person", *TIC_TAC_TOE], "player: expected somebody besides you"),
        (["random", "--seat", "3", *TIC_TAC_TOE], "--seat: expected a seat from 1 to 2"),
        (["random", "--opponent", "perfect", *TIC_TAC_TOE], "--opponent: expected with --watch only"),
        (["random"], "--game: expected a game"),
    ],
)
def test_what_cannot_be_played_is_one_clear_error(run: Run, arguments: list[str], message: str) -> None:
    with pytest.raises(MatchError, match=message):
        run(*arguments)
