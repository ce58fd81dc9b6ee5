"""Game strings: what they find, and what is said when they find nothing."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest

from myoshu.errors import DependencyError, GameError, GameStringError
from myoshu.game import Game
from myoshu_engines import game_prefixes, load_game


def test_the_kinds_of_games_are_the_modules_that_are_there() -> None:
    assert {"gymnasium", "openspiel", "python"} <= set(game_prefixes())


def test_a_game_is_found_and_named_so_that_it_is_found_again() -> None:
    game = load_game("openspiel:connect_four(rows=5)")
    assert isinstance(game, Game)
    assert game.spec.name == "openspiel:connect_four(rows=5)"
    assert load_game(game.spec.name).spec == game.spec
    assert load_game("openspiel:tic_tac_toe()").spec.name == "openspiel:tic_tac_toe"


@pytest.mark.parametrize(
    ("string", "message"),
    [
        ("", "expected a kind and a name such as openspiel:tic_tac_toe"),
        ("tic_tac_toe", "expected a kind and a name such as openspiel:tic_tac_toe"),
        ("openspiel:", "expected a kind and a name"),
        ("../openspiel:tic_tac_toe", "expected a kind and a name"),
        ("nothing:tic_tac_toe", "expected one of gymnasium:, listen:, openspiel:, python:"),
        ("openspiel:connect4", "does not know 'connect4'; expected a game such as .*connect_four"),
        ("openspiel:connect_four(rows=5", "expected parameters in brackets"),
        ("openspiel:connect_four(rowz=5)", "no parameter 'rowz'; it has: columns"),
        ("openspiel:connect_four(rows=five)", "expected an integer, got 'five'"),
        ("openspiel:connect_four(rows=-1)", "OpenSpiel cannot play"),
    ],
)
def test_a_string_that_names_nothing_is_one_clear_error(string: str, message: str) -> None:
    with pytest.raises(GameStringError, match=message):
        load_game(string)


@pytest.mark.parametrize(
    ("string", "message"),
    [
        ("openspiel:mfg_crowd_modelling", "a mean-field game"),
        ("openspiel:morpion_solitaire", "neither an observation tensor nor an information-state tensor"),
        ("openspiel:misere(game=negotiation())", "a generator that has no seed"),
    ],
)
def test_a_game_of_another_kind_is_refused_with_the_reason(string: str, message: str) -> None:
    with pytest.raises(GameError, match=message):
        load_game(string)


@pytest.mark.parametrize(
    ("string", "package", "extra"),
    [("openspiel:tic_tac_toe", "pyspiel", "openspiel"), ("gymnasium:CartPole-v1", "gymnasium", "gymnasium")],
)
def test_a_missing_package_is_named_with_the_extra_that_brings_it(
    string: str, package: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.startswith(f"myoshu_engines.{extra}")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)
    find: Callable[[str], Game] = load_game
    with pytest.raises(DependencyError, match=rf"'{package}' is not installed; pip install 'myoshu\[{extra}\]'"):
        find(string)
