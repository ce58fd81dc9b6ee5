"""Reanalysis: positions that were played long ago, searched again with the latest network. Knows no torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from myoshu.runtime.planner import Planner
from myoshu.search.config import SearchConfig
from myoshu.training.playing.noise import root_noise
from myoshu.training.randomness import random_state, restore_random_state

__all__ = ["Positions", "Reanalysis", "Targets"]


@dataclass(frozen=True)
class Positions:
    """Stored positions that are to be searched again."""

    serials: NDArray[np.int64]
    """int64 [n]: their serial numbers in the replay."""
    observations: NDArray[np.float32]
    """float32 [n, *observation]: what the mover sees."""
    legal: NDArray[np.bool_]
    """bool [n, actions]: the legal actions."""
    movers: NDArray[np.int32]
    """int32 [n]: who moves."""

    def __len__(self) -> int:
        return len(self.serials)


@dataclass(frozen=True)
class Targets:
    """The results of searching them."""

    serials: NDArray[np.int64]
    """int64 [n]: the positions' serial numbers in the replay."""
    policies: NDArray[np.float32]
    """float32 [n, actions]: the improved policy, 0 on illegal actions."""
    values: NDArray[np.float32]
    """float32 [n, players]: the value, for each player."""


class Reanalysis:
    """Searches stored positions the way self-play searches new ones: MuZero Reanalyze (Schrittwieser et al. 2021).

    Args:
        planner: the planner; its slots' trees are dropped.
        search: its settings, which determine the kind of noise.
        simulations: simulations per position.
        seed: seed of the noise.
    """

    def __init__(
        self, planner: Planner, search: SearchConfig, simulations: int, *, seed: int | np.random.SeedSequence
    ) -> None:
        self.planner = planner
        self.search = search
        self.simulations = simulations
        self._rng = np.random.default_rng(seed)

    def renew(self, positions: Positions) -> Targets:
        """Search the positions.

        Args:
            positions: at most as many as the planner has slots.
        """
        slots = np.arange(len(positions))
        self.planner.open(
            slots,
            positions.observations,
            legal=positions.legal,
            to_play=positions.movers,
            simulations=self.simulations,
            **root_noise(self.search, positions.legal, self._rng),
        )
        self.planner.run()
        found = self.planner.results(slots)
        return Targets(positions.serials, found.policy, found.value)

    def state(self) -> dict[str, NDArray[Any]]:
        """Everything needed to resume, as arrays."""
        return {"random": random_state(self._rng)}

    def restore(self, state: dict[str, NDArray[Any]]) -> None:
        """Resume from what :meth:`state` returned."""
        restore_random_state(self._rng, state["random"])
