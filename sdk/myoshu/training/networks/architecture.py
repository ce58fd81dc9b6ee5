"""The three networks of MuZero, said once: PyTorch trains this description and ONNX ships it.

A network is written over :class:`Operations`, of which there are three kinds: one that declares the weights, one that
computes in PyTorch (``networks``), one that writes ONNX nodes (``graphs``). The parity gate compares the last two.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from myoshu.errors import TrainingError
from myoshu.spec import GameSpec, ModelSpec, Movers
from myoshu.training.config import NetworkConfig, NetworkKind
from myoshu.training.networks.support import Support, reward_support, value_support

__all__ = ["Architecture", "Declaration", "Layer", "Operations", "declare"]

T = TypeVar("T")


class Operations(Protocol[T]):
    """What a network is made of, over tensors of type ``T`` whose first dimension is the batch."""

    def layer(
        self,
        name: str,
        x: T,
        features: int,
        *,
        kernel: int = 0,
        stride: int = 1,
        action: T | None = None,
        skip: bool = False,
        normalize: bool = True,
    ) -> T:
        """A dense layer (``kernel`` 0) or a convolution, an action's row of a table, and batch normalisation.

        A convolution of stride s makes of height h and width w ⌈h/s⌉ and ⌈w/s⌉.
        The row is added to the layer's outputs before the normalisation, with ``skip`` the layer's inputs after it. All
        of it is folded into one layer and its table before they are shipped.
        """
        ...

    def relu(self, x: T) -> T:
        """max(x, 0)."""
        ...

    def add(self, x: T, y: T) -> T:
        """The sum."""
        ...

    def flatten(self, x: T) -> T:
        """Each sample as one vector."""
        ...

    def pool(self, x: T) -> T:
        """Of planes: the greatest element of each channel, then each channel's mean, as one vector.

        What is anywhere on the board, such as a row of four, is seen at once and need not be learned square by square.
        """
        ...

    def join(self, x: T, y: T) -> T:
        """Two vectors as one."""
        ...

    def scale(self, x: T) -> T:
        """Each sample divided by its greatest element.

        Its least is 0 after relu, so it is scaled to [0, 1] (MuZero, Appendix G).
        """
        ...

    def softmax(self, x: T) -> T:
        """Probabilities over the last dimension."""
        ...

    def greatest(self, x: T) -> T:
        """Which element of the last dimension is the greatest, the first of equals: int64."""
        ...

    def number(self, x: T, support: Support, columns: int) -> T:
        """From logits [n, columns × outputs] to numbers [n, columns] in the game's units."""
        ...


@dataclass(frozen=True)
class Layer:
    """The weights of one layer."""

    name: str
    """Where it stands, as ``dynamics.input``."""
    inputs: int
    """Features or channels in."""
    features: int
    """Features or channels out."""
    kernel: int
    """Side of the convolution's window; 0 for a dense layer."""
    stride: int
    """How far apart the convolution's windows are."""
    table: tuple[int, ...] | None
    """Shape of the per-action table [actions, features, …], if actions enter here."""
    skip: bool
    """Whether the layer's inputs are added to its outputs."""
    normalize: bool
    """Whether batch normalisation follows."""


@dataclass
class Declaration:
    """Operations over shapes (without the batch): they only list the layers."""

    actions: int
    """How many rows a per-action table has."""
    layers: list[Layer] = field(default_factory=list)
    """What was asked for so far, in order."""

    def layer(
        self,
        name: str,
        x: tuple[int, ...],
        features: int,
        *,
        kernel: int = 0,
        stride: int = 1,
        action: tuple[int, ...] | None = None,
        skip: bool = False,
        normalize: bool = True,
    ) -> tuple[int, ...]:
        """Note the layer."""
        shape = (features, *(-(-side // stride) for side in x[1:]))
        table = None if action is None else (self.actions, *shape)
        self.layers.append(Layer(name, x[0], features, kernel, stride, table, skip, normalize))
        return shape

    def relu(self, x: tuple[int, ...]) -> tuple[int, ...]:
        """The same shape."""
        return x

    def add(self, x: tuple[int, ...], y: tuple[int, ...]) -> tuple[int, ...]:
        """The same shape."""
        return x

    def flatten(self, x: tuple[int, ...]) -> tuple[int, ...]:
        """One dimension."""
        return (math.prod(x),)

    def pool(self, x: tuple[int, ...]) -> tuple[int, ...]:
        """Two numbers a channel."""
        return (2 * x[0],)

    def join(self, x: tuple[int, ...], y: tuple[int, ...]) -> tuple[int, ...]:
        """As long as both."""
        return (x[0] + y[0],)

    def scale(self, x: tuple[int, ...]) -> tuple[int, ...]:
        """The same shape."""
        return x

    def softmax(self, x: tuple[int, ...]) -> tuple[int, ...]:
        """The same shape."""
        return x

    def greatest(self, x: tuple[int, ...]) -> tuple[int, ...]:
        """One number for each of the rest."""
        return x[:-1]

    def number(self, x: tuple[int, ...], support: Support, columns: int) -> tuple[int, ...]:
        """One number a column."""
        return (columns,)


@dataclass(frozen=True)
class Architecture:
    """The networks for one game."""

    model: ModelSpec
    """Their inputs and outputs."""
    network: NetworkConfig
    """Their size."""
    value: Support
    """What a value can be."""
    reward: Support
    """What a reward can be."""
    chance_moves: bool = False
    """Whether chance may decide who moves next: the rules draw chance, and the next mover is predicted."""

    @classmethod
    def of(cls, game: GameSpec, network: NetworkConfig) -> Architecture:
        """The networks for a game.

        Where rewards come only at the end and ``network.rewards`` is off, values alone carry them: no reward is
        predicted, and a position after the end keeps the outcome as its value. Unless players move strictly in turn,
        the dynamics network says who moves next.

        Raises:
            TrainingError: the game cannot be learned by these networks; the message says why.
        """
        if network.kind is NetworkKind.RESIDUAL and len(game.observation) != 3:
            raise TrainingError(
                f"network.kind: 'residual' needs observations [channels, height, width], "
                f"{game.name} has {list(game.observation)}: use 'mlp'"
            )
        opposed = game.players == 2 and game.zero_sum
        columns = 1 if opposed else game.players
        latent: tuple[int, ...] = (network.width,)
        if network.kind is NetworkKind.RESIDUAL:
            scale = 2**network.halvings
            latent = (network.width, *(-(-side // scale) for side in game.observation[1:]))
        model = ModelSpec(
            observation=game.observation,
            actions=game.actions,
            players=game.players,
            latent=latent,
            value_columns=columns,
            reward_columns=columns if network.rewards or not game.final_rewards_only else 0,
            movers=game.movers if game.players > 1 else Movers.ALTERNATE,
        )
        chance = game.stochastic and model.movers is Movers.PREDICTED
        return cls(model, network, value_support(game, network), reward_support(game, network), chance)

    def represent(self, ops: Operations[T], observation: T) -> T:
        """h: the latent state of an observation."""
        if self.network.kind is NetworkKind.MLP:
            x = observation if len(self.model.observation) == 1 else ops.flatten(observation)
            x = ops.relu(ops.layer("representation.input", x, self.network.width))
        else:
            halvings, width = self.network.halvings, self.network.width
            stride = 2 if halvings else 1
            x = ops.relu(ops.layer("representation.input", observation, width, kernel=3, stride=stride))
            for number in range(1, halvings):
                x = ops.relu(ops.layer(f"representation.halving{number}", x, width, kernel=3, stride=2))
        for block in range(self.network.representation_blocks):
            x = self._block(ops, f"representation.block{block}", x)
        return ops.scale(x)

    def advance(self, ops: Operations[T], latent: T, action: T) -> tuple[T, T | None, T | None]:
        """g: the next latent state; the reward's logits and the mover's, [n, players], if they are predicted."""
        kernel = 0 if self.network.kind is NetworkKind.MLP else 3
        x = ops.relu(ops.layer("dynamics.input", latent, self.network.width, kernel=kernel, action=action, skip=True))
        for block in range(self.network.dynamics_blocks):
            x = self._block(ops, f"dynamics.block{block}", x)
        x = ops.scale(x)
        rewards, movers = self.model.reward_columns > 0, self.model.movers is Movers.PREDICTED
        if not rewards and not movers:
            return x, None, None
        head, reward, mover = self._head(ops, "dynamics.head", x), None, None
        if rewards:
            hidden = self._hidden(ops, "dynamics.reward", head)
            outputs = self.model.reward_columns * self.reward.outputs
            reward = ops.layer("dynamics.reward", hidden, outputs, normalize=False)
        if movers:
            hidden = self._hidden(ops, "dynamics.mover", head)
            mover = ops.layer("dynamics.mover", hidden, self.model.players, normalize=False)
        return x, reward, mover

    def predict(self, ops: Operations[T], latent: T) -> tuple[T, T]:
        """f: the logits of policy and value."""
        x = self._head(ops, "prediction.head", latent)
        outputs = self.model.value_columns * self.value.outputs
        if self.network.kind is NetworkKind.MLP:
            hidden = ops.relu(ops.layer("prediction.hidden", x, self.network.width))
            policy = ops.layer("prediction.policy", hidden, self.model.actions, normalize=False)
            return policy, ops.layer("prediction.value", hidden, outputs, normalize=False)
        policy = ops.layer("prediction.policy", x, self.model.actions, normalize=False)
        hidden = self._hidden(ops, "prediction.value", x)
        return policy, ops.layer("prediction.value", hidden, outputs, normalize=False)

    def prior(self, ops: Operations[T], logits: T) -> T:
        """Probabilities from the policy's logits."""
        return ops.softmax(logits)

    def values(self, ops: Operations[T], logits: T) -> T:
        """Numbers in the game's units from the value's logits."""
        return ops.number(logits, self.value, self.model.value_columns)

    def rewards(self, ops: Operations[T], logits: T) -> T:
        """Numbers in the game's units from the reward's logits."""
        return ops.number(logits, self.reward, self.model.reward_columns)

    def movers(self, ops: Operations[T], logits: T) -> T:
        """How many seats the turn moves on, int64 [n], from the mover's logits."""
        return ops.greatest(logits)

    def _block(self, ops: Operations[T], name: str, x: T) -> T:
        kernel = 0 if self.network.kind is NetworkKind.MLP else 3
        y = ops.relu(ops.layer(f"{name}.first", x, self.network.width, kernel=kernel))
        return ops.relu(ops.add(ops.layer(f"{name}.second", y, self.network.width, kernel=kernel), x))

    def _head(self, ops: Operations[T], name: str, x: T) -> T:
        if self.network.kind is NetworkKind.MLP:
            return x
        squares = ops.relu(ops.layer(name, x, self.network.head_channels, kernel=1))
        return ops.join(ops.flatten(squares), ops.pool(x))

    def _hidden(self, ops: Operations[T], name: str, x: T) -> T:
        return ops.relu(ops.layer(f"{name}_hidden", x, self.network.head_width))


def declare(architecture: Architecture) -> list[Layer]:
    """Every layer of the three networks, in order."""
    declaration = Declaration(architecture.model.actions)
    latent = architecture.represent(declaration, architecture.model.observation)
    architecture.advance(declaration, latent, ())
    architecture.predict(declaration, latent)
    return declaration.layers
