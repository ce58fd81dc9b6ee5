"""What is seen of a Gymnasium space, and how actions are numbered."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from gymnasium import spaces

from myoshu_engines.gymnasium.spaces import numbered_actions, observer_of


@pytest.mark.parametrize(
    ("form", "shape"),
    [
        ((), (1,)),
        ((5,), (5,)),
        ((4, 7), (1, 4, 7)),
        ((84, 84), (1, 84, 84)),
        ((84, 84, 3), (3, 84, 84)),
        ((210, 160, 3), (3, 210, 160)),
        ((10, 10, 7), (7, 10, 10)),
        ((3, 3, 3), (3, 3, 3)),
        ((4, 84, 84), (4, 84, 84)),
        ((14, 10, 9), (14, 10, 9)),
        ((4, 84, 84, 3), (12, 84, 84)),
        ((2, 2, 2, 2), (16,)),
        ((2, 1, 2, 1, 2), (8,)),
    ],
)
def test_shapes_of_what_is_seen(form: tuple[int, ...], shape: tuple[int, ...]) -> None:
    observer = observer_of(spaces.Box(0, 255, form, np.uint8), "here")
    assert observer.shape == shape
    shown = np.arange(np.prod(form, dtype=int)).reshape(form).astype(np.uint8)
    seen = observer.see(shown)
    assert seen.shape == shape
    assert sorted(np.rint(seen.ravel() * 255).tolist()) == sorted(shown.ravel().tolist())


def test_a_stack_of_images_keeps_its_order() -> None:
    shown = np.zeros((2, 5, 6, 3), np.uint8)
    shown[1, 4, 5, 2] = 255
    assert observer_of(spaces.Box(0, 255, shown.shape, np.uint8), "here").see(shown)[5, 4, 5] == 1.0


def test_actions_are_numbered_from_0() -> None:
    assert list(numbered_actions(spaces.Discrete(3, start=-1), "here")) == [-1, 0, 1]
    pairs = numbered_actions(spaces.MultiDiscrete([2, 3], start=[0, 4]), "here")
    assert [pair.tolist() for pair in pairs] == [[0, 4], [0, 5], [0, 6], [1, 4], [1, 5], [1, 6]]
    assert all(spaces.MultiDiscrete([2, 3], start=[0, 4]).contains(pair) for pair in pairs)
    bits = numbered_actions(spaces.MultiBinary(2), "here")
    assert [bit.tolist() for bit in bits] == [[0, 0], [0, 1], [1, 0], [1, 1]]
    with pytest.raises(ValueError, match="read-only"):
        pairs[0][0] = 1


@pytest.mark.parametrize(
    ("space", "first", "last", "count"),
    [
        (spaces.Box(0, 255, (8, 6, 3), np.uint8), "channel 0", "channel 2", 3),
        (spaces.Box(0, 255, (4, 8, 8, 3), np.uint8), "channel 0 of image 0", "channel 2 of image 3", 12),
        (spaces.Box(0, 1, (7, 5)), "channel 0", "channel 0", 1),
        (spaces.MultiDiscrete([2, 3]), "1 if number 0 of the environment's observation is 0",
         "1 if number 1 of the environment's observation is 2", 5),
        (spaces.MultiBinary(3), "number 0 of the environment's observation, 0 to 1 as 0 to 1",
         "number 2 of the environment's observation, 0 to 1 as 0 to 1", 3),
    ],
)  # fmt: skip
def test_there_is_a_word_for_each_plane(space: Any, first: str, last: str, count: int) -> None:
    observer = observer_of(space, "here")
    observer.planes.check(observer.shape)
    assert (observer.planes.words[0], observer.planes.words[-1], len(observer.planes.words)) == (first, last, count)


def test_very_many_numbers_are_not_named_one_by_one() -> None:
    planes = observer_of(spaces.Box(-1, 1, (5000,)), "here").planes
    assert planes.words == ()
    assert planes.layout.startswith("the environment's numbers in C order")
    assert not observer_of(spaces.Discrete(5000), "here").planes.words
