"""How numbers are represented for a network: as one number through tanh, or as a distribution over atoms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from myoshu.errors import TrainingError
from myoshu.spec import GameSpec, reward_bounds, value_bounds
from myoshu.training.config import NetworkConfig

__all__ = ["Support", "reward_support", "value_support"]

EPSILON = 0.001
"""ε of the transform (Pohlen et al. 2018; MuZero, Appendix F)."""


@dataclass(frozen=True)
class Support:
    """The numbers that can be represented: the interval from ``low`` to ``high``.

    With ``bins`` ≥ 2 a number lies between two atoms and is the mean of the two, weighted by their nearness, so that
    the expectation under the network's distribution is the number itself. Atoms lie evenly, or evenly under
    h(x) = sign(x)(√(|x|+1) − 1) + εx (MuZero, Appendix F). Unlike there, the expectation is taken over x and not over
    h(x): it stays unbiased for random outcomes and needs no inverse in the exported graph.
    """

    low: float
    """The least number that can be represented."""
    high: float
    """The greatest number, above ``low``."""
    bins: int = 0
    """The number of atoms; 0 for one number through tanh."""
    transform: bool = False
    """Whether atoms lie evenly under h."""

    @classmethod
    def over(cls, low: float, high: float, network: NetworkConfig) -> Self:
        """The support over an interval, of the kind that the network is configured for."""
        if low == high:
            low, high = low - 1.0, high + 1.0
        return cls(low, high, network.bins, network.transform)

    @property
    def outputs(self) -> int:
        """The number of outputs of the network for one value."""
        return self.bins or 1

    @property
    def centre(self) -> float:
        """Halfway between the ends."""
        return 0.5 * (self.low + self.high)

    @property
    def half(self) -> float:
        """Half the distance between the ends."""
        return 0.5 * (self.high - self.low)

    def atoms(self) -> NDArray[np.float32]:
        """float32 [bins]: the atoms, ascending, the first ``low`` and the last ``high``."""
        if not self.transform:
            return np.linspace(self.low, self.high, self.bins, dtype=np.float32)
        ends = _squeeze(np.array([self.low, self.high]))
        atoms = _stretch(np.linspace(ends[0], ends[1], self.bins))
        atoms[0], atoms[-1] = self.low, self.high
        return atoms.astype(np.float32)

    def encode(self, numbers: NDArray[np.float32], what: str = "value") -> NDArray[np.float32]:
        """The network's target for each number.

        Args:
            numbers: float32 of any shape.
            what: what the numbers are, for the message.

        Returns:
            float32 [..., outputs]: probabilities of the atoms, or the number brought to [−1, 1].

        Raises:
            TrainingError: a number lies outside the support; the message names it.
        """
        slack = 1e-4 * self.half
        wrong = ~((numbers >= self.low - slack) & (numbers <= self.high + slack))
        if wrong.any():
            raise TrainingError(
                f"{what}: expected numbers from {self.low:g} to {self.high:g} (spec.returns), got {numbers[wrong][0]:g}"
            )
        numbers = np.clip(numbers, self.low, self.high)
        if not self.bins:
            return np.asarray((numbers - self.centre) / self.half, np.float32)[..., None]
        atoms = self.atoms()
        upper = np.clip(np.searchsorted(atoms, numbers, side="right"), 1, self.bins - 1)
        share = (numbers - atoms[upper - 1]) / (atoms[upper] - atoms[upper - 1])
        encoded = np.zeros((*numbers.shape, self.bins), np.float32)
        np.put_along_axis(encoded, (upper - 1)[..., None], (1.0 - share).astype(np.float32)[..., None], -1)
        np.put_along_axis(encoded, upper[..., None], share.astype(np.float32)[..., None], -1)
        return encoded

    def decode(self, encoded: NDArray[np.float32]) -> NDArray[np.float32]:
        """The inverse of :meth:`encode`: float32 [..., outputs] → float32 [...]."""
        if not self.bins:
            return np.asarray(encoded[..., 0] * self.half + self.centre, np.float32)
        return np.asarray(encoded @ self.atoms(), np.float32)


def value_support(game: GameSpec, network: NetworkConfig) -> Support:
    """The support of a position's value."""
    return Support.over(*value_bounds(game), network)


def reward_support(game: GameSpec, network: NetworkConfig) -> Support:
    """The support of one reward."""
    return Support.over(*reward_bounds(game), network)


def _squeeze(numbers: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.sign(numbers) * (np.sqrt(np.abs(numbers) + 1.0) - 1.0) + EPSILON * numbers


def _stretch(numbers: NDArray[np.float64]) -> NDArray[np.float64]:
    root = (np.sqrt(1.0 + 4.0 * EPSILON * (np.abs(numbers) + 1.0 + EPSILON)) - 1.0) / (2.0 * EPSILON)
    return np.sign(numbers) * (root**2 - 1.0)
