"""Where a game's environments come from: copies where copies work, closed when they are no more."""

from __future__ import annotations

import gc

import numpy as np
import pytest
from tests.unit.engines.gymnasium.environments import Picture, gym


@pytest.mark.parametrize(
    ("name", "copies", "shares"),
    [
        ("CartPole-v1", True, True),
        ("Taxi-v4", True, True),
        ("Walk-v0", True, True),
        ("Picture-v0", True, True),
        ("Own-v0", True, False),
        ("Rebuilt-v0", False, False),
        ("Attached-v0", False, False),
        ("Entangled-v0", False, False),
    ],
)
def test_clones_are_copies_where_copies_work(name: str, copies: bool, shares: bool) -> None:
    game = gym(name)
    assert (game.copies, bool(game.environments.shared)) == (copies, shares)
    state = game.new_state(np.random.default_rng(7))
    choice = np.random.default_rng(8)
    for _ in range(25):
        if state.is_terminal():
            break
        twin = state.clone()
        assert str(twin) == str(state)
        action = int(choice.choice(state.legal_actions()))
        assert state.apply(action) == twin.clone().apply(action)
        assert str(twin) != str(state) or "Entangled" in name or "Picture" in name or game.draws
        assert twin.apply(action).shape == (1,)
        np.testing.assert_array_equal(twin.observation(), state.observation())


def test_the_table_of_transitions_is_shared_by_copies_that_work() -> None:
    game = gym("Taxi-v4")
    one, other = game.new_state(np.random.default_rng(0)), game.new_state(np.random.default_rng(1))
    tables = [state._environment.get_wrapper_attr("P") for state in (one, other, one.clone()) if state._environment]
    assert len(tables) == 3
    assert all(table is tables[0] for table in tables)


def test_environments_are_closed_when_states_are_no_more() -> None:
    gc.collect()
    before = Picture.open
    game = gym("Picture-v0")
    gc.collect()
    assert Picture.open == before
    state = game.new_state(np.random.default_rng(0))
    twins = [state.clone() for _ in range(5)]
    assert Picture.open == before + 6
    del twins
    assert Picture.open == before + 1
    state.close()
    assert Picture.open == before
    state.apply(2)  # a closed state comes back by itself
    assert int(state.observation()[0].max(0).argmax()) == 1
    del state, game
    assert Picture.open == before


def test_what_copies_are_made_of_is_closed_after_the_last_position(monkeypatch: pytest.MonkeyPatch) -> None:
    game = gym("Picture-v0")
    closed: list[str] = []
    monkeypatch.setattr(game.environments.template, "close", lambda: closed.append("closed"))
    state = game.new_state(np.random.default_rng(0))
    del game
    gc.collect()
    assert not closed
    del state
    gc.collect()
    assert closed == ["closed", "closed"]  # its own environment, which is a copy, and the template


def test_nothing_is_wrapped_that_costs_time() -> None:
    environment = gym("CartPole-v1").environments.make()
    assert type(environment).__name__ == "TimeLimit"
    assert type(environment.env) is type(environment.unwrapped)  # type: ignore[attr-defined]  # a wrapper's
    environment.close()
