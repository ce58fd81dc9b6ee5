"""Positions seen from all sides: a batch with each of its games turned at random."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from myoshu.spec import GameSpec
from myoshu.symmetry import Symmetry
from myoshu.training.learning.targets import Batch

__all__ = ["Augmentation"]


class Augmentation:
    """Turns the positions of a batch at random, each the same way in all its unrolled steps.

    Args:
        game: the game of the positions.
        symmetries: the ways to turn them, without the identity, which is added.
    """

    def __init__(self, game: GameSpec, symmetries: Sequence[Symmetry]) -> None:
        same = Symmetry(np.arange(math.prod(game.observation)), np.arange(game.actions))
        ways = [same, *symmetries]
        self._observations = np.stack([way.observation for way in ways])
        self._names = np.stack([way.actions for way in ways])
        self._actions = np.argsort(self._names, axis=-1)

    def turn(self, batch: Batch, rng: np.random.Generator) -> Batch:
        """The batch with every position turned in one of the ways, drawn uniformly."""
        size = len(batch.observations)
        if len(self._names) == 1:
            return batch
        way = rng.integers(0, len(self._names), size)
        policies = np.take_along_axis(batch.policies, self._actions[way][:, None, :], -1)
        return replace(
            batch,
            observations=_gather(batch.observations, self._observations[way]),
            actions=np.take_along_axis(self._names[way], batch.actions, -1),
            policies=policies,
        )


def _gather(observations: NDArray[np.float32], order: NDArray[np.int64]) -> NDArray[np.float32]:
    flat = observations.reshape(*observations.shape[:2], -1)
    return np.take_along_axis(flat, order[:, None, :], -1).reshape(observations.shape)
