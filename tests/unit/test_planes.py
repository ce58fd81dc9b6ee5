"""What a game says of its observations: texts, one a plane, or nothing."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from myoshu.errors import ArgumentError, GameError
from myoshu.planes import MAX_LAYOUT, MAX_WORD, MAX_WORDS, Planes, planes_of


def game(**said: Any) -> Any:
    return SimpleNamespace(spec=SimpleNamespace(name="own", observation=(2, 3, 3)), **said)


def test_a_game_may_say_what_its_planes_are() -> None:
    planes = planes_of(game(planes=["own", "other"], layout="row 0 is the top"))
    assert planes == Planes(words=("own", "other"), layout="row 0 is the top")
    assert planes.name(1) == "plane 1 (other)"
    assert bool(planes)


def test_a_game_may_say_nothing() -> None:
    planes = planes_of(game())
    assert not planes
    assert planes.name(1) == "plane 1"
    assert planes_of(game(layout="rows first")).words == ()


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"planes": ("own",)}, r"own: planes: expected 2 texts, one for each .*, got 1"),
        ({"planes": "own, other"}, r"own: planes: expected a sequence of texts, got one text"),
        ({"planes": ("own", "")}, r"own: planes\[1\]: expected a text of 1 to 256 characters on one line, got ''"),
        ({"planes": ("own", 3)}, r"planes\[1\]: expected a text"),
        ({"planes": ("own", "x" * (MAX_WORD + 1))}, r"planes\[1\]: expected a text"),
        ({"planes": ("own", "a\nb")}, r"planes\[1\]: expected a text .* on one line"),
        ({"planes": 7}, r"own: 'int' object is not iterable"),
        ({"layout": "x" * (MAX_LAYOUT + 1)}, "layout: expected a text of 0 to 1024 characters"),
        ({"layout": None}, "layout: expected a text"),
    ],
)
def test_what_is_no_description_is_refused(said: dict[str, Any], message: str) -> None:
    with pytest.raises(GameError, match=message):
        planes_of(game(**said))


def test_there_is_a_bound() -> None:
    with pytest.raises(ArgumentError, match="planes: expected at most 1024 texts, got 1025"):
        Planes(words=("x",) * (MAX_WORDS + 1))
