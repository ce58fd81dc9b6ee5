"""What a game may say of itself: read in one place, checked there, and told of in one table."""

from __future__ import annotations

import dataclasses
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from demos.three_in_a_row import Position, ThreeInARow

from myoshu.errors import GameError
from myoshu.testing.games import check_game
from myoshu.traits import StateTraits, Traits

ROOT = Path(__file__).resolve().parents[2]
NAMES = [field.name for kind in (Traits, StateTraits) for field in dataclasses.fields(kind)]


class Silent:
    """Says nothing."""


class Saying:
    """A game that says one thing."""

    def __init__(self, **said: Any) -> None:
        vars(self).update(said)


def test_a_game_that_says_nothing_is_as_most_are() -> None:
    assert Traits.of(Silent()) == Traits()
    assert StateTraits.of(Silent()) == StateTraits()
    traits = Traits()
    assert (traits.replayable, traits.most_games) == (True, sys.maxsize)
    assert not any([traits.simultaneous, traits.one_process])
    assert traits.apply_all is traits.new_states is traits.other_names is traits.called is traits.close is None


@pytest.mark.parametrize("name", ["most_games", "replayable", "apply_all", "other_names", "close"])
def test_none_is_the_same_as_nothing(name: str) -> None:
    assert Traits.of(Saying(**{name: None})) == Traits()


def test_what_is_said_is_kept() -> None:
    game = Saying(simultaneous=1, replayable=0, most_games=4, layout="rows", close=print, stranger=3)
    assert Traits.of(game) == Traits(simultaneous=True, replayable=False, most_games=4, layout="rows", close=print)
    assert StateTraits.of(Saying(truncated=1, reset_seed=7)) == StateTraits(truncated=True, reset_seed=7)


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"close": True}, r"^Saying\.close: expected a method, got True$"),
        ({"apply_all": [1]}, r"^Saying\.apply_all: expected a method, got \[1\]$"),
        ({"most_games": 0}, r"^Saying\.most_games: expected an integer from 1, got 0$"),
        ({"most_games": True}, r"^Saying\.most_games: expected an integer from 1, got True$"),
        ({"most_games": 2.0}, r"^Saying\.most_games: expected an integer from 1, got 2\.0$"),
    ],
)
def test_what_is_of_another_kind_is_one_clear_error(said: dict[str, Any], message: str) -> None:
    with pytest.raises(GameError, match=message):
        Traits.of(Saying(**said))


def test_the_check_of_a_game_finds_it() -> None:
    class Closed(ThreeInARow):
        close = "at night"

    class Drawn(Position):
        drawn_for = "everybody"

    class Shown(ThreeInARow):
        def new_state(self, rng: Any) -> Position:
            return Drawn()

    with pytest.raises(GameError, match=r"Closed\.close: expected a method, got 'at night'"):
        check_game(Closed(), games=1)
    with pytest.raises(GameError, match=r"Drawn\.drawn_for: expected a method, got 'everybody'"):
        check_game(Shown(), games=1)


def test_the_page_names_every_member_and_what_stands_for_it() -> None:
    page = (ROOT / "docs" / "your-own-game.md").read_text("utf-8").split("## 8. What else a game may say")[1]
    rows = re.findall(r"^\| `(\w+)(?:\([\w, ]*\))?` \| `?([^|`]+)`? \| [^|]+ \|$", page, re.M)
    assert [name for name, _ in rows] == NAMES
    left_out = {field.name: field.default for kind in (Traits, StateTraits) for field in dataclasses.fields(kind)}
    words = {sys.maxsize: "any number", None: "none", "": '""'}
    assert dict(rows) == {name: words[value] if value in words else str(value) for name, value in left_out.items()}


def test_they_are_asked_for_here_alone() -> None:
    asked = re.compile(rf"(?:get|has)attr\([^\n]*[\"'](?:{'|'.join(NAMES)})[\"']")
    files = [file for folder in ("sdk/myoshu", "engines", "demos") for file in (ROOT / folder).rglob("*.py")]
    assert len(files) > 200
    assert [file.name for file in files if asked.search(file.read_text("utf-8"))] == []
