"""A level's move: the same in the core and in Python, legal, in proportion to the shares that it is drawn by."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.vectors.random import generate

from myoshu.search import _core
from myoshu.search.random import Random
from myoshu.search.reference_random import ReferenceRandom
from myoshu.search.reference_sampling import draw_move

VECTORS = json.loads(generate.FILE.read_text())["moves"]

Found = tuple[list[bool], list[float], list[float], list[float], int]

share = st.one_of(st.just(0.0), st.floats(0.0, 1.0, width=32))


@st.composite
def roots(draw: st.DrawFn) -> Found:
    actions = draw(st.integers(1, 9))
    legal = draw(st.lists(st.booleans(), min_size=actions, max_size=actions).filter(any))
    policy, prior = (
        [value if allowed or noise else 0.0 for value, allowed in zip(each, legal, strict=True)]
        for noise, each in (
            (False, draw(st.lists(share, min_size=actions, max_size=actions))),
            (True, draw(st.lists(share, min_size=actions, max_size=actions))),
        )
    )
    q = draw(st.lists(st.floats(-1e6, 1e6, width=32), min_size=actions, max_size=actions))
    return legal, policy, prior, q, draw(st.sampled_from([index for index, allowed in enumerate(legal) if allowed]))


def core(temperature: float, mix: float, slack: float, found: Found, sample: float) -> int:
    legal, policy, prior, q, action = found
    held = [np.array(each, np.float32) for each in (policy, prior, q)]
    return _core.draw_move(temperature, mix, slack, np.array(legal, np.bool_), *held, action, sample)


@pytest.mark.parametrize("case", VECTORS)
def test_the_core_draws_the_vectors_moves(case: dict[str, Any]) -> None:
    found = case["legal"], case["policy"], case["prior"], case["q"], case["action"]
    slack = math.inf if case["slack"] is None else case["slack"]
    samples = [Random(seed).uniform() for seed in case["seeds"]]
    assert [core(case["temperature"], case["mix"], slack, found, sample) for sample in samples] == case["drawn"]


@settings(max_examples=500, deadline=None)
@given(
    temperature=st.one_of(
        st.floats(0.0, 1e308, exclude_min=True), st.sampled_from([5e-324, 1e-6, 0.3, 1.0, 1e6]), st.floats(0.05, 3.0)
    ),
    mix=st.one_of(st.just(0.0), st.floats(0.0, 1.0)),
    slack=st.one_of(st.just(math.inf), st.floats(0.0, 1e6)),
    found=roots(),
    seed=st.integers(0, 1 << 40),
)
def test_core_and_python_draw_the_same_legal_move(
    temperature: float, mix: float, slack: float, found: Found, seed: int
) -> None:
    sample = ReferenceRandom(seed).uniform()
    drawn = core(temperature, mix, slack, found, sample)
    assert drawn == draw_move(temperature, mix, slack, *found, sample)
    legal, _, _, q, action = found
    assert legal[drawn]
    best = max(worth for worth, allowed in zip(q, legal, strict=True) if allowed)
    assert drawn == action or q[drawn] >= best - slack


@pytest.mark.parametrize(
    ("temperature", "mix", "expected"),
    [
        (1.0, 0.0, [0.125, 0.5, 0.0, 0.25, 0.0, 0.125]),
        (0.5, 0.0, [1.0, 16.0, 0.0, 4.0, 0.0, 1.0]),
        (1e9, 0.0, [1.0, 1.0, 0.0, 1.0, 0.0, 1.0]),
        (1.0, 1.0, [0.0625, 0.25, 0.0, 0.125, 0.25, 0.0625]),
        (1.0, 0.5, [0.125 + 1 / 12, 0.5 + 1 / 3, 0.0, 0.25 + 1 / 6, 1 / 3, 0.125 + 1 / 12]),
    ],
)
def test_moves_are_drawn_in_proportion(temperature: float, mix: float, expected: list[float]) -> None:
    legal, policy, prior, q = generate.FOUND.values()
    moves, generator = 5000, Random(3)
    drawn = [core(temperature, mix, math.inf, (legal, policy, prior, q, 1), generator.uniform()) for _ in range(moves)]
    counts, shares = np.bincount(drawn, minlength=6), np.array(expected) / sum(expected)
    assert not counts[shares == 0.0].any()
    there = shares > 0.0
    freedom = there.sum() - 1
    squares = float(((counts - moves * shares)[there] ** 2 / (moves * shares[there])).sum())
    assert squares < freedom + 4 * math.sqrt(2 * freedom)


def test_the_least_temperature_leaves_the_greatest_share() -> None:
    legal, policy, prior, q = generate.FOUND.values()
    for seed in range(50):
        assert core(5e-324, 0.0, math.inf, (legal, policy, prior, q, 0), Random(seed).uniform()) == 1
