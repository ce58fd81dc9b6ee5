"""What one seat may see."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from myoshu.arena.seat_view import hides, seat_view, tells
from myoshu.game import State
from myoshu_engines import load_game


def test_one_who_looks_on_sees_everything() -> None:
    game = load_game("openspiel:kuhn_poker")
    state = game.new_state(np.random.default_rng(0))
    assert hides(game)
    assert seat_view(game, state, None) == str(state)
    assert seat_view(game, state, 0) != str(state)


def test_where_nothing_is_hidden_all_see_the_same() -> None:
    game = load_game("openspiel:tic_tac_toe")
    state = game.new_state(np.random.default_rng(0))
    assert not hides(game)
    assert seat_view(game, state, 1) == str(state)
    assert tells(game, state, 4, 1)


@pytest.mark.parametrize("name", ["kuhn_poker", "leduc_poker", "hearts", "liars_dice", "dark_chess", "phantom_ttt"])
def test_what_is_drawn_for_a_seat_depends_on_what_it_knows_alone(name: str) -> None:
    """Two states that look the same to a seat, as OpenSpiel says, are drawn the same for it."""
    game = load_game(f"openspiel:{name}")
    drawn: dict[tuple[int, str], str] = {}
    for seed in range(40):
        state = game.new_state(np.random.default_rng(seed))
        rng = np.random.default_rng(seed % 4)
        for _ in range(3):
            if state.is_terminal():
                break
            for seat in range(game.spec.players):
                key = seat, _known(state, seat)
                assert drawn.setdefault(key, seat_view(game, state, seat)) == seat_view(game, state, seat)
            legal = state.legal_actions()
            state.apply(int(legal[rng.integers(len(legal))]))


def _known(state: State, seat: int) -> str:
    spiel = state.spiel  # type: ignore[attr-defined]  # OpenSpiel's
    kind = spiel.get_game().get_type()
    told = spiel.information_state_string(seat) if kind.provides_information_state_string else ""
    return told + (spiel.observation_string(seat) if kind.provides_observation_string else "")


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("kuhn_poker", True),  # bets are made openly
        ("leduc_poker", True),
        ("liars_dice", True),
        ("dark_chess", False),  # far from what the other's pieces see
        ("phantom_ttt", False),
        ("goofspiel", False),  # chosen at the same time
        ("connect_four", True),
    ],
)
def test_which_moves_another_seat_sees(name: str, told: bool) -> None:
    game = load_game(f"openspiel:{name}")
    state = game.new_state(np.random.default_rng(0))
    mover = state.to_play()
    action = state.legal_actions()[0]
    assert tells(game, state, action, mover)
    assert tells(game, state, action, 1 - mover) == told


def test_a_game_without_a_drawing_for_a_seat_shows_nothing() -> None:
    class Silent:
        spec = msgspec.structs.replace(load_game("openspiel:connect_four").spec, hidden_information=True)

    class Plain:
        def to_play(self) -> int:
            return 0

        def __str__(self) -> str:
            return "secret"

    assert "secret" not in seat_view(Silent(), Plain(), 1)  # type: ignore[arg-type]  # all that is asked is there
    assert not tells(Silent(), Plain(), 0, 1)  # type: ignore[arg-type]  # as above
