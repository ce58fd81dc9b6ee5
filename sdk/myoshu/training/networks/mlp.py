"""Fully connected networks: any observation, as one vector."""

from __future__ import annotations

from myoshu.training.networks.body import Body
from myoshu.training.networks.operations import Operations, T

__all__ = ["Mlp"]


class Mlp(Body):
    """Dense layers; policy and value share a hidden layer."""

    kernel = 0

    @property
    def latent(self) -> tuple[int, ...]:
        """Shape of the latent state: a vector of ``width`` numbers."""
        return (self.network.width,)

    def represent(self, ops: Operations[T], observation: T) -> T:
        """The observation flattened, a layer, the blocks."""
        x = observation if len(self.observation) == 1 else ops.flatten(observation)
        x = ops.layer("representation.input", x, self.network.width)
        return self.blocks(ops, "representation", ops.relu(x), self.network.representation_blocks)

    def head(self, ops: Operations[T], name: str, latent: T) -> T:
        """The latent state itself."""
        return latent

    def predict(self, ops: Operations[T], latent: T, policy: int, value: int) -> dict[str, T]:
        """Policy and value, both from one hidden layer."""
        hidden = ops.relu(ops.layer("prediction.hidden", latent, self.network.width))
        return {
            name: ops.layer(f"prediction.{name}", hidden, size, normalize=False)
            for name, size in (("policy", policy), ("value", value))
        }
