"""The training of the networks: MuZero's loss, one step at a time."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from myoshu.errors import EvaluationError, TrainingError
from myoshu.training.architecture import Architecture
from myoshu.training.config import Device, LearnerConfig
from myoshu.training.decoder import Decoder
from myoshu.training.networks import Network, Weights, fold
from myoshu.training.support import Support
from myoshu.training.targets import Batch

__all__ = ["Learner", "Losses"]

PROJECTION = 128
"""Units of the consistency loss's projection."""


@dataclass(frozen=True)
class Losses:
    """The parts of the loss of one step, unweighted, each the mean over the batch."""

    policy: float
    """Cross-entropy to the improved policy, minus that policy's entropy: 0 if the network says what the search does."""
    value: float
    """Cross-entropy to the value's atoms, or the squared error."""
    reward: float
    """The same for the reward; 0 if rewards are not predicted."""
    mover: float
    """Cross-entropy to how many seats the turn moves on; 0 if movers are not predicted."""
    consistency: float
    """Minus the cosine between the latent state that was unrolled and the one seen later, in [−1, 1]."""
    observation: float
    """Share of the variance of what is seen that the latent states do not tell, see :class:`Decoder`."""
    gradient: float
    """Norm of the whole gradient, before clipping."""


class _Consistency(nn.Module):
    """SimSiam's projector and predictor, as in EfficientZero (Ye et al. 2021, Section 4.1)."""

    def __init__(self, latent_size: int) -> None:
        super().__init__()
        self.projector = nn.Sequential(
            nn.Flatten(),
            nn.Linear(latent_size, PROJECTION, bias=False),
            nn.BatchNorm1d(PROJECTION),
            nn.ReLU(),
            nn.Linear(PROJECTION, PROJECTION),
        )
        self.predictor = nn.Sequential(
            nn.Linear(PROJECTION, PROJECTION // 2, bias=False),
            nn.BatchNorm1d(PROJECTION // 2),
            nn.ReLU(),
            nn.Linear(PROJECTION // 2, PROJECTION),
        )

    def forward(self, unrolled: Tensor, seen: Tensor) -> Tensor:
        """Minus the cosine for each sample: [n]."""
        with torch.no_grad():
            target = self.projector(seen)
        return -functional.cosine_similarity(self.predictor(self.projector(unrolled)), target, dim=-1)


class Learner:
    """Networks, their running average, and the optimiser.

    Args:
        architecture: the networks.
        config: how to train them.
        seed: of the first weights.
        mixed: whether matrices are multiplied in bfloat16; by default on a GPU.

    Raises:
        TrainingError: the device is not there.
    """

    def __init__(
        self, architecture: Architecture, config: LearnerConfig, *, seed: int = 0, mixed: bool | None = None
    ) -> None:
        self.architecture = architecture
        self.config = config
        self.steps = 0
        """Steps done."""
        self.errors = np.zeros(0, np.float32)
        """float32 [B]: how far the value of each position of the last batch was from its target, in the game's units,
        the mean over the value's columns."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.network = Network(architecture)
            self.consistency = _Consistency(architecture.model.latent_size)
            self.decoder = Decoder(architecture.model)
        self.device = _find(config.device)
        """Where the networks are trained."""
        self._mixed = self.device.type == "cuda" if mixed is None else mixed
        self.network.to(self.device).train()
        self.consistency.to(self.device)
        self.decoder.to(self.device)
        self._average = {name: tensor.detach().clone() for name, tensor in self.network.state_dict().items()}
        self._averaged = [name for name, tensor in self._average.items() if tensor.is_floating_point()]
        modules = (self.network, self.consistency, self.decoder)
        self._parameters = [parameter for module in modules for parameter in module.parameters()]
        weights = [parameter for parameter in self._parameters if parameter.dim() > 1]
        others = [parameter for parameter in self._parameters if parameter.dim() <= 1]
        self._optimizer = torch.optim.AdamW(
            [{"params": weights, "weight_decay": config.weight_decay}, {"params": others, "weight_decay": 0.0}],
            lr=config.learning_rate,
            betas=(0.9, 0.99),
            fused=True,
        )
        self._start_optimizer()

    def learning_rate(self, progress: float) -> float:
        """The step size when a share ``progress`` in [0, 1] of the budget is spent."""
        config = self.config
        fall = 0.5 * (1.0 + math.cos(math.pi * min(max(progress, 0.0), 1.0)))
        rate = config.final_learning_rate + (config.learning_rate - config.final_learning_rate) * fall
        return rate * min(1.0, (self.steps + 1) / (config.warm_up + 1))

    def step(self, batch: Batch, progress: float) -> Losses:
        """Learn from a batch.

        Args:
            batch: positions and targets.
            progress: share of the budget that is spent, in [0, 1]; it sets the step size.

        Raises:
            EvaluationError: the loss or its gradient is not finite; the weights are unchanged.
        """
        for group in self._optimizer.param_groups:
            group["lr"] = self.learning_rate(progress)
        self._optimizer.zero_grad(set_to_none=True)
        loss, parts = self._loss(batch)
        loss.backward()  # type: ignore[no-untyped-call]  # torch declares no types here
        gradient = nn.utils.clip_grad_norm_(self._parameters, self.config.clip)
        numbers = torch.stack([*parts, gradient]).tolist()
        if not all(map(math.isfinite, numbers)):
            raise EvaluationError(f"loss: expected finite numbers, got {numbers}")
        self._optimizer.step()
        self.steps += 1
        self._update_average()
        return Losses(*numbers)

    def weights(self) -> Weights:
        """The averaged weights with batch normalisation folded in: what plays and is exported."""
        return fold(self.architecture, {name: tensor.cpu() for name, tensor in self._average.items()})

    def state(self) -> dict[str, NDArray[np.generic]]:
        """Everything needed to go on, as arrays."""
        arrays: dict[str, NDArray[np.generic]] = {"steps": np.array(self.steps, np.int64)}
        for prefix, tensors in self._tensors().items():
            arrays.update(
                {f"{prefix}.{name}": tensor.detach().cpu().numpy().copy() for name, tensor in tensors.items()}
            )
        return arrays

    def restore(self, state: Mapping[str, NDArray[np.generic]]) -> None:
        """Go on from what :meth:`state` returned.

        Raises:
            TrainingError: it does not fit these networks; the message names the array.
        """
        with torch.no_grad():
            for prefix, tensors in self._tensors().items():
                for name, tensor in tensors.items():
                    saved = state.get(f"{prefix}.{name}")
                    if saved is None or saved.shape != tuple(tensor.shape):
                        got = "nothing" if saved is None else f"shape {list(saved.shape)}"
                        raise TrainingError(
                            f"checkpoint.learner.{prefix}.{name}: expected shape {list(tensor.shape)}, got {got}"
                        )
                    tensor.copy_(torch.from_numpy(np.array(saved)))
        self.steps = int(state["steps"])

    def _tensors(self) -> dict[str, dict[str, Tensor]]:
        moments = {
            f"{index}.{key}": tensor
            for index, parameter in enumerate(self._parameters)
            for key, tensor in self._optimizer.state[parameter].items()
        }
        return {
            "network": dict(self.network.state_dict()),
            "average": self._average,
            "consistency": dict(self.consistency.state_dict()),
            "decoder": dict(self.decoder.state_dict()),
            "optimizer": moments,
        }

    def _start_optimizer(self) -> None:
        """Make the optimiser's moments exist, also those of weights that no part of the loss reaches."""
        for parameter in self._parameters:
            self._optimizer.state[parameter] = {
                "step": torch.zeros((), dtype=torch.float32, device=parameter.device),
                "exp_avg": torch.zeros_like(parameter),
                "exp_avg_sq": torch.zeros_like(parameter),
            }

    def _update_average(self) -> None:
        decay = min(self.config.average, (1.0 + self.steps) / (10.0 + self.steps))
        state = self.network.state_dict()
        torch._foreach_lerp_(
            [self._average[name] for name in self._averaged], [state[name] for name in self._averaged], 1.0 - decay
        )

    def _loss(self, batch: Batch) -> tuple[Tensor, list[Tensor]]:
        """The loss and its parts; the heads see the latent states of all steps as one batch."""
        config, architecture = self.config, self.architecture
        size, unroll = batch.actions.shape
        weights, known, alive = (self._tensor(array) for array in (batch.weights, batch.known, batch.alive))
        turns = self._tensor(batch.turns)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self._mixed):
            seen = self._tensor(batch.observations)
            latents, predicted = self._unroll(seen[:, 0], self._tensor(batch.actions))
            policy, value = (logits.float() for logits in self.network.predict(torch.cat(latents)))
            consistency = torch.zeros((), device=self.device)
            if config.consistency_weight:
                consistency = self._consistency(latents[batch.later_step], seen[:, batch.later_step], batch)

        if architecture.chance_moves:
            batch = _as_expected(batch, predicted, architecture.model.players)
        rewards = self._tensor(architecture.reward.encode(batch.rewards, "reward"))
        reward_loss, mover_loss = (torch.zeros((), device=self.device) for _ in range(2))
        for step, (reward, mover) in enumerate(predicted):
            if reward is not None:
                distance = _distance(reward.float(), rewards[:, step], architecture.reward)
                reward_loss = reward_loss + (distance * weights * known[:, step]).mean() / unroll
            if mover is not None:
                distance = functional.cross_entropy(mover.float(), turns[:, step], reduction="none")
                mover_loss = mover_loss + (distance * weights * known[:, step + 1]).mean() / unroll

        shares = torch.full((unroll + 1, 1), 1.0 / (unroll * size), device=self.device)
        shares[0] = 1.0 / size
        shares = shares * weights
        policies = self._tensor(batch.policies.swapaxes(0, 1).reshape(policy.shape))
        divergence = (torch.xlogy(policies, policies) - policies * policy.log_softmax(-1)).sum(-1)
        policy_loss = (divergence.view(unroll + 1, size) * shares * alive.T).sum()
        values = self._tensor(architecture.value.encode(batch.values.swapaxes(0, 1)))
        distance = _distance(value, values.flatten(0, 1), architecture.value)
        value_loss = (distance.view(unroll + 1, size) * shares * known.T).sum()
        observation_loss = torch.zeros((), device=self.device)
        if config.observation_weight:
            unseen = self.decoder(torch.cat(latents), seen.swapaxes(0, 1).flatten(0, 1), alive.T.flatten())
            observation_loss = (unseen.view(unroll + 1, size) * shares).sum()
        self.errors = self._errors(value[:size], batch)
        loss = (
            policy_loss
            + config.value_weight * value_loss
            + config.reward_weight * reward_loss
            + config.mover_weight * mover_loss
            + config.consistency_weight * consistency
            + config.observation_weight * observation_loss
        )
        parts = [policy_loss, value_loss, reward_loss, mover_loss, consistency, observation_loss]
        return loss, [part.detach() for part in parts]

    def _unroll(
        self, observations: Tensor, actions: Tensor
    ) -> tuple[list[Tensor], list[tuple[Tensor | None, Tensor | None]]]:
        """The latent states of all steps; the logits of each step's reward and mover.

        Half of the gradient passes from a latent state to the one before (MuZero, Appendix G).
        """
        latents, predicted = [self.network.represent(observations)], []
        for action in actions.unbind(1):
            latent = 0.5 * latents[-1] + 0.5 * latents[-1].detach()
            latent, reward, mover = self.network.advance(latent, action)
            latents.append(latent)
            predicted.append((reward, mover))
        return latents, predicted

    def _errors(self, value: Tensor, batch: Batch) -> NDArray[np.float32]:
        support = self.architecture.value
        logits = value.detach().view(len(value), -1, support.outputs)
        told = logits.softmax(-1) if support.bins else logits.tanh()
        errors: NDArray[np.float32] = np.abs(support.decode(told.cpu().numpy()) - batch.values[:, 0]).mean(-1)
        return errors

    def _consistency(self, latent: Tensor, later: Tensor, batch: Batch) -> Tensor:
        weights = self._tensor(batch.alive[:, batch.later_step] * batch.weights)
        with torch.no_grad():
            seen = self.network.represent(later)
        distances: Tensor = self.consistency(latent, seen)
        return (distances.float() * weights).mean()

    def _tensor(self, array: NDArray[np.generic]) -> Tensor:
        return torch.from_numpy(array).to(self.device)


def _as_expected(batch: Batch, predicted: Sequence[tuple[Tensor | None, Tensor | None]], players: int) -> Batch:
    """Values and rewards seen from whom the network expects to move, not from who moved by chance.

    A search takes who moves next to be the likeliest, and reads a value as that player's. If a value were what it is to
    who did move, the mean over chance would be one of unlike things: in a game of dice in which one in six throws
    passes the turn, +1 and −1 of the same player add up to ⅔, as if throwing cost a third of what is ahead. Seen from
    one player, the mean is the expectation that the search needs.
    """
    turns = np.stack([mover.detach().argmax(-1).cpu().numpy() for _, mover in predicted if mover is not None], 1)
    off = np.zeros((len(turns), turns.shape[1] + 1), np.int64)
    off[:, 1:] = (turns - batch.turns).cumsum(1) % players
    return replace(
        batch, values=_seen_from(batch.values, off, players), rewards=_seen_from(batch.rewards, off[:, :-1], players)
    )


def _seen_from(numbers: NDArray[np.float32], off: NDArray[np.int64], players: int) -> NDArray[np.float32]:
    """Columns relative to the player ``off`` seats on from the one whom they are relative to."""
    columns = numbers.shape[-1]
    if columns == players:
        return np.take_along_axis(numbers, (off[..., None] + np.arange(columns)) % players, -1)
    return np.where(off[..., None] % 2 == 0, numbers, -numbers)  # of two with opposite interests, or no column at all


def _find(device: Device) -> torch.device:
    if device is Device.CUDA and not torch.cuda.is_available():
        raise TrainingError(
            "learner.device: expected 'auto' or 'cpu' on this machine, got 'cuda': torch finds no such GPU"
        )
    gpu = device is not Device.CPU and torch.cuda.is_available()
    return torch.device("cuda" if gpu else "cpu")


def _distance(logits: Tensor, encoded: Tensor, support: Support) -> Tensor:
    """How far the network's numbers are from the targets [n, columns, outputs], summed over columns: [n]."""
    logits = logits.view(encoded.shape)
    if support.bins:
        return -(encoded * logits.log_softmax(-1)).sum((-2, -1))
    return (logits.tanh() - encoded).square().sum((-2, -1))
