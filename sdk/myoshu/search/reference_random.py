"""Random numbers in plain Python: slow, obvious, and what the native core's are held to.

:class:`ReferenceRandom` has the methods and the semantics of :class:`myoshu.search.random.Random`, and gives the same
bits. Numbers are cited from

- Philox: Salmon, Moraes, Dror and Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3", SC '11,
  doi:10.1145/2063384.2063405;
- bounded integers: Lemire 2019, "Fast random integer generation in an interval", doi:10.1145/3230636;
- normal numbers: Marsaglia and Bray 1964, "A convenient method for generating normal variables", doi:10.1137/1006063;
- gamma: Marsaglia and Tsang 2000, "A simple method for generating gamma variables", doi:10.1145/358407.358414.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

from myoshu.search.elementary import exp, log

__all__ = ["ReferenceRandom", "philox", "pick"]

_WORD = (1 << 32) - 1
_POSITIONS = 1 << 64


def philox(counter: Sequence[int], key: Sequence[int]) -> list[int]:
    """Four words of 32 bits from a counter of four and a key of two: Philox 4×32-10 (section 3.2, table 2)."""
    c0, c1, c2, c3 = counter
    k0, k1 = key
    for _ in range(10):
        first, second = 0xD2511F53 * c0, 0xCD9E8D57 * c2
        c0, c1, c2, c3 = (second >> 32) ^ c1 ^ k0, second & _WORD, (first >> 32) ^ c3 ^ k1, first & _WORD
        k0, k1 = (k0 + 0x9E3779B9) & _WORD, (k1 + 0xBB67AE85) & _WORD
    return [c0, c1, c2, c3]


def pick(weights: Sequence[float], sample: float) -> int:
    """The index at which the running sum of the weights first exceeds a sample in [0, 1) times their sum."""
    sums = list(itertools.accumulate(weights, initial=0.0))[1:]
    wanted = sample * sums[-1]
    for index, running in enumerate(sums):
        if running > wanted:
            return index
    return max(index for index, weight in enumerate(weights) if weight > 0.0)


class ReferenceRandom:
    """A place in a sequence of words: see :class:`myoshu.search.random.Random`, which checks what it is given."""

    def __init__(self, seed: int, stream: int = 0, position: int = 0) -> None:
        self.seed, self.stream, self.position = seed, stream, position

    def word(self) -> int:
        """Lane i mod 4 of the block whose counter is i / 4, for position i."""
        block, lane = divmod(self.position, 4)
        counter = [block & _WORD, block >> 32, self.stream & _WORD, self.stream >> 32]
        self.position = (self.position + 1) % _POSITIONS
        return philox(counter, [self.seed & _WORD, self.seed >> 32])[lane]

    def below(self, bound: int) -> int:
        """The high half of word · bound, unless the low half is below 2^32 mod bound (Lemire, algorithm 5)."""
        while True:
            product = self.word() * bound
            if (product & _WORD) >= (1 << 32) % bound:
                return product >> 32

    def uniform(self) -> float:
        """The upper 53 of 64 bits."""
        return math.ldexp(self._words() >> 11, -53)

    def uniform_float(self) -> float:
        """The upper 24 of 32 bits."""
        return math.ldexp(self.word() >> 8, -24)

    def open_uniform(self) -> float:
        """The upper 52 of 64 bits, and a half."""
        return math.ldexp((self._words() >> 12) + 0.5, -52)

    def exponential(self) -> float:
        """−log(u)."""
        return -log(self.open_uniform())

    def gumbel(self, count: int) -> list[float]:
        """−log(−log(u)), for each."""
        return [-log(self.exponential()) for _ in range(count)]

    def normal(self) -> float:
        """The first of the two numbers of the polar method."""
        while True:
            x = 2.0 * self.open_uniform() - 1.0
            y = 2.0 * self.open_uniform() - 1.0
            square = x * x + y * y
            if square < 1.0:
                return x * math.sqrt(-2.0 * log(square) / square)

    def gamma(self, shape: float) -> float:
        """As Marsaglia and Tsang have it, without their squeeze."""
        factor, exponent = self._gamma(shape)
        return factor * exp(exponent)

    def dirichlet(self, concentration: float, count: int) -> list[float]:
        """Gamma variates over their sum, of which only the logarithms are computed."""
        drawn = [log(factor) + exponent for factor, exponent in (self._gamma(concentration) for _ in range(count))]
        parts = [exp(each - max(drawn)) for each in drawn]
        *_, total = itertools.accumulate(parts, initial=0.0)
        return [part / total for part in parts]

    def choice(self, weights: Sequence[float]) -> int:
        """An index with probability in proportion to its weight."""
        return pick(weights, self.uniform())

    def _gamma(self, shape: float) -> tuple[float, float]:
        """Factor and exponent of factor · e^exponent."""
        d = (shape + 1.0 if shape < 1.0 else shape) - 1.0 / 3.0
        c = 1.0 / math.sqrt(9.0 * d)
        while True:
            x, u = self.normal(), self.open_uniform()
            root = 1.0 + c * x
            if root <= 0.0:
                continue
            v = root * root * root
            if log(u) < 0.5 * x * x + (d - d * v + d * log(v)):
                return d * v, log(self.open_uniform()) / shape if shape < 1.0 else 0.0

    def _words(self) -> int:
        low = self.word()
        return low | self.word() << 32
