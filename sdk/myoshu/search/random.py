"""Random numbers that are the same on every machine and in every language."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from myoshu.checks import integer, number
from myoshu.errors import ArgumentError
from myoshu.search import _core

__all__ = ["LARGEST_SEED", "Random"]

LARGEST_SEED = (1 << 64) - 1
"""Of a generator; of its stream and position, too."""
LARGEST_BOUND = (1 << 32) - 1
SHAPES = (1e-9, 1e9)
"""The least and the greatest shape of a gamma or Dirichlet distribution."""
MOST_NUMBERS = 1 << 31
"""That one call draws."""


class Random:
    """A generator of random numbers: a place in a sequence, which a seed and a stream name.

    The sequence is that of Philox 4×32-10 (Salmon et al. 2011, doi:10.1145/2063384.2063405), a function of seed, stream
    and position: these three are all there is to keep. What is drawn from it is computed by operations that IEEE 754
    rounds exactly, so that every machine and every language draws the same bits; ``sdk/cpp/search/random.hpp`` says how
    many words of the sequence each draw takes. Copying and pickling keep the place. It is not for secrets.

    Args:
        seed: from 0 to 2^64 − 1.
        stream: from 0 to 2^64 − 1; the streams of a seed are independent of each other.
        position: words drawn so far, from 0 to 2^64 − 1; after the last comes the first again.

    Raises:
        ArgumentError: one of them is not such an integer.
    """

    def __init__(self, seed: int, stream: int = 0, position: int = 0) -> None:
        self._core = _core.Random(
            integer("seed", seed, 0, LARGEST_SEED),
            integer("stream", stream, 0, LARGEST_SEED),
            integer("position", position, 0, LARGEST_SEED),
        )

    def __reduce__(self) -> tuple[Callable[..., Random], tuple[int, int, int]]:
        return type(self), (self.seed, self.stream, self.position)

    def __repr__(self) -> str:
        return f"Random(seed={self.seed}, stream={self.stream}, position={self.position})"

    @property
    def seed(self) -> int:
        """As it was given."""
        return self._core.seed

    @property
    def stream(self) -> int:
        """As it was given."""
        return self._core.stream

    @property
    def position(self) -> int:
        """Words drawn so far."""
        return self._core.position

    def word(self) -> int:
        """An integer of 32 bits."""
        return self._core.word()

    def below(self, bound: int) -> int:
        """An integer from 0 to bound − 1, none of them likelier than another.

        Args:
            bound: from 1 to 2^32 − 1.

        Raises:
            ArgumentError: it is not such an integer.
        """
        return self._core.below(integer("bound", bound, 1, LARGEST_BOUND))

    def uniform(self) -> float:
        """A number in [0, 1): a multiple of 2^−53."""
        return self._core.uniform()

    def uniform_float(self) -> float:
        """A number in [0, 1) that float32 holds: a multiple of 2^−24."""
        return self._core.uniform_float()

    def open_uniform(self) -> float:
        """A number in (0, 1): an odd multiple of 2^−53."""
        return self._core.open_uniform()

    def exponential(self) -> float:
        """A number of the exponential distribution with mean 1."""
        return self._core.exponential()

    def gumbel(self, count: int) -> NDArray[np.float64]:
        """Numbers of the standard Gumbel distribution, float64 [count].

        Raises:
            ArgumentError: the count is no integer from 0.
        """
        drawn = np.empty(integer("count", count, 0, MOST_NUMBERS))
        self._core.gumbel(drawn)
        return drawn

    def normal(self) -> float:
        """A number of the normal distribution with mean 0 and variance 1."""
        return self._core.normal()

    def gamma(self, shape: float) -> float:
        """A number of the gamma distribution with scale 1.

        Args:
            shape: from 10^−9 to 10^9.

        Raises:
            ArgumentError: it is not such a number.
        """
        return self._core.gamma(number("shape", shape, *SHAPES))

    def dirichlet(self, concentration: float, count: int) -> NDArray[np.float64]:
        """A sample of the symmetric Dirichlet distribution, float64 [count]: from 0 to 1, with sum 1.

        Args:
            concentration: from 10^−9 to 10^9; the smaller, the more of the sum few of them have.
            count: of components, from 1.

        Raises:
            ArgumentError: an argument is not as described.
        """
        drawn = np.empty(integer("count", count, 1, MOST_NUMBERS))
        self._core.dirichlet(number("concentration", concentration, *SHAPES), drawn)
        return drawn

    def choice(self, weights: ArrayLike) -> int:
        """An index with probability in proportion to its weight.

        Args:
            weights: [n], finite and not negative, not all of them 0.

        Raises:
            ArgumentError: they are not such.
        """
        try:
            given = np.asarray(weights)
        except ValueError as error:
            raise ArgumentError("weights: expected a list of numbers, got a ragged sequence") from error
        if given.ndim != 1:
            raise ArgumentError(f"weights: expected one dimension, got shape {list(given.shape)}")
        if given.dtype.kind not in "fiub":
            raise ArgumentError(f"weights: expected numbers, got {given.dtype}")
        return self._core.choice(np.ascontiguousarray(given, np.float64))
