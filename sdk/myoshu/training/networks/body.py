"""The body of a network: what differs from family to family, behind one seam."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from myoshu.training.config import NetworkConfig
from myoshu.training.networks.operations import Operations, T

__all__ = ["Body"]


@dataclass(frozen=True)
class Body:
    """A family of networks; each is a subclass in its own file.

    Methods are given operations and return their results: tensors, or shapes, or names in a graph. Sizes are the
    lengths of the outputs by name, in the order in which their layers are created.
    """

    network: NetworkConfig
    """The size and shape of the networks."""
    observation: tuple[int, ...]
    """Shape of one observation."""

    kernel: ClassVar[int]
    """Side of the convolutions' window; 0 where layers are dense."""

    def check(self, game: str) -> None:
        """Refuse observations that the family cannot process.

        Args:
            game: the game's name, for the message.

        Raises:
            TrainingError: the message says why, and what to use.
        """

    @property
    def latent(self) -> tuple[int, ...]:
        """Shape of the latent state."""
        raise NotImplementedError

    def represent(self, ops: Operations[T], observation: T) -> T:
        """h, before it is scaled."""
        raise NotImplementedError

    def advance(self, ops: Operations[T], latent: T, action: T) -> T:
        """The next latent state of g, before it is scaled."""
        x = ops.layer("dynamics.input", latent, self.network.width, kernel=self.kernel, action=action, skip=True)
        return self.blocks(ops, "dynamics", ops.relu(x), self.network.dynamics_blocks)

    def happened(self, ops: Operations[T], latent: T, sizes: Mapping[str, int]) -> dict[str, T]:
        """The logits of what happened on the way to a latent state: the other outputs of g."""
        head = self.head(ops, "dynamics.head", latent)
        return {name: self.output(ops, f"dynamics.{name}", head, size) for name, size in sizes.items()}

    def predict(self, ops: Operations[T], latent: T, policy: int, value: int) -> dict[str, T]:
        """f: the logits of ``policy`` and ``value``, of these lengths."""
        raise NotImplementedError

    def head(self, ops: Operations[T], name: str, latent: T) -> T:
        """The vector from which outputs are computed."""
        raise NotImplementedError

    def output(self, ops: Operations[T], name: str, head: T, size: int) -> T:
        """Logits behind a hidden layer."""
        hidden = ops.relu(ops.layer(f"{name}_hidden", head, self.network.head_width))
        return ops.layer(name, hidden, size, normalize=False)

    def blocks(self, ops: Operations[T], network: str, x: T, count: int) -> T:
        """Residual blocks: two layers each, with the input added to the output (He et al. 2016)."""
        width, kernel = self.network.width, self.kernel
        for number in range(count):
            name = f"{network}.block{number}"
            y = ops.relu(ops.layer(f"{name}.first", x, width, kernel=kernel))
            x = ops.relu(ops.add(ops.layer(f"{name}.second", y, width, kernel=kernel), x))
        return x
