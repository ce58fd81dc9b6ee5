"""The interface between the learner, which knows optimisers and weights, and what the networks are trained towards."""

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
    """The device that computes a loss, and its precision."""

    device: torch.device
    """The device that computes the loss."""
    mixed: bool
    """Whether matrices are multiplied in bfloat16."""

    def tensor(self, array: NDArray[np.generic]) -> Tensor:
        """An array as a tensor on the device."""
        return torch.from_numpy(array).to(self.device)

    def zero(self) -> Tensor:
        """A loss of 0, as a scalar on the device."""
        return torch.zeros((), device=self.device)

    def autocast(self) -> torch.autocast:
        """The context in which the networks run."""
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.mixed)


class Loss(NamedTuple):
    """An objective's result for a batch."""

    total: Tensor
    """Scalar: the loss that is differentiated."""
    parts: dict[str, Tensor]
    """Scalars by name, unweighted and detached: for display and metrics."""
    errors: NDArray[np.float32]
    """float32 [B]: how far each position's value was from its target, in the game's units, the mean over the value's
    columns: prioritised replay draws by it."""


class Objective(Protocol):
    """A loss over batches of positions. It owns the modules that it trains besides the network."""

    @property
    def modules(self) -> Mapping[str, nn.Module]:
        """Modules trained together with the network and never exported, by their names in checkpoints."""
        ...

    def loss(self, network: Network, batch: Batch, placement: Placement) -> Loss:
        """The loss of one batch.

        Args:
            network: the networks, in training mode, already placed; as are :attr:`modules`.
            batch: positions and targets.
            placement: the device and precision.
        """
        ...
