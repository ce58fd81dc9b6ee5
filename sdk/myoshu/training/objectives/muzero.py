"""MuZero's loss: values, policies, rewards and movers along an unrolled line, and the losses of latent states."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from myoshu.training.config import LearnerConfig
from myoshu.training.learning.targets import Batch
from myoshu.training.networks.architecture import Architecture
from myoshu.training.networks.support import Support
from myoshu.training.networks.torch_network import Network
from myoshu.training.objectives.consistency import Consistency
from myoshu.training.objectives.decoder import Decoder
from myoshu.training.objectives.objective import Loss, Placement
from myoshu.training.objectives.perspective import as_expected

__all__ = ["MuZero"]


class MuZero:
    """The loss of MuZero (Schrittwieser et al. 2020, eq. 1 and Appendix G) over improved policies from search.

    Its parts, each the mean over the batch: ``policy``, the cross-entropy to the improved policy minus that policy's
    entropy (0 if the network agrees with the search); ``value`` and ``reward``, the cross-entropy to the atoms or
    the squared error (0 if rewards are not predicted); ``mover``, the cross-entropy to how many seats the turn moves
    on (0 if movers are not predicted); ``consistency``, minus the cosine between the unrolled latent state and
    that of the later observation, in [−1, 1]; ``observation``, the share of the observations' variance that the latent
    states do not predict, see :class:`Decoder`.

    Args:
        architecture: the networks.
        config: the weights of the parts.
    """

    def __init__(self, architecture: Architecture, config: LearnerConfig) -> None:
        self._architecture = architecture
        self._config = config
        self._consistency = Consistency(architecture.model.latent_size)
        self._decoder = Decoder(architecture.model)

    @property
    def modules(self) -> Mapping[str, nn.Module]:
        return {"consistency": self._consistency, "decoder": self._decoder}

    def loss(self, network: Network, batch: Batch, placement: Placement) -> Loss:
        """See :class:`Objective`. The heads see the latent states of all steps as one batch."""
        config, architecture, tensor = self._config, self._architecture, placement.tensor
        size, unroll = batch.actions.shape
        weights, known, alive = (tensor(array) for array in (batch.weights, batch.known, batch.alive))
        turns = tensor(batch.turns)
        with placement.autocast():
            seen = tensor(batch.observations)
            latents, predicted = _unroll(network, seen[:, 0], tensor(batch.actions))
            heads = {name: logits.float() for name, logits in network.predict(torch.cat(latents)).items()}
            policy, value = heads["policy"], heads["value"]
            consistency = placement.zero()
            if config.consistency_weight:
                later = batch.later_step
                consistency = self._distance(network, latents[later], seen[:, later], alive[:, later] * weights)

        if architecture.chance_moves:
            batch = as_expected(batch, predicted, architecture.model.players)
        rewards = tensor(architecture.reward.encode(batch.rewards, "reward"))
        reward_loss, mover_loss = placement.zero(), placement.zero()
        for step, happened in enumerate(predicted):
            if "reward" in happened:
                distance = _distance(happened["reward"].float(), rewards[:, step], architecture.reward)
                reward_loss = reward_loss + (distance * weights * known[:, step]).mean() / unroll
            if "mover" in happened:
                distance = functional.cross_entropy(happened["mover"].float(), turns[:, step], reduction="none")
                mover_loss = mover_loss + (distance * weights * known[:, step + 1]).mean() / unroll

        shares = torch.full((unroll + 1, 1), 1.0 / (unroll * size), device=placement.device)
        shares[0] = 1.0 / size
        shares = shares * weights
        policies = tensor(batch.policies.swapaxes(0, 1).reshape(policy.shape))
        divergence = (torch.xlogy(policies, policies) - policies * policy.log_softmax(-1)).sum(-1)
        policy_loss = (divergence.view(unroll + 1, size) * shares * alive.T).sum()
        values = tensor(architecture.value.encode(batch.values.swapaxes(0, 1)))
        distance = _distance(value, values.flatten(0, 1), architecture.value)
        value_loss = (distance.view(unroll + 1, size) * shares * known.T).sum()
        observation_loss = placement.zero()
        if config.observation_weight:
            unseen = self._decoder(torch.cat(latents), seen.swapaxes(0, 1).flatten(0, 1), alive.T.flatten())
            observation_loss = (unseen.view(unroll + 1, size) * shares).sum()
        total = (
            policy_loss
            + config.value_weight * value_loss
            + config.reward_weight * reward_loss
            + config.mover_weight * mover_loss
            + config.consistency_weight * consistency
            + config.observation_weight * observation_loss
        )
        parts = {
            "policy": policy_loss,
            "value": value_loss,
            "reward": reward_loss,
            "mover": mover_loss,
            "consistency": consistency,
            "observation": observation_loss,
        }
        return Loss(total, {name: part.detach() for name, part in parts.items()}, self._errors(value[:size], batch))

    def _distance(self, network: Network, latent: Tensor, later: Tensor, weights: Tensor) -> Tensor:
        """The consistency loss: unrolled latent states against those of later observations."""
        with torch.no_grad():
            seen = network.represent(later)
        distances: Tensor = self._consistency(latent, seen)
        return (distances.float() * weights).mean()

    def _errors(self, value: Tensor, batch: Batch) -> NDArray[np.float32]:
        support = self._architecture.value
        logits = value.detach().view(len(value), -1, support.outputs)
        told = logits.softmax(-1) if support.bins else logits.tanh()
        errors: NDArray[np.float32] = np.abs(support.decode(told.cpu().numpy()) - batch.values[:, 0]).mean(-1)
        return errors


def _unroll(network: Network, observations: Tensor, actions: Tensor) -> tuple[list[Tensor], list[dict[str, Tensor]]]:
    """The latent states of all steps; what the dynamics network says of each step beside them.

    Half of the gradient passes from a latent state to the one before (MuZero, Appendix G).
    """
    latents, predicted = [network.represent(observations)], []
    for action in actions.unbind(1):
        latent = 0.5 * latents[-1] + 0.5 * latents[-1].detach()
        happened = network.advance(latent, action)
        latents.append(happened.pop("latent"))
        predicted.append(happened)
    return latents, predicted


def _distance(logits: Tensor, encoded: Tensor, support: Support) -> Tensor:
    """How far the network's numbers are from the targets [n, columns, outputs], summed over columns: [n]."""
    logits = logits.view(encoded.shape)
    if support.bins:
        return -(encoded * logits.log_softmax(-1)).sum((-2, -1))
    return (logits.tanh() - encoded).square().sum((-2, -1))
