"""The seam between the learner, which knows optimisers and weights, and what the networks are trained towards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from myoshu.training.learning.targets import Batch
from myoshu.training.networks.torch_network import Network

__all__ = ["Loss", "Objective", "Placement"]


@dataclass(frozen=True)
class Placement:
    """Where a loss is computed, and how exactly."""

    device: torch.device
    """Where."""
    mixed: bool
    """Whether matrices are multiplied in bfloat16."""

    def tensor(self, array: NDArray[np.generic]) -> Tensor:
        """An array, there."""
        return torch.from_numpy(array).to(self.device)

    def zero(self) -> Tensor:
        """A loss of nothing."""
        return torch.zeros((), device=self.device)

    def autocast(self) -> torch.autocast:
        """What the networks are run within."""
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.mixed)


class Loss(NamedTuple):
    """What an objective says of a batch."""

    total: Tensor
    """Scalar: what is differentiated."""
    parts: dict[str, Tensor]
    """Scalars by name, unweighted and detached: what is shown and written down."""
    errors: NDArray[np.float32]
    """float32 [B]: how far each position's value was from its target, in the game's units, the mean over the value's
    columns: what prioritised replay draws by."""


class Objective(Protocol):
    """A loss over batches of positions. What it trains beside the network, it owns."""

    @property
    def modules(self) -> Mapping[str, nn.Module]:
        """What is trained together with the network and never exported, by the name that checkpoints know."""
        ...

    def loss(self, network: Network, batch: Batch, placement: Placement) -> Loss:
        """The loss of one batch.

        Args:
            network: the networks, in training mode, already placed; as are :attr:`modules`.
            batch: positions and targets.
            placement: where to compute.
        """
        ...
