"""Random numbers: the published ones of Philox, the same bits in core and Python, distributed as they should be."""

from __future__ import annotations

import copy
import itertools
import json
import math
import pickle
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from tests.vectors.random import generate

from myoshu.errors import ArgumentError
from myoshu.search import _core
from myoshu.search.random import Random
from myoshu.search.reference_random import ReferenceRandom, philox, pick

VECTORS = json.loads(generate.FILE.read_text())

KNOWN = [
    ("00000000 00000000 00000000 00000000", "00000000 00000000", "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
    ("ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff", "408f276d 41c83b0e a20bc7c6 6d5451fd"),
    ("243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0", "d16cfe09 94fdcceb 5001e420 24126ea1"),
]
"""Counter, key and words: "philox4x32 10" in Random123's tests/kat_vectors, of the paper's authors."""

WORDS = (1 << 64) - 1
seeds = st.one_of(st.integers(0, WORDS), st.sampled_from([0, 1, 1 << 32, WORDS]))
draws = st.one_of(
    st.sampled_from(["word", "uniform", "uniform_float", "open_uniform", "exponential", "normal"]).map(
        lambda n: (n, {})
    ),
    st.integers(1, (1 << 32) - 1).map(lambda bound: ("below", {"bound": bound})),
    st.integers(1, 20).map(lambda count: ("gumbel", {"count": count})),
    st.floats(1e-9, 1e9).map(lambda shape: ("gamma", {"shape": shape})),
    st.tuples(st.floats(1e-9, 1e9), st.integers(1, 9)).map(
        lambda pair: ("dirichlet", {"concentration": pair[0], "count": pair[1]})
    ),
    st.lists(st.floats(0.0, 1e300), min_size=1, max_size=9)
    .filter(any)
    .map(lambda weights: ("choice", {"weights": weights})),
)


def words(text: str) -> list[int]:
    return [int(word, 16) for word in text.split()]


@pytest.mark.parametrize("function", [_core.philox, philox], ids=["core", "python"])
@pytest.mark.parametrize(("counter", "key", "expected"), KNOWN)
def test_the_published_numbers(function: Callable[..., list[int]], counter: str, key: str, expected: str) -> None:
    assert function(tuple(words(counter)), tuple(words(key))) == words(expected)


def test_the_vectors_are_those_of_the_reference() -> None:
    assert not generate.stale()


@pytest.mark.parametrize("block", VECTORS["blocks"])
def test_the_core_gives_the_vectors_blocks(block: dict[str, list[str]]) -> None:
    counter, key, expected = ([int(word, 16) for word in block[part]] for part in ("counter", "key", "words"))
    assert _core.philox(tuple(counter), tuple(key)) == expected  # type: ignore[arg-type]  # four and two of them


@pytest.mark.parametrize("sequence", VECTORS["sequences"])
def test_the_core_gives_the_vectors_draws(sequence: dict[str, Any]) -> None:
    generator = Random(*(int(sequence[part], 16) for part in ("seed", "stream", "position")))
    for draw in sequence["draws"]:
        arguments = {name: value for name, value in draw.items() if name not in ("draw", "value", "position")}
        assert generate.shown(getattr(generator, draw["draw"])(**arguments)) == draw["value"], draw
        assert generator.position == int(draw["position"], 16)


@settings(max_examples=300, deadline=None)
@given(seed=seeds, stream=seeds, position=seeds, turns=st.lists(draws, max_size=12))
def test_core_and_python_draw_the_same_bits(
    seed: int, stream: int, position: int, turns: list[tuple[str, dict[str, Any]]]
) -> None:
    core, reference = Random(seed, stream, position), ReferenceRandom(seed, stream, position)
    for name, arguments in turns:
        one, other = (getattr(each, name)(**arguments) for each in (core, reference))
        assert generate.shown(one) == generate.shown(other)
        assert core.position == reference.position


def test_a_word_depends_on_its_place_alone() -> None:
    generator = Random(3, 4)
    sequence = [generator.word() for _ in range(40)]
    assert [Random(3, 4, place).word() for place in range(40)] == sequence


def test_after_the_last_word_comes_the_first() -> None:
    generator = Random(3, 4, WORDS)
    generator.word()
    assert generator.position == 0
    assert [generator.word() for _ in range(5)] == [Random(3, 4, place).word() for place in range(5)]


@pytest.mark.parametrize(
    "again",
    [
        copy.copy,
        copy.deepcopy,
        lambda each: pickle.loads(pickle.dumps(each)),
        lambda each: Random(each.seed, each.stream, each.position),
    ],
    ids=["copy", "deepcopy", "pickle", "position"],
)
@pytest.mark.parametrize("drawn", range(9))
def test_a_copy_continues_alike_and_by_itself(again: Callable[[Random], Random], drawn: int) -> None:
    generator = Random(5, 6)
    for _ in range(drawn):
        generator.word()
    other = again(generator)
    assert repr(other) == repr(generator) == f"Random(seed=5, stream=6, position={drawn})"
    ahead = [other.normal() for _ in range(7)]
    assert generator.position == drawn
    assert [generator.normal() for _ in range(7)] == ahead


def test_seeds_and_streams_are_other_sequences() -> None:
    places = [(seed, stream) for seed in (0, 1, 1 << 32, WORDS) for stream in (0, 1, 1 << 32, WORDS)]
    found = [Random(*place).word() << 32 | Random(*place, 1).word() for place in places]
    assert len(set(found)) == len(places)


@pytest.mark.parametrize("word", [0, (1 << 32) - 1])
def test_uniform_numbers_end_where_they_should(word: int) -> None:
    """For the least and the greatest words, which no search would find in a sequence."""

    class Stuck(ReferenceRandom):
        def word(self) -> int:
            return word

    generator = Stuck(0)
    assert generator.uniform() == (1 - 2**-53 if word else 0.0)
    assert generator.uniform_float() == (1 - 2**-24 if word else 0.0)
    assert generator.open_uniform() == (1 - 2**-53 if word else 2**-53)
    assert 0.0 < generator.exponential() < 37.0
    assert -4.0 < generator.gumbel(1)[0] < 37.0


def distance(numbers: NDArray[np.float64], distribution: Callable[[float], float]) -> float:
    """Kolmogorov and Smirnov's statistic times √n: above 1.95 in one of a thousand samples of the distribution."""
    rising = np.sort(numbers)
    expected = np.array([distribution(x) for x in rising.tolist()])
    steps = np.arange(len(rising) + 1) / len(rising)
    return float(max((steps[1:] - expected).max(), (expected - steps[:-1]).max()) * math.sqrt(len(rising)))


def excess(counts: Sequence[float] | NDArray[Any], shares: Sequence[float] | NDArray[Any]) -> float:
    """How many standard deviations χ² is too large (Wilson and Hilferty): above 3.1 in one of a thousand samples."""
    expected = np.asarray(shares) / np.sum(shares) * np.sum(counts)
    freedom = len(expected) - 1
    spread = 2.0 / (9.0 * freedom)
    found = float(((np.asarray(counts) - expected) ** 2 / expected).sum())
    return ((found / freedom) ** (1 / 3) - (1.0 - spread)) / math.sqrt(spread)


COUNT = 20_000

DISTRIBUTIONS: dict[str, tuple[Callable[[Random], float], Callable[[float], float]]] = {
    "uniform": (Random.uniform, lambda x: x),
    "uniform_float": (Random.uniform_float, lambda x: x),
    "open_uniform": (Random.open_uniform, lambda x: x),
    "word": (lambda random: random.word() / (1 << 32), lambda x: x),
    "exponential": (Random.exponential, lambda x: 1.0 - math.exp(-x)),
    "gumbel": (lambda random: float(random.gumbel(1)[0]), lambda x: math.exp(-math.exp(-x))),
    "normal": (Random.normal, lambda x: (1.0 + math.erf(x / math.sqrt(2.0))) / 2.0),
    "gamma 1/2": (lambda random: random.gamma(0.5), lambda x: math.erf(math.sqrt(x))),
    "gamma 1": (lambda random: random.gamma(1.0), lambda x: 1.0 - math.exp(-x)),
    "gamma 3": (lambda random: random.gamma(3.0), lambda x: 1.0 - math.exp(-x) * (1.0 + x + x * x / 2.0)),
    "dirichlet 1/2 of 2": (
        lambda random: float(random.dirichlet(0.5, 2)[0]),
        lambda x: 2.0 / math.pi * math.asin(math.sqrt(x)),
    ),
    "dirichlet 1 of 4": (lambda random: float(random.dirichlet(1.0, 4)[3]), lambda x: 1.0 - (1.0 - x) ** 3),
}


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_numbers_are_distributed_as_they_should_be(name: str, seed: int) -> None:
    draw, distribution = DISTRIBUTIONS[name]
    generator = Random(seed)
    numbers = np.array([draw(generator) for _ in range(COUNT)])
    assert distance(numbers, distribution) < 1.95
    earlier, later = numbers[:-1] - numbers.mean(), numbers[1:] - numbers.mean()
    assert abs((earlier * later).mean() / numbers.var()) < 4 / math.sqrt(COUNT)


@pytest.mark.parametrize("name", ["exponential", "gumbel", "normal", "gamma 1/2", "gamma 3"])
def test_another_distribution_would_be_found_out(name: str) -> None:
    """By the bound of the test above: what is greater by a twentieth, or a tenth of itself."""
    draw, distribution = DISTRIBUTIONS[name]
    generator = Random(1)
    numbers = np.array([draw(generator) for _ in range(COUNT)])
    assert distance(numbers + 0.05, distribution) > 1.95
    assert distance(numbers * 1.1, distribution) > 1.95


@pytest.mark.parametrize(
    ("draw", "mean", "variance"),
    [
        (Random.normal, 0.0, 1.0),
        (lambda random: random.gumbel(1)[0], 0.5772156649015329, math.pi**2 / 6),
        (lambda random: random.gamma(0.03), 0.03, 0.03),
        (lambda random: random.gamma(40.0), 40.0, 40.0),
        (lambda random: random.dirichlet(0.3, 7)[6], 1 / 7, (1 / 7) * (6 / 7) / (0.3 * 7 + 1)),
    ],
    ids=["normal", "gumbel", "gamma 0.03", "gamma 40", "dirichlet"],
)
def test_mean_and_variance(draw: Callable[[Random], float], mean: float, variance: float) -> None:
    generator = Random(11)
    numbers = np.array([draw(generator) for _ in range(COUNT)])
    assert abs(numbers.mean() - mean) < 4 * math.sqrt(variance / COUNT)
    squares = (numbers - mean) ** 2
    assert abs(squares.mean() - variance) < 4 * squares.std() / math.sqrt(COUNT)


@pytest.mark.parametrize("bound", [1, 2, 3, 6, 7, 256, 1000])
def test_integers_below_a_bound_are_equally_likely(bound: int) -> None:
    generator = Random(4)
    counts = np.bincount([generator.below(bound) for _ in range(COUNT)], minlength=bound)
    assert len(counts) == bound
    assert bound == 1 or excess(counts, np.ones(bound)) < 3.1


def test_no_integer_below_a_large_bound_is_likelier() -> None:
    """High halves of products alone would be multiples of 3 every other time, the remainders of words too small."""
    generator, bound = Random(4), 3 << 30
    found = [generator.below(bound) for _ in range(COUNT)]
    assert excess(np.bincount([number % 3 for number in found], minlength=3), np.ones(3)) < 3.1
    assert excess(np.bincount([number * 4 // bound for number in found], minlength=4), np.ones(4)) < 3.1
    generator = Random(4)
    high = [generator.word() * bound >> 32 for _ in range(COUNT)]
    assert excess(np.bincount([number % 3 for number in high], minlength=3), np.ones(3)) > 3.1


def test_every_bit_of_a_word_is_a_coin_of_its_own() -> None:
    generator = Random(9)
    bits = np.array([[word >> bit & 1 for bit in range(32)] for word in (generator.word() for _ in range(COUNT))])
    assert np.abs(bits.mean(0) - 0.5).max() < 4 * 0.5 / math.sqrt(COUNT)
    agree = np.corrcoef(bits.T) - np.eye(32)
    assert np.abs(agree).max() < 4.5 / math.sqrt(COUNT)


def test_neighbouring_seeds_and_streams_do_not_agree() -> None:
    """The first number of each seed is what a session plays by: they must be as independent as those of one."""
    for numbers in ([Random(seed).uniform() for seed in range(COUNT)], [Random(0, n).uniform() for n in range(COUNT)]):
        assert distance(np.array(numbers), lambda x: x) < 1.95
        pairs = np.bincount([int(8 * one) * 8 + int(8 * other) for one, other in itertools.pairwise(numbers)])
        assert excess(pairs, np.ones(64)) < 3.1


def test_a_choice_follows_the_weights() -> None:
    generator, weights = Random(12), [0.5, 0.0, 3.0, 1.0, 0.25]
    counts = np.bincount([generator.choice(weights) for _ in range(COUNT)], minlength=5)
    assert counts[1] == 0
    there = [0, 2, 3, 4]
    assert excess(counts[there], np.array(weights)[there]) < 3.1
    assert excess(counts[there], np.array([0.55, 3.0, 1.0, 0.25])) > 3.1


def test_a_choice_is_never_one_of_no_weight() -> None:
    assert pick([0.0, 1.0, 0.0], 0.0) == 1
    assert pick([0.0, 1.0, 0.0], 1 - 2**-53) == 1
    least = math.ulp(0.0)
    assert pick([least, 0.0], 1 - 2**-53) == 0  # whose share is rounded up to all there is


def test_noise_of_the_least_concentration_is_all_on_one_action() -> None:
    generator, counts = Random(13), np.zeros(5)
    for _ in range(500):
        noise = generator.dirichlet(1e-9, 5)
        assert sorted(noise.tolist()) == [0.0, 0.0, 0.0, 0.0, 1.0]
        counts += noise
    assert excess(counts, np.ones(5)) < 3.1
    assert np.abs(Random(13).dirichlet(1e9, 5) - 0.2).max() < 1e-4


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Random(-1), r"seed: expected an integer from 0 to 18446744073709551615, got -1"),
        (
            lambda: Random(1 << 64),
            r"seed: expected an integer from 0 to 18446744073709551615, got 18446744073709551616",
        ),
        (lambda: Random(1.5), r"seed: expected an integer from 0 to \d+, got 1.5"),  # type: ignore[arg-type]
        (lambda: Random(True), r"seed: expected an integer from 0 to \d+, got True"),
        (lambda: Random(0, -1), r"stream: expected an integer from 0 to \d+, got -1"),
        (lambda: Random(0, 0, 1 << 64), r"position: expected an integer from 0 to \d+, got"),
        (lambda: Random(0).below(0), r"bound: expected an integer from 1 to 4294967295, got 0"),
        (lambda: Random(0).below(1 << 32), r"bound: expected an integer from 1 to 4294967295, got 4294967296"),
        (lambda: Random(0).gumbel(-1), r"count: expected an integer from 0 to \d+, got -1"),
        (lambda: Random(0).gamma(0.0), r"shape: expected a number from 1e-09 to 1e\+09, got 0.0"),
        (lambda: Random(0).gamma(math.nan), r"shape: expected a number from 1e-09 to 1e\+09, got nan"),
        (lambda: Random(0).gamma("1"), r"shape: expected a number from 1e-09 to 1e\+09, got '1'"),  # type: ignore[arg-type]
        (lambda: Random(0).dirichlet(math.inf, 3), r"concentration: expected a number from 1e-09 to 1e\+09, got inf"),
        (lambda: Random(0).dirichlet(0.3, 0), r"count: expected an integer from 1 to \d+, got 0"),
        (lambda: Random(0).choice([]), r"weights: expected a sum that is positive and finite, got 0"),
        (lambda: Random(0).choice([0.0, 0.0]), r"weights: expected a sum that is positive and finite, got 0"),
        (lambda: Random(0).choice([1e308, 1e308]), r"weights: expected a sum that is positive and finite, got inf"),
        (lambda: Random(0).choice([1.0, -0.5]), r"weights\[1\]: expected a number from 0, got -0.5"),
        (lambda: Random(0).choice([math.nan]), r"weights\[0\]: expected a number from 0, got -?nan"),
        (lambda: Random(0).choice([[1.0]]), r"weights: expected one dimension, got shape \[1, 1\]"),
        (lambda: Random(0).choice(1.0), r"weights: expected one dimension, got shape \[\]"),
        (lambda: Random(0).choice([[1.0], 2.0]), r"weights: expected a list of numbers, got a ragged sequence"),  # type: ignore[arg-type]
        (lambda: Random(0).choice(["1"]), r"weights: expected numbers, got <U1"),
        (lambda: Random(0).choice([None]), r"weights: expected numbers, got object"),  # type: ignore[arg-type]
    ],
)
def test_what_cannot_be_drawn_is_refused(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        call()


def test_a_refused_choice_draws_nothing() -> None:
    generator = Random(0)
    with pytest.raises(ArgumentError):
        generator.choice([-1.0])
    assert generator.position == 0
