"""Residual convolutional networks: boards and images (MuZero, Appendix F)."""

from __future__ import annotations

from myoshu.errors import TrainingError
from myoshu.training.networks.body import Body
from myoshu.training.networks.operations import Operations, T

__all__ = ["Residual"]


class Residual(Body):
    """Convolutions over planes; the latent state is planes too, smaller by the halvings."""

    kernel = 3

    def check(self, game: str) -> None:
        """Refuse observations that are not planes."""
        if len(self.observation) != 3:
            raise TrainingError(
                f"network.kind: 'residual' needs observations [channels, height, width], "
                f"{game} has {list(self.observation)}: use 'mlp'"
            )

    @property
    def latent(self) -> tuple[int, ...]:
        """Shape of the latent state: channels, and the observation's sides halved."""
        scale = 2**self.network.halvings
        return (self.network.width, *(-(-side // scale) for side in self.observation[1:]))

    def represent(self, ops: Operations[T], observation: T) -> T:
        """Strided convolutions where the planes are halved, then the blocks."""
        halvings, width = self.network.halvings, self.network.width
        stride = 2 if halvings else 1
        x = ops.relu(ops.layer("representation.input", observation, width, kernel=self.kernel, stride=stride))
        for number in range(1, halvings):
            x = ops.relu(ops.layer(f"representation.halving{number}", x, width, kernel=self.kernel, stride=2))
        return self.blocks(ops, "representation", x, self.network.representation_blocks)

    def head(self, ops: Operations[T], name: str, latent: T) -> T:
        """Each square through a 1×1 convolution, joined with the pooled channels of the whole board."""
        squares = ops.relu(ops.layer(name, latent, self.network.head_channels, kernel=1))
        return ops.join(ops.flatten(squares), ops.pool(latent))

    def predict(self, ops: Operations[T], latent: T, policy: int, value: int) -> dict[str, T]:
        """The policy directly from the squares, the value behind a hidden layer."""
        head = self.head(ops, "prediction.head", latent)
        logits = ops.layer("prediction.policy", head, policy, normalize=False)
        return {"policy": logits, "value": self.output(ops, "prediction.value", head, value)}
