"""The training of the networks: an objective's loss, one step at a time."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from myoshu.errors import EvaluationError, TrainingError
from myoshu.training.config import Device, LearnerConfig
from myoshu.training.learning.targets import Batch
from myoshu.training.networks.architecture import Architecture
from myoshu.training.networks.torch_network import Network, Weights, fold
from myoshu.training.objectives.muzero import MuZero
from myoshu.training.objectives.objective import Objective, Placement

__all__ = ["Learner", "Step"]


class Step(NamedTuple):
    """The results of one step."""

    losses: dict[str, float]
    """The objective's parts by name, unweighted."""
    gradient: float
    """Norm of the whole gradient, before clipping."""
    errors: NDArray[np.float32]
    """float32 [B]: see :class:`myoshu.training.objectives.Loss`."""


class Learner:
    """Networks, their running average, and the optimiser.

    Args:
        architecture: the networks.
        config: how to train them.
        seed: seed of the initial weights.
        mixed: whether matrices are multiplied in bfloat16; by default on a GPU.

    Raises:
        TrainingError: the device is not available.
    """

    def __init__(
        self, architecture: Architecture, config: LearnerConfig, *, seed: int = 0, mixed: bool | None = None
    ) -> None:
        self.architecture = architecture
        self.config = config
        self.steps = 0
        """Learning steps done so far."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.network = Network(architecture)
            self.objective: Objective = MuZero(architecture, config)
            """The objective of the training."""
        self.device = _find(config.device)
        """Where the networks are trained."""
        self._placement = Placement(self.device, self.device.type == "cuda" if mixed is None else mixed)
        self.network.to(self.device).train()
        for module in self.objective.modules.values():
            module.to(self.device)
        self._average = {name: tensor.detach().clone() for name, tensor in self.network.state_dict().items()}
        self._averaged = [name for name, tensor in self._average.items() if tensor.is_floating_point()]
        modules = (self.network, *self.objective.modules.values())
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

    def step(self, batch: Batch, progress: float) -> Step:
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
        loss = self.objective.loss(self.network, batch, self._placement)
        loss.total.backward()  # type: ignore[no-untyped-call]  # torch declares no types here
        gradient = nn.utils.clip_grad_norm_(self._parameters, self.config.clip)
        *parts, norm = torch.stack([*loss.parts.values(), gradient]).tolist()
        losses = dict(zip(loss.parts, parts, strict=True))
        if not all(map(math.isfinite, [*parts, norm])):
            found = ", ".join(f"{name} {value:g}" for name, value in {**losses, "gradient": norm}.items())
            raise EvaluationError(f"loss: expected finite numbers, got {found}")
        self._optimizer.step()
        self.steps += 1
        self._update_average()
        return Step(losses, norm, loss.errors)

    def weights(self) -> Weights:
        """The averaged weights with batch normalisation folded in: what plays and is exported."""
        return fold(self.architecture, {name: tensor.cpu() for name, tensor in self._average.items()})

    def state(self) -> dict[str, NDArray[np.generic]]:
        """Everything needed to resume, as arrays."""
        arrays: dict[str, NDArray[np.generic]] = {"steps": np.array(self.steps, np.int64)}
        for prefix, tensors in self._tensors().items():
            arrays.update(
                {f"{prefix}.{name}": tensor.detach().cpu().numpy().copy() for name, tensor in tensors.items()}
            )
        return arrays

    def restore(self, state: Mapping[str, NDArray[np.generic]]) -> None:
        """Resume from what :meth:`state` returned.

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
            **{name: dict(module.state_dict()) for name, module in self.objective.modules.items()},
            "optimizer": moments,
        }

    def _start_optimizer(self) -> None:
        """Create the optimiser's moments, also those of weights that no part of the loss reaches."""
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


def _find(device: Device) -> torch.device:
    if device is Device.CUDA and not torch.cuda.is_available():
        raise TrainingError(
            "learner.device: expected 'auto' or 'cpu' on this machine, got 'cuda': torch finds no such GPU"
        )
    gpu = device is not Device.CPU and torch.cuda.is_available()
    return torch.device("cuda" if gpu else "cpu")
