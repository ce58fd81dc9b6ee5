"""Other observations are found and, where a simple change explains them, it is said which."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from myoshu.errors import ArgumentError, MyoshuError
from myoshu.planes import Planes
from myoshu.runtime.observation_check import ObservationCheck, check_observations, compare
from myoshu.runtime.observation_faults import LONGEST
from myoshu.runtime.positions import Answer, Example, Position

PLANES = Planes(words=("the mover's stones", "the opponent's stones", "empty squares"), layout="row 0 is the top")
Change = Callable[[NDArray[np.float32], int], Any]


def boards(height: int = 4, width: int = 5, count: int = 8, *, drawn: tuple[int, ...] = ()) -> list[Example]:
    """Positions of a game with stones of two players."""
    rng = np.random.default_rng(3)
    examples = []
    for row in range(count):
        cells = rng.choice(3, size=(height, width), p=(0.3, 0.2, 0.5))
        observation = np.stack([cells == kind for kind in range(3)]).astype(np.float32)
        position = Position(tuple(range(row)), 0, row in drawn, row % 2, (0, 1), observation)
        examples.append(Example(position, Answer(np.full(2, 0.5, np.float32), np.zeros(1, np.float32), 0)))
    return examples


def vectors(count: int = 8) -> list[Example]:
    rng = np.random.default_rng(4)
    return [
        Example(
            Position(tuple(range(row)), 0, False, 0, (0,), rng.standard_normal(4).astype(np.float32)),
            Answer(np.ones(1, np.float32), np.zeros(1, np.float32), 0),
        )
        for row in range(count)
    ]


def checked(examples: list[Example], change: Change, planes: Planes = PLANES) -> ObservationCheck:
    held = {position.moves: position for position, _ in examples}
    return check_observations(
        examples, planes, lambda moves: change(held[moves].observation.copy(), held[moves].to_play)
    )


def test_what_the_agent_saw_is_right() -> None:
    found = checked(boards(), lambda seen, mover: seen)
    assert found.right
    assert (found.compared, found.differ) == (8, ())
    assert str(found) == "8 positions: the observations are those that the agent learned from"
    assert checked(boards(), lambda seen, mover: (seen + 1e-5).tolist()).right


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda seen, mover: seen[[1, 0, 2]], "the planes are in another order: the agent's plane 0 (the mover's "
         "stones) is your plane 1, the agent's plane 1 (the opponent's stones) is your plane 0 (the agent's layout: "
         "row 0 is the top)"),
        (lambda seen, mover: seen[[2, 0, 1]], "the agent's plane 2 (empty squares) is your plane 0"),
        (lambda seen, mover: seen[[2, 1, 0] if mover else [2, 0, 1]], "which depends on the player to move: the "
         "agent's plane 0 (the mover's stones) is your plane 1 (player 0 to move) or 2 (player 1 to move)"),
        (lambda seen, mover: seen[[1, 0, 2]] if mover else seen, "the agent's plane 1 (the opponent's stones) is your "
         "plane 1 (player 0 to move) or 0 (player 1 to move)"),
        (lambda seen, mover: seen[:, ::-1], ": the rows come in the opposite order"),
        (lambda seen, mover: seen[..., ::-1], ": the columns come in the opposite order"),
        (lambda seen, mover: seen[:, ::-1, ::-1], ": the board is turned by 180°"),
        (lambda seen, mover: seen.transpose(1, 2, 0), "the shape is [4, 5, 3] instead of [3, 4, 5]; the planes lie "
         "last in memory"),
        (lambda seen, mover: seen.transpose(1, 2, 0).reshape(seen.shape), ": the planes lie last in memory"),
        (lambda seen, mover: seen.swapaxes(1, 2).reshape(seen.shape), ": columns lie before rows in memory"),
        (lambda seen, mover: seen.ravel(), "the numbers are right, but the shape is [60] instead of [3, 4, 5]"),
        (lambda seen, mover: 255 * seen, "of another scale: the agent's are yours × 0.003922"),
        (lambda seen, mover: -seen, "all numbers have the other sign"),
        (lambda seen, mover: 1 - 2 * seen, "yours × -0.5 + 0.5"),
        (lambda seen, mover: 2 * seen[[2, 0, 1], ::-1] - 1, "the rows come in the opposite order and all numbers are "
         "of another scale: the agent's are yours × 0.5 + 0.5 and the planes are in another order"),
        (lambda seen, mover: seen[:2], "expected observations of shape [3, 4, 5], got [2, 4, 5]"),
        (lambda seen, mover: seen * np.nan, "numbers that are not finite"),
        (lambda seen, mover: np.zeros_like(seen), "the same in all positions: are the moves really played?"),
    ],
)  # fmt: skip
def test_how_boards_differ_is_said(change: Change, said: str) -> None:
    found = checked(boards(), change)
    assert not found.right
    assert said in found.text, found.text
    assert len(found.differ) >= 4
    assert found.text.startswith(f"{len(found.differ)} of 8 positions differ from what the agent learned from: ")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda seen, mover: seen.swapaxes(1, 2), "rows and columns are exchanged"),
        (lambda seen, mover: np.rot90(seen, axes=(1, 2)), "the board is turned by a quarter to the left"),
        (lambda seen, mover: np.rot90(seen, 3, axes=(1, 2)), "the board is turned by a quarter to the right"),
        (lambda seen, mover: seen.swapaxes(1, 2)[:, ::-1, ::-1], "mirrored in its other diagonal"),
    ],
)
def test_square_boards_can_be_turned_too(change: Change, said: str) -> None:
    assert said in checked(boards(4, 4), change).text


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda seen, mover: seen[[1, 0, 2, 3]], "the numbers are in another order: the agent's number 0 (position) is "
         "your number 1, the agent's number 1 (speed) is your number 0"),
        (lambda seen, mover: seen * np.float32([1, 2, 0.5, 1]), "of another scale: the agent's number 1 (speed) is "
         "yours × 0.5, the agent's number 2 (angle) is yours × 2"),
        (lambda seen, mover: seen - np.float32([0, 0, 0, 3]), "number 3 (turn) is yours × 1 + 3"),
    ],
)  # fmt: skip
def test_how_numbers_differ_is_said(change: Change, said: str) -> None:
    planes = Planes(words=("position", "speed", "angle", "turn"))
    assert said in checked(vectors(), change, planes).text


def test_what_nothing_simple_explains_is_shown_at_its_first_place() -> None:
    def change(seen: NDArray[np.float32], mover: int) -> NDArray[np.float32]:
        seen[1, 2, 3] += 2 + mover
        return seen

    text = checked(boards(), change).text
    assert "after the moves [] (player 0 to move) the agent's plane 1 (the opponent's stones) has" in text
    assert "at [2][3], yours" in text
    assert "of 3 planes these differ: [1]" in text


def test_one_position_that_differs_is_named() -> None:
    def change(seen: NDArray[np.float32], mover: int) -> NDArray[np.float32]:
        return seen

    examples = boards()
    shown = [position.observation.copy() for position, _ in examples]
    shown[5][0, 0, 0] += 1
    found = compare(examples, PLANES, range(8), shown)
    assert found.differ == (5,)
    assert "after the moves [0, 1, 2, 3, 4]" in found.text
    assert checked(examples, change).right


def test_positions_with_chance_are_left_out() -> None:
    found = checked(boards(drawn=(1, 2)), lambda seen, mover: seen)
    assert found.compared == 6
    assert found.right
    none = checked(boards(count=2, drawn=(0, 1)), lambda seen, mover: seen)
    assert (none.compared, none.right, none.differ) == (0, False, ())
    assert none.text.endswith("chance takes part in all of its positions")
    assert checked([], lambda seen, mover: seen).text.endswith("its file has no positions")


def test_what_is_no_observation_is_an_error() -> None:
    with pytest.raises(ArgumentError, match=r"observe: expected an array of numbers after the moves \[\], got"):
        checked(boards(), lambda seen, mover: "a board")
    with pytest.raises(ArgumentError, match=r"observe: expected an array of numbers"):
        checked(boards(), lambda seen, mover: None if mover else {})

    class OwnError(MyoshuError, ValueError):
        pass

    def fail(seen: NDArray[np.float32], mover: int) -> None:
        raise OwnError("mine")

    with pytest.raises(OwnError, match="mine"):
        checked(boards(), fail)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([(5,), (3, 4), (4, 3, 3), (2, 5, 3), (2, 2, 3, 2)]))
def test_any_observations_bring_one_short_text(seed: int, shape: tuple[int, ...]) -> None:
    rng = np.random.default_rng(seed)
    examples = [
        Example(
            Position((row,), 0, False, row % 3, (0,), rng.integers(0, 3, shape).astype(np.float32)),
            Answer(np.ones(1, np.float32), np.zeros(1, np.float32), 0),
        )
        for row in range(3)
    ]
    shown = [rng.choice([-1e30, 0.0, 1.0, 2.0, 1e-9], shape).astype(np.float32) for _ in examples]
    found = compare(examples, Planes(), range(3), shown)
    assert found.right == all(
        np.allclose(seen, example.position.observation, atol=1e-3)
        for seen, example in zip(shown, examples, strict=True)
    )
    assert 0 < len(found.text) <= LONGEST + 100


def test_a_text_is_never_endless() -> None:
    planes = Planes(words=tuple(f"{index}" + "x" * 250 for index in range(40)))
    rng = np.random.default_rng(0)
    examples = [
        Example(
            Position((row,), 0, False, 0, (0,), rng.standard_normal((40, 2, 2)).astype(np.float32)),
            Answer(np.ones(1, np.float32), np.zeros(1, np.float32), 0),
        )
        for row in range(4)
    ]
    found = compare(examples, planes, range(4), [example.position.observation[::-1].copy() for example in examples])
    assert "the planes are in another order" in found.text
    assert len(found.text) < 1000
