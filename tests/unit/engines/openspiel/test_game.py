"""OpenSpiel's games keep the game protocol, and what the adapter decides about them is right."""

from __future__ import annotations

import pickle
from collections.abc import Callable

import numpy as np
import pyspiel
import pytest
from numpy.typing import NDArray

from myoshu.arena.solver import Solver
from myoshu.errors import ArgumentError, GameError, GameStringError, IllegalActionError
from myoshu.game import Game, State
from myoshu.spec import Movers
from myoshu.testing.games import check_game
from myoshu_engines import load_game
from myoshu_engines.openspiel.game import OpenSpielGame, OpenSpielState

SMALL = [
    "breakthrough(rows=4,columns=2)",
    "clobber(rows=3,columns=3)",
    "connect_four(rows=3,columns=3,x_in_row=3)",
    "dots_and_boxes(num_rows=2,num_cols=1)",
    "gomoku(size=3,connect=2)",
    "hex(board_size=2)",
    "hex(board_size=2,swap=True)",
    "mnk(m=3,n=2,k=2)",
    "nim(pile_sizes=1;2;3)",
    "nim(pile_sizes=2;3,is_misere=False)",
]


def open_spiel(name: str) -> OpenSpielGame:
    game = load_game(f"openspiel:{name}")
    assert isinstance(game, OpenSpielGame)
    return game


def positions(game: Game) -> dict[tuple[int, ...], State]:
    """Every position that has a move, by the moves that lead there."""
    found: dict[tuple[int, ...], State] = {}
    ahead: list[tuple[tuple[int, ...], State]] = [((), game.new_state(np.random.default_rng(0)))]
    while ahead:
        moves, state = ahead.pop()
        if state.is_terminal():
            continue
        found[moves] = state
        for action in state.legal_actions():
            child = state.clone()
            child.apply(action)
            ahead.append(((*moves, action), child))
    return found


@pytest.mark.parametrize(
    "name",
    [
        *SMALL,
        "2048(max_tile=64)",
        "backgammon",
        "bridge_uncontested_bidding(num_redeals=1)",
        "catch",
        "connect_four",
        "connect_four(egocentric_obs_tensor=True)",
        "goofspiel(num_cards=4,players=3)",
        "havannah(board_size=3,swap=True)",
        "leduc_poker",
        "misere(game=tic_tac_toe())",
        "negotiation",
        "othello",
        "pig(players=3,winscore=20)",
        "quoridor(board_size=5,players=4)",
        "repeated_game(num_repetitions=3,stage_game=matrix_pd())",
        "tic_tac_toe",
        "ultimate_tic_tac_toe",
    ],
)
def test_whole_games_keep_the_protocol(name: str) -> None:
    report = check_game(open_spiel(name), games=4, seed=1)
    assert report.finished == 4


def test_what_is_fixed_about_tic_tac_toe() -> None:
    spec = open_spiel("tic_tac_toe").spec
    assert (spec.players, spec.actions, spec.observation) == (2, 9, (3, 3, 3))
    assert (spec.returns, spec.zero_sum, spec.final_rewards_only) == ((-1.0, 1.0), True, True)
    assert (spec.movers, spec.stochastic, spec.max_length) == (Movers.ALTERNATE, False, 9)


@pytest.mark.parametrize(
    ("name", "movers"),
    [
        ("dots_and_boxes", Movers.PREDICTED),  # a closed box moves again
        ("checkers", Movers.PREDICTED),  # a jump goes on
        ("backgammon", Movers.PREDICTED),  # the first roll decides
        ("mancala", Movers.PREDICTED),
        ("pig", Movers.PREDICTED),
        ("misere(game=tic_tac_toe())", Movers.PREDICTED),  # alternates, but nobody vouches for it
        ("othello", Movers.ALTERNATE),  # passing is an action
        ("go(board_size=5)", Movers.ALTERNATE),
        ("2048", Movers.ALTERNATE),  # one player
    ],
)
def test_only_games_known_to_alternate_are_called_alternating(name: str, movers: Movers) -> None:
    assert open_spiel(name).spec.movers is movers


def test_a_game_wrongly_called_alternating_is_found_out_when_it_is_played() -> None:
    check_game(open_spiel("dots_and_boxes(num_rows=1,num_cols=1)"))  # its only box ends the game: nobody moves twice
    longer = open_spiel("dots_and_boxes(num_rows=1,num_cols=2)")
    check_game(longer)
    longer.alternates = True
    with pytest.raises(GameError, match="taken to alternate strictly"):
        check_game(longer)


def test_observations_show_the_movers_stones_first() -> None:
    x_cell, o_cell = 4, 0
    state = open_spiel("tic_tac_toe").new_state(np.random.default_rng(0))
    state.apply(x_cell)
    theirs_only = state.observation()
    assert not theirs_only[0].any()
    assert theirs_only[1].ravel().nonzero()[0].tolist() == [x_cell]
    state.apply(o_cell)
    seen = state.observation()
    assert seen[0].ravel().nonzero()[0].tolist() == [x_cell]
    assert seen[1].ravel().nonzero()[0].tolist() == [o_cell]
    assert (seen.sum(0) == 1).all()


def drawn(state: OpenSpielState, signs: str, rows: Callable[[str], list[str]]) -> NDArray[np.bool_]:
    """Where a drawing has one of these signs."""
    return np.array([[sign in signs for sign in row] for row in rows(str(state))])


@pytest.mark.parametrize(
    ("name", "own", "signs", "rows"),
    [
        ("connect_four", 0, "xo", lambda text: text.splitlines()[::-1]),
        ("mnk", 0, "xo", lambda text: text.splitlines()),
        ("gomoku", 0, "bw", lambda text: [row for row in text.splitlines() if len(row) == 15]),
        ("othello", 1, "xo", lambda text: [row.split()[1:9] for row in text.splitlines() if row[:1].isdigit()]),
        ("clobber", 0, "ox", lambda text: [row[1:] for row in text.splitlines() if row[:1].isdigit()]),
    ],
)
def test_symmetric_games_look_the_same_to_both_players(
    name: str, own: int, signs: str, rows: Callable[[str], list[str]]
) -> None:
    game = open_spiel(name)
    state = game.new_state(np.random.default_rng(0))
    choice = np.random.default_rng(5)
    for _ in range(12):
        mine, theirs = signs[state.to_play()], signs[1 - state.to_play()]
        seen = state.observation()
        np.testing.assert_array_equal(seen[own] > 0, drawn(state, mine, rows))
        np.testing.assert_array_equal(seen[own + 1] > 0, drawn(state, theirs, rows))
        state.apply(int(choice.choice(state.legal_actions())))


def test_egocentric_connect_four_is_what_the_adapter_makes_of_the_other() -> None:
    one, other = open_spiel("connect_four"), open_spiel("connect_four(egocentric_obs_tensor=True)")
    first, second = one.new_state(np.random.default_rng(0)), other.new_state(np.random.default_rng(0))
    for action in (3, 3, 2, 4, 0, 6, 6):
        np.testing.assert_array_equal(first.observation(), second.observation()[[1, 0, 2]])
        first.apply(action)
        second.apply(action)


@pytest.mark.parametrize(
    "name",
    [
        "clobber(rows=3,columns=3)",
        "connect_four(rows=3,columns=3,x_in_row=3)",
        "havannah(board_size=2)",
        "mnk(m=3,n=2,k=2)",
        "y(board_size=3)",
    ],
)
def test_positions_that_look_alike_are_worth_the_same(name: str) -> None:
    game = open_spiel(name)
    solver = Solver(game)
    seen: dict[bytes, tuple[dict[int, float], str]] = {}
    for state in positions(game).values():
        values = solver.action_values(state)
        before, drawing = seen.setdefault(state.observation().tobytes(), (values, str(state)))
        assert before == values, f"\n{drawing}\nlooks like\n{state}"


def test_other_games_tell_who_moves() -> None:
    state = open_spiel("breakthrough(rows=4,columns=3)").new_state(np.random.default_rng(0))
    first = state.observation()
    assert first.shape[0] == 5
    assert (first[3] == 1).all()
    assert (first[4] == 0).all()
    state.apply(state.legal_actions()[0])
    second = state.observation()
    assert (second[3] == 0).all()
    assert (second[4] == 1).all()
    table = open_spiel("pig(players=3)").new_state(np.random.default_rng(0))
    assert table.observation()[-3:].tolist() == [1, 0, 0]


@pytest.mark.parametrize("name", SMALL)
def test_equal_keys_mean_that_the_rest_of_the_game_is_equal(name: str) -> None:
    """Values are computed here by history, no position being looked up, so that a key that says too little shows."""
    every = positions(open_spiel(name))
    values: dict[tuple[int, ...], float] = {}
    told: dict[object, tuple[float, tuple[int, ...], int]] = {}
    for moves in sorted(every, key=len, reverse=True):
        state = every[moves]
        children = []
        for action in state.legal_actions():
            child = state.clone()
            paid = float(child.apply(action)[0])
            children.append(paid if child.is_terminal() else values[*moves, action])
        values[moves] = max(children) if state.to_play() == 0 else min(children)
        what = values[moves], tuple(state.legal_actions()), state.to_play()
        assert told.setdefault(state.key(), what) == what, str(state)
    assert len(told) < len(every)


def test_keys_of_other_games_remember_the_whole_history() -> None:
    game = open_spiel("chess")
    one, other = game.new_state(np.random.default_rng(0)), game.new_state(np.random.default_rng(0))

    def play(state: OpenSpielState, names: list[str]) -> None:
        for name in names:
            state.apply(next(a for a in state.legal_actions() if game.action_name(state, a) == name))

    play(one, ["Nf3", "Nf6", "Ng1", "Ng8"])
    assert str(one).split()[0] == str(other).split()[0]
    assert one.key() != other.key()
    assert one.key() == one.clone().key()


def test_chance_is_drawn_from_the_generator_and_copied_with_the_state() -> None:
    game = open_spiel("backgammon")
    drawings = {str(game.new_state(np.random.default_rng(seed))) for seed in range(20)}
    assert len(drawings) > 5
    state = game.new_state(np.random.default_rng(3))
    twin = state.clone()
    for _ in range(20):
        action = state.legal_actions()[-1]
        state.apply(action)
        assert str(twin) != str(state)
        twin.apply(action)
        assert str(twin) == str(state)


def test_chance_keeps_its_probabilities() -> None:
    game = open_spiel("pig")
    generator = np.random.default_rng(0)
    shares = np.zeros(6)
    for _ in range(3000):
        state = game.new_state(generator)
        state.apply(0)
        history = state.spiel.full_history()
        shares[history[1].action] += 1
    assert np.abs(shares / 3000 - 1 / 6).max() < 0.025


def test_hidden_cards_are_hidden_and_what_was_bet_is_remembered() -> None:
    game = open_spiel("kuhn_poker")
    passing, betting = 0, 1
    by_cards: dict[tuple[int, int], OpenSpielState] = {}
    for seed in range(40):
        state = game.new_state(np.random.default_rng(seed))
        first, second, *_ = state.spiel.history()
        by_cards[first, second] = state
    assert len(by_cards) == 6
    one, other = by_cards[0, 1], by_cards[0, 2]
    np.testing.assert_array_equal(one.observation(), other.observation())
    assert not np.array_equal(one.observation(), by_cards[1, 2].observation())
    for state in (one, other):
        state.apply(passing)
    assert not np.array_equal(one.observation(), other.observation())
    assert game.view.remembers
    raised = by_cards[2, 1]
    raised.apply(betting)
    assert not np.array_equal(raised.observation(), one.observation())  # the second player has the same card in both


def test_moves_at_the_same_time_are_chosen_unseen_one_after_the_other() -> None:
    game = open_spiel("goofspiel(num_cards=4,points_order=descending)")
    assert (game.spec.name, game.spec.movers) == (
        "openspiel:" + str(game).removeprefix("<OpenSpielGame openspiel:").removesuffix(">"),
        Movers.PREDICTED,
    )
    seen = []
    for card in range(4):
        state = game.new_state(np.random.default_rng(0))
        assert state.to_play() == 0
        state.apply(card)
        assert state.to_play() == 1
        seen.append(state.observation().tobytes())
    assert len(set(seen)) == 1
    state.apply(0)
    assert state.to_play() == 0
    assert state.observation().tobytes() != game.new_state(np.random.default_rng(0)).observation().tobytes()


def test_each_player_is_paid_what_the_joint_action_brings() -> None:
    cooperate, defect = 0, 1
    state = open_spiel("matrix_pd").new_state(np.random.default_rng(0))
    assert state.apply(cooperate).tolist() == [0, 0]
    assert state.apply(defect).tolist() == [0, 10]
    assert state.is_terminal()


def test_a_simultaneous_game_is_found_again_by_its_name_and_by_pickling() -> None:
    game = open_spiel("oshi_zumo(coins=5)")
    assert pickle.loads(pickle.dumps(game)).spec == game.spec
    assert load_game(game.spec.name).spec == game.spec


def test_a_state_whose_players_move_at_the_same_time_is_not_gone_on_from() -> None:
    goofspiel = pyspiel.load_game("goofspiel(num_cards=3)")
    with pytest.raises(GameError, match="its players move at the same time"):
        OpenSpielGame(goofspiel).state_of(goofspiel.new_initial_state(), np.random.default_rng(0))
    negotiation = pyspiel.load_game("negotiation")
    with pytest.raises(GameError, match="draws its chance by itself"):
        OpenSpielGame(negotiation).state_of(negotiation.new_initial_state(), np.random.default_rng(0))


def test_chance_that_openspiel_draws_by_itself_follows_the_generator() -> None:
    game = open_spiel("negotiation")
    drawings = [str(game.new_state(np.random.default_rng(seed))) for seed in (1, 2, 1)]
    assert drawings[0] == drawings[2] != drawings[1]
    gems = open_spiel("stones_and_gems(blob_chance=200)")
    state, other = gems.new_state(np.random.default_rng(3)), gems.new_state(np.random.default_rng(3))
    for move in range(30):
        twin = state.clone()
        action = int(np.random.default_rng(move).choice(state.legal_actions()))
        for each in (state, twin, other):
            each.apply(action)
        assert str(state) == str(twin) == str(other)
        assert state.key() == twin.key() == other.key() != gems.new_state(np.random.default_rng(4)).key()


def test_rewards_on_the_way_are_differences_of_the_returns() -> None:
    game = open_spiel("2048(max_tile=64)")
    state = game.new_state(np.random.default_rng(1))
    choice = np.random.default_rng(2)
    total = 0.0
    while not state.is_terminal():
        total += float(state.apply(int(choice.choice(state.legal_actions())))[0])
    assert total > 0
    assert total == pytest.approx(state.spiel.returns()[0])


@pytest.mark.parametrize("action", [4, -1, 9, 10**30, 1.5, "4", None])
def test_an_illegal_action_changes_nothing(action: object) -> None:
    state = open_spiel("tic_tac_toe").new_state(np.random.default_rng(0))
    state.apply(4)
    before = str(state), state.key(), tuple(state.legal_actions())
    with pytest.raises(IllegalActionError, match="expected"):
        state.apply(action)  # type: ignore[arg-type]  # what a wrong program does
    assert (str(state), state.key(), tuple(state.legal_actions())) == before


def test_an_action_may_be_a_numpy_integer() -> None:
    state = open_spiel("tic_tac_toe").new_state(np.random.default_rng(0))
    state.apply(np.int64(4))  # type: ignore[arg-type]  # works as an int does
    assert 4 not in state.legal_actions()


def test_a_finished_game_takes_no_action() -> None:
    state = open_spiel("tic_tac_toe").new_state(np.random.default_rng(0))
    for action in (0, 3, 1, 4, 2):
        rewards = state.apply(action)
    assert rewards.tolist() == [1, -1]
    assert state.observation().shape == (3, 3, 3)
    with pytest.raises(IllegalActionError, match="the game is over"):
        state.apply(5)


def test_a_game_travels_to_another_process_as_its_string() -> None:
    game = pickle.loads(pickle.dumps(open_spiel("connect_four(rows=4)")))
    assert game.spec == open_spiel("connect_four(rows=4)").spec


def test_action_names_are_openspiels() -> None:
    game = open_spiel("tic_tac_toe")
    state = game.new_state(np.random.default_rng(0))
    assert game.action_name(state, 4) == "x(1,1)"
    with pytest.raises(ArgumentError, match="expected an OpenSpielState"):
        game.action_name(object(), 4)  # type: ignore[arg-type]  # what a wrong program does


def test_a_state_goes_on_from_one_of_openspiels() -> None:
    game = open_spiel("tic_tac_toe")
    spiel = game.spiel.new_initial_state()
    spiel.apply_action(4)
    state = game.state_of(spiel, np.random.default_rng(0))
    state.apply(0)
    assert spiel.history() == [4]
    assert state.spiel.history() == [4, 0]


@pytest.mark.parametrize(
    ("said", "close"),
    [
        ("tictactoe", "tic_tac_toe, ultimate_tic_tac_toe"),
        ("Tic Tac Toe", "tic_tac_toe"),
        ("conect_four", "connect_four"),
        ("connect4", "connect_four"),
        ("chss", "chess"),
        ("zzzz", "tic_tac_toe, connect_four, chess"),
    ],
)
def test_a_misspelt_game_is_told_what_is_like_it(said: str, close: str) -> None:
    with pytest.raises(GameStringError, match=f"does not know '{said}'; expected a game such as {close}"):
        open_spiel(said)
