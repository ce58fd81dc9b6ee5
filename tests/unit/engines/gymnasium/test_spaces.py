"""What is seen of a Gymnasium space, and how actions are numbered."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces
from tests.unit.engines.gymnasium.environments import gym

from myoshu.errors import IllegalActionError
from myoshu.planes import planes_of
from myoshu_engines import load_game
from myoshu_engines.gymnasium.spaces import FAR, numbered_actions, observer_of


def test_numbers_are_scaled_by_their_bounds() -> None:
    state = gym("CartPole-v1").new_state(np.random.default_rng(3))
    seed = int(np.random.default_rng(3).integers(1 << 31))
    environment = gymnasium.make("CartPole-v1")
    shown, _ = environment.reset(seed=seed)
    environment.close()
    expected = shown / np.array([4.8, 1, 24 * np.pi / 180, 1])
    np.testing.assert_allclose(state.observation(), expected, rtol=1e-6)
    mixed = spaces.Box(np.array([0, 2, -np.inf, 0, -2 * FAR, 5]), np.array([10, 4, 0, np.inf, 1, 5]), dtype=np.float64)
    observer = observer_of(mixed, "mixed")
    np.testing.assert_allclose(observer.see(np.array([10.0, 2, -7, 7, 3, 5])), [1, -1, -7, 7, 3, 5])
    np.testing.assert_allclose(observer.see(np.array([0.0, 4, 0, 0, 0, 5])), [0, 1, 0, 0, 0, 5])


def test_an_image_becomes_planes_from_0_to_1() -> None:
    game = gym("Picture-v0")
    assert game.spec.observation == (3, 8, 6)
    state = game.new_state(np.random.default_rng(0))
    row = int(state.observation()[0].argmax()) // 6
    state.apply(2)
    seen = state.observation()
    assert seen.dtype == np.float32
    assert seen.flags.c_contiguous
    np.testing.assert_allclose(seen[:, row, 1], [1.0, 0.2, 0.0])
    assert seen.sum() == pytest.approx(1.2)
    assert seen.max() == 1.0


def test_choices_are_seen_one_hot() -> None:
    assert gym("Pays-v0").new_state(np.random.default_rng(0)).observation().tolist() == [1.0] + [0.0] * 20
    several = observer_of(spaces.MultiDiscrete([2, 3], start=[0, 5]), "here")
    assert several.see(np.array([1, 6])).tolist() == [0, 1, 0, 1, 0]
    bits = observer_of(spaces.MultiBinary(3), "here")
    assert bits.see(np.array([1, 0, 1], np.int8)).tolist() == [1, 0, 1]


def test_a_start_other_than_0_reaches_the_environment() -> None:
    game = gym("Picture-v0")
    state = game.new_state(np.random.default_rng(0))
    for action, column in ((2, 1), (2, 2), (1, 2), (0, 1)):
        state.apply(action)
        assert int(state.observation()[0].max(0).argmax()) == column
    assert [game.action_name(state, action) for action in range(3)] == ["-1", "0", "1"]


def test_parts_are_one_vector_and_a_mask_among_them_says_what_is_legal() -> None:
    game = gym("Parts-v0")
    assert game.spec.observation == (48 + 3 + 2,)
    state = game.new_state(np.random.default_rng(0))
    assert list(state.legal_actions()) == [1, 2]
    seen = state.observation()
    assert seen.dtype == np.float32
    assert not seen[:48].any()
    assert seen[48:51].tolist() == [1, 0, 0]
    kept = state.clone()
    before = kept.observation()
    state.apply(2)
    assert list(state.legal_actions()) == [0, 2]
    assert state.observation()[:48] == pytest.approx(40 / 255)
    assert state.observation()[48:51].tolist() == [0, 1, 0]
    assert np.array_equal(kept.observation(), before)  # though the environment wrote into what it had shown
    with pytest.raises(IllegalActionError):
        state.apply(1)


def test_one_part_beside_a_mask_keeps_its_form() -> None:
    game = gym("Parts-v0(alone=True)")
    assert game.spec.observation == (3, 4, 4)  # an image, channels first
    assert list(game.new_state(np.random.default_rng(0)).legal_actions()) == [1, 2]


def test_blackjack_is_seen_one_part_after_the_other() -> None:
    state = gym("Blackjack-v1").new_state(np.random.default_rng(0))
    assert state.observation().shape == (32 + 11 + 2,)
    assert state.observation().sum() == 3.0


def test_what_numbers_are_is_said_in_the_words_of_the_space() -> None:
    game = load_game("gymnasium:CartPole-v1")
    assert planes_of(game).words == (
        "number 0 of the environment's observation, -4.8 to 4.8 as −1 to 1",
        "number 1 of the environment's observation, as it is",
        "number 2 of the environment's observation, -0.418879 to 0.418879 as −1 to 1",
        "number 3 of the environment's observation, as it is",
    )
    assert planes_of(load_game("gymnasium:FrozenLake-v1")).words[3] == "1 if the environment shows 3"


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
