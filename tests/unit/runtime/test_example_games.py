"""Positions for an agent's file: real ones, the same each time, and honest about chance."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from myoshu.game import Game
from myoshu.planes import planes_of
from myoshu.runtime.agent import load
from myoshu.runtime.example_games import COUNT, find_positions
from myoshu.testing.networks import mlp, write_bundle
from myoshu_engines import load_game


def test_they_are_the_beginning_and_others_with_everybody_to_move() -> None:
    game = load_game("openspiel:tic_tac_toe")
    positions = find_positions(game)
    assert len(positions) == COUNT
    assert positions[0].moves == ()
    assert sorted({position.to_play for position in positions}) == [0, 1]
    assert min(sum(position.to_play == player for position in positions) for player in (0, 1)) >= 3
    assert not any(position.drawn for position in positions)
    for position in positions:
        state = game.new_state(np.random.default_rng(99))
        for move in position.moves:
            state.apply(move)
        np.testing.assert_array_equal(state.observation(), position.observation)
        assert tuple(state.legal_actions()) == position.legal_actions
        assert state.to_play() == position.to_play
    assert len({position.observation.tobytes() for position in positions}) == COUNT
    again = find_positions(game)
    assert [position.moves for position in again] == [position.moves for position in positions]


@pytest.mark.parametrize(
    ("name", "beginning", "later"),
    [
        ("openspiel:catch", True, True),  # where the ball falls is drawn at the beginning
        ("openspiel:pig", False, True),  # dice are thrown only after the first choice
        ("openspiel:kuhn_poker", True, True),
        ("gymnasium:CartPole-v1", True, True),
    ],
)
def test_positions_in_which_chance_takes_part_say_so(name: str, beginning: bool, later: bool) -> None:
    first, *others = find_positions(load_game(name))
    assert first.drawn is beginning
    assert others
    assert all(position.drawn is later for position in others)


class Shifting:
    """Claims to draw nothing, but its beginning is another each time."""

    def __init__(self, game: Game) -> None:
        self._game = game
        self.spec = game.spec

    def new_state(self, rng: np.random.Generator) -> Any:
        state = self._game.new_state(rng)
        state.apply(int(rng.integers(9)))
        return state

    def action_name(self, state: Any, action: int) -> str:
        return str(action)


def test_a_drawn_beginning_is_found_out_whatever_the_game_says() -> None:
    positions = find_positions(Shifting(load_game("openspiel:tic_tac_toe")))
    assert positions
    assert all(position.drawn for position in positions)


def test_there_are_none_of_a_game_that_cannot_be_played_again_or_is_very_large() -> None:
    game = Shifting(load_game("openspiel:tic_tac_toe"))
    game.replayable = False  # type: ignore[attr-defined]  # an optional attribute
    assert find_positions(game) == ()
    large = load_game("openspiel:go(board_size=19)")
    assert len(find_positions(large)) == COUNT


def test_agents_answer_them(tmp_path: Path) -> None:
    game = load_game("openspiel:tic_tac_toe")
    path = write_bundle(
        tmp_path / "agent.myoshu",
        mlp((3, 3, 3), 9, 16),
        game=game.spec,
        positions=find_positions(game),
        planes=planes_of(game),
    )
    agent = load(path, "cpu")
    assert agent.check_game(game).right
    for position, answer in agent.examples:
        outputs = agent.evaluator.initial(position.observation[None])
        np.testing.assert_allclose(outputs["prior"][0], answer.prior, atol=1e-6)
        np.testing.assert_allclose(outputs["value"][0], answer.value, atol=1e-6)
        for seed in (1, 2):
            session = agent.new_session(seed=seed)
            limit_of_one = session.play(
                position.observation, position.legal_actions, limit=_one(), to_play=position.to_play
            )
            assert limit_of_one.action == answer.action


def _one() -> Any:
    from myoshu import Limit

    return Limit(simulations=1)


class Failing(Shifting):
    """Cannot begin a game."""

    def new_state(self, rng: np.random.Generator) -> Any:
        raise ZeroDivisionError("no dice")


def test_a_game_that_fails_differs(tmp_path: Path) -> None:
    game = load_game("openspiel:tic_tac_toe")
    path = write_bundle(
        tmp_path / "agent.myoshu", mlp((3, 3, 3), 9, 16), game=game.spec, positions=find_positions(game)
    )
    found = load(path, "cpu").check_game(Failing(game))
    assert len(found.differ) == COUNT
    assert found.text.endswith("after the moves []: ZeroDivisionError: no dice")
    shifted = load(path, "cpu").check_game(Shifting(game))
    assert not shifted.right


def test_another_game_is_not_taken_for_the_agents(tmp_path: Path) -> None:
    game = load_game("openspiel:tic_tac_toe")
    path = write_bundle(
        tmp_path / "agent.myoshu", mlp((3, 3, 3), 9, 16), game=game.spec, positions=find_positions(game)
    )
    found = load(path, "cpu").check_game(load_game("openspiel:connect_four"))
    assert not found.right
    assert len(found.differ) == found.compared == COUNT
    assert "after the moves [], the legal actions were" in found.text
