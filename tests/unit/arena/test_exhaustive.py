"""Every line an opponent could play."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from myoshu.arena.exhaustive import play_every_line
from myoshu.arena.perfect_player import PerfectPlayer
from myoshu.arena.player import Choice
from myoshu.arena.random_player import RandomPlayer
from myoshu.arena.solver import Solver
from myoshu.errors import MatchError
from myoshu.game import Game, State
from myoshu_engines import load_game

TIC_TAC_TOE = load_game("openspiel:tic_tac_toe")


class First:
    """Always plays the least legal action."""

    name = "first"

    def new_game(self, game: Game, seat: int, seed: int) -> None:
        """Nothing to prepare."""

    def choose(self, state: State) -> Choice:
        return Choice(state.legal_actions()[0])

    def observe(self, state: State, action: int) -> None:
        """Nothing is remembered."""


def lines_against_first(seat: int) -> list[tuple[tuple[int, ...], float]]:
    """All lines against that player, by plain recursion, with what the player was paid."""
    found: list[tuple[tuple[int, ...], float]] = []

    def walk(state: State, moves: tuple[int, ...], paid: float) -> None:
        if state.is_terminal():
            found.append((moves, paid))
            return
        legal = state.legal_actions()
        for action in legal[:1] if state.to_play() == seat else legal:
            child = state.clone()
            reward = float(child.apply(action)[seat])
            walk(child, (*moves, action), paid + reward)

    walk(TIC_TAC_TOE.new_state(np.random.default_rng(0)), (), 0.0)
    return found


@pytest.mark.parametrize("seat", [0, 1])
def test_it_finds_exactly_the_lines_there_are(seat: int) -> None:
    expected = lines_against_first(seat)
    report = play_every_line(TIC_TAC_TOE, First(), seat, solver=Solver(TIC_TAC_TOE), examples=10_000)
    assert report.lines == len(expected)
    assert report.tally.wins == sum(paid > 0 for _, paid in expected)
    assert report.tally.losses == sum(paid < 0 for _, paid in expected)
    assert report.tally.games == report.lines
    assert sorted(report.lost_lines) == sorted(moves for moves, paid in expected if paid < 0)
    situations = {moves[:turn] for moves, _ in expected for turn in range(seat, len(moves), 2)}
    assert report.decisions == len(situations)
    assert report.thrown is not None
    assert report.thrown == len(report.thrown_lines) > 0
    assert set(report.thrown_lines) <= {
        moves[: turn + 1] for moves, _ in expected for turn in range(seat, len(moves), 2)
    }


@pytest.mark.parametrize("seat", [0, 1])
def test_a_perfect_player_loses_no_line_and_throws_nothing_away(seat: int) -> None:
    solver = Solver(TIC_TAC_TOE)
    for seed in range(3):
        report = play_every_line(TIC_TAC_TOE, PerfectPlayer(solver), seat, seed=seed, solver=solver)
        assert (report.tally.losses, report.thrown, report.illegal) == (0, 0, 0)
        assert report.lines > 100
        assert report.positions <= report.decisions


def test_a_game_in_which_a_player_moves_twice_is_enumerated_too() -> None:
    game = load_game("openspiel:dots_and_boxes(num_rows=1,num_cols=2)")
    solver = Solver(game)
    state = game.new_state(np.random.default_rng(0))
    seat = 0 if solver.value(state) > 0 else 1
    report = play_every_line(game, PerfectPlayer(solver), seat, solver=solver)
    assert report.tally.losses == 0
    assert report.thrown == 0


def test_without_a_solver_nothing_is_said_about_values() -> None:
    report = play_every_line(TIC_TAC_TOE, First(), 0)
    assert report.thrown is None


def test_a_player_that_cheats_or_fails_loses_the_line() -> None:
    class Cheat(First):
        def choose(self, state: State) -> Choice:
            if len(state.legal_actions()) < 5:
                raise RuntimeError
            return Choice(99 if len(state.legal_actions()) == 5 else state.legal_actions()[0])

    report = play_every_line(TIC_TAC_TOE, Cheat(), 0, solver=Solver(TIC_TAC_TOE))
    assert report.illegal == report.tally.losses == report.lines > 0


def test_a_player_of_moods_is_found_out() -> None:
    class Moody(RandomPlayer):
        seeds = itertools.count()

        def new_game(self, game: Game, seat: int, seed: int) -> None:
            super().new_game(game, seat, next(self.seeds))

    with pytest.raises(MatchError, match="expected the same choice after the same moves"):
        play_every_line(TIC_TAC_TOE, Moody(), 0)


def test_a_random_player_with_a_seed_is_the_same_in_every_line() -> None:
    one = play_every_line(TIC_TAC_TOE, RandomPlayer(), 1, seed=5)
    assert one == play_every_line(TIC_TAC_TOE, RandomPlayer(), 1, seed=5)
    assert one.tally.losses > 0


def test_progress_is_told_line_by_line() -> None:
    told: list[int] = []
    report = play_every_line(TIC_TAC_TOE, First(), 0, on_line=told.append)
    assert told == list(range(1, report.lines + 1))


@pytest.mark.parametrize(
    ("name", "message"), [("backgammon", "got chance"), ("pig(players=3)", "got chance"), ("2048", "chance")]
)
def test_games_of_other_kinds_are_refused(name: str, message: str) -> None:
    with pytest.raises(MatchError, match=message):
        play_every_line(load_game(f"openspiel:{name}"), RandomPlayer(), 0)


def test_too_many_lines_are_refused() -> None:
    with pytest.raises(MatchError, match="expected at most 50 lines"):
        play_every_line(TIC_TAC_TOE, First(), 0, lines=50)
