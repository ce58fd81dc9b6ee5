"""What is said of an OpenSpiel observation is so; and OpenSpiel's own tensor is found to be another."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyspiel
import pytest
from numpy.typing import NDArray

import myoshu
from myoshu.arena.agent_player import AgentPlayer
from myoshu.arena.exhaustive import play_every_line
from myoshu.errors import GameError
from myoshu.game import Game
from myoshu.planes import Planes, planes_of
from myoshu_engines import load_game

AGENTS = Path(__file__).parents[4] / "demos" / "agents"


def played(name: str, moves: int) -> Any:
    state = load_game(name).new_state(np.random.default_rng(0))
    rng = np.random.default_rng(2)
    for _ in range(moves):
        state.apply(int(rng.choice(state.legal_actions())))
    assert not state.is_terminal()
    return state


def cells(state: Any, rows: int) -> NDArray[np.str_]:
    """The drawing's last lines as letters."""
    return np.array([list(line) for line in str(state).splitlines()[-rows:]])


def from_the_top(state: Any) -> NDArray[np.str_]:
    return cells(state, 3)


def from_below(state: Any) -> NDArray[np.str_]:
    return cells(state, 6)[::-1]


def othello_board(state: Any) -> NDArray[np.str_]:
    return np.array([list(line[2:-2:2]) for line in str(state).splitlines()[2:10]])


@pytest.mark.parametrize("moves", [4, 5])
@pytest.mark.parametrize(
    ("name", "drawn", "stones", "empty"),
    [
        ("openspiel:tic_tac_toe", from_the_top, "xo", "."),
        ("openspiel:connect_four", from_below, "xo", "."),
        ("openspiel:othello", othello_board, "xo", "-"),
    ],
)
def test_planes_hold_what_their_words_say(
    name: str, drawn: Callable[[Any], NDArray[np.str_]], stones: str, empty: str, moves: int
) -> None:
    state = played(name, moves)
    planes = planes_of(load_game(name))
    mover = state.to_play()
    board = drawn(state)
    signs = {"mover": stones[mover], "opponent": stones[1 - mover], "empty": empty}
    assert len(planes.words) == 3
    for plane, word in zip(state.observation(), planes.words, strict=True):
        (sign,) = [sign for key, sign in signs.items() if key in word]
        np.testing.assert_array_equal(plane == 1.0, board == sign, err_msg=word)


@pytest.mark.parametrize("name", ["openspiel:breakthrough", "openspiel:dots_and_boxes(num_rows=2,num_cols=2)"])
@pytest.mark.parametrize("moves", [3, 4])
def test_planes_of_players_and_of_the_mover_are_told_apart(name: str, moves: int) -> None:
    state = played(name, moves)
    planes = planes_of(load_game(name))
    observation = state.observation()
    assert len(planes.words) == len(observation)
    for plane, word in zip(observation, planes.words, strict=True):
        if word.startswith("all ones"):
            assert (plane == float(f"player {state.to_play()}" in word)).all()
    first, second = (
        next(plane for plane, word in zip(observation, planes.words, strict=True) if f"player {player}" in word)
        for player in (0, 1)
    )
    raw = np.array(state.spiel.observation_tensor(0)).reshape(-1, *observation.shape[1:])
    assert any((first == plane).all() for plane in raw)
    assert not (first == second).all()


def game_or_refusal(name: str) -> Game | str:
    try:
        return load_game(name)
    except GameError as refused:
        return str(refused)


@pytest.mark.parametrize("spiel", sorted(pyspiel.registered_names())[::4])
def test_what_is_said_of_any_game_fits_its_observation(spiel: str) -> None:
    game = game_or_refusal(f"openspiel:{spiel}")
    if isinstance(game, str):  # its kind is not played: anyone who asks for it is told which and why
        assert game.startswith(f"openspiel:{spiel}: ")
        return
    planes = planes_of(game)
    assert planes
    assert isinstance(planes, Planes)
    assert len(planes.words) in (0, game.spec.observation[0])


def test_parts_of_a_tensor_are_called_as_openspiel_calls_them() -> None:
    words = planes_of(load_game("openspiel:kuhn_poker")).words
    assert words[:3] == ("player, number 0 of 2", "player, number 1 of 2", "private_card, number 0 of 3")
    assert words[-1] == "all ones if player 1 is to move"


@pytest.mark.parametrize(("game", "differ"), [("tic_tac_toe", 8), ("connect_four", 4)])
def test_openspiels_own_tensor_is_found_to_be_another(game: str, differ: int) -> None:
    """It has the right shape, and an agent that is shown it plays badly, without a word."""
    agent = myoshu.load(AGENTS / f"{game}.myoshu", "cpu")
    spiel = pyspiel.load_game(game)

    def raw(moves: tuple[int, ...]) -> NDArray[np.float32]:
        state = spiel.new_initial_state()
        for move in moves:
            state.apply_action(move)
        return np.array(state.observation_tensor(), np.float32).reshape(agent.game.observation)

    found = agent.check_observations(raw)
    assert len(found.differ) == differ
    assert found.compared == 8
    assert "the planes are in another order, which depends on the player to move" in found.text
    assert "the agent's plane 0 (the mover's stones) is your plane" in found.text
    assert agent.check_game(load_game(f"openspiel:{game}")).right


class Raw:
    """Tic-tac-toe that shows OpenSpiel's own tensor."""

    def __init__(self) -> None:
        self._game = load_game("openspiel:tic_tac_toe")
        self.spec = self._game.spec

    def new_state(self, rng: np.random.Generator) -> Any:
        return _RawState(self._game.new_state(rng))

    def action_name(self, state: Any, action: int) -> str:
        return str(action)


class _RawState:
    def __init__(self, state: Any) -> None:
        self._state = state

    def __getattr__(self, name: str) -> Any:
        return getattr(self._state, name)

    def clone(self) -> _RawState:
        return _RawState(self._state.clone())

    def observation(self) -> NDArray[np.float32]:
        return np.array(self._state.spiel.observation_tensor(), np.float32).reshape(3, 3, 3)


@pytest.mark.slow
def test_what_it_costs_to_show_an_agent_something_else() -> None:
    agent = myoshu.load(AGENTS / "tic_tac_toe.myoshu", "cpu")
    lines, lost = {}, {}
    for name, game in (("right", load_game("openspiel:tic_tac_toe")), ("raw", Raw())):
        player = AgentPlayer(agent, myoshu.Limit(simulations=1))
        reports = [play_every_line(game, player, seat) for seat in (0, 1)]
        lines[name] = sum(report.lines for report in reports)
        lost[name] = sum(report.tally.losses for report in reports)
    assert lost["right"] == 0
    assert lost["raw"] > 0.4 * lines["raw"] > 400
    assert agent.check_game(Raw()).differ
