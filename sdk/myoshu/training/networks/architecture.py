"""The three networks of MuZero, described once: PyTorch trains this description and ONNX ships it.

They are built from :class:`Operations`; what differs from family to family is a :class:`Body`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from myoshu.spec import GameSpec, ModelSpec, Movers
from myoshu.training.config import NetworkConfig, NetworkKind
from myoshu.training.networks.body import Body
from myoshu.training.networks.mlp import Mlp
from myoshu.training.networks.operations import Declaration, Layer, Operations, T
from myoshu.training.networks.residual import Residual
from myoshu.training.networks.support import Support, reward_support, value_support

__all__ = ["FAMILIES", "Architecture", "declare"]

FAMILIES: dict[NetworkKind, type[Body]] = {NetworkKind.MLP: Mlp, NetworkKind.RESIDUAL: Residual}
"""The families of networks."""


@dataclass(frozen=True)
class Architecture:
    """The networks for one game."""

    model: ModelSpec
    """Their inputs and outputs."""
    body: Body
    """Their family and size."""
    value: Support
    """The range of values and its representation."""
    reward: Support
    """The range of rewards and its representation."""
    chance_moves: bool = False
    """Whether chance may decide who moves next: the rules draw chance, and the next mover is predicted."""

    @classmethod
    def of(cls, game: GameSpec, network: NetworkConfig) -> Architecture:
        """The networks for a game.

        If rewards come only at the end and ``network.rewards`` is off, values alone carry them: no reward is
        predicted, and a position after the end keeps the outcome as its value. Unless players move strictly in turn,
        the dynamics network predicts who moves next.

        Raises:
            TrainingError: the game cannot be learned by these networks; the message says why.
        """
        body = FAMILIES[network.kind](network, game.observation)
        body.check(game.name)
        opposed = game.players == 2 and game.zero_sum
        columns = 1 if opposed else game.players
        model = ModelSpec(
            observation=game.observation,
            actions=game.actions,
            players=game.players,
            latent=body.latent,
            value_columns=columns,
            reward_columns=columns if network.rewards or not game.final_rewards_only else 0,
            movers=game.movers if game.players > 1 else Movers.ALTERNATE,
        )
        chance = game.stochastic and model.movers is Movers.PREDICTED
        return cls(model, body, value_support(game, network), reward_support(game, network), chance)

    def represent(self, ops: Operations[T], observation: T) -> T:
        """h: the latent state of an observation."""
        return ops.scale(self.body.represent(ops, observation))

    def advance(self, ops: Operations[T], latent: T, action: T) -> dict[str, T]:
        """g: the next state, ``latent``, and the logits of what is predicted with it.

        Returns:
            ``latent``; ``reward`` [n, columns × outputs] if rewards are predicted; ``mover`` [n, players], by how many
            seats the turn moves on, if movers are.
        """
        model = self.model
        x = ops.scale(self.body.advance(ops, latent, action))
        sizes: dict[str, int] = {}
        if model.reward_columns:
            sizes["reward"] = model.reward_columns * self.reward.outputs
        if model.movers is Movers.PREDICTED:
            sizes["mover"] = model.players
        return {"latent": x, **(self.body.happened(ops, x, sizes) if sizes else {})}

    def predict(self, ops: Operations[T], latent: T) -> dict[str, T]:
        """f: the logits of ``policy`` [n, actions] and ``value`` [n, columns × outputs]."""
        return self.body.predict(ops, latent, self.model.actions, self.model.value_columns * self.value.outputs)

    def decode(self, ops: Operations[T], logits: Mapping[str, T]) -> dict[str, T]:
        """The graphs' outputs for logits, by the names of :mod:`myoshu.model`; names that are not logits are left out.

        Args:
            ops: the operations.
            logits: from :meth:`advance` and :meth:`predict`, by name.

        Returns:
            ``reward`` and ``value`` as numbers in the game's units [n, columns], ``mover`` as a number int64 [n],
            ``prior`` as probabilities [n, actions].
        """
        model = self.model
        decoders: dict[str, tuple[str, Callable[[T], T]]] = {
            "reward": ("reward", lambda x: ops.number(x, self.reward, model.reward_columns)),
            "mover": ("mover", ops.greatest),
            "policy": ("prior", ops.softmax),
            "value": ("value", lambda x: ops.number(x, self.value, model.value_columns)),
        }
        return {output: decoder(logits[name]) for name, (output, decoder) in decoders.items() if name in logits}


def declare(architecture: Architecture) -> list[Layer]:
    """Every layer of the three networks, in order."""
    declaration = Declaration(architecture.model.actions)
    latent = architecture.represent(declaration, architecture.model.observation)
    architecture.advance(declaration, latent, ())
    architecture.predict(declaration, latent)
    return declaration.layers
