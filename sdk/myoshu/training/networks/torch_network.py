"""The networks in PyTorch: batch-normalised while they learn, folded into plain layers when they are shipped."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from myoshu.graph_writer import EPSILON
from myoshu.training.networks.action_planes import action_planes, plane_count, window_reach
from myoshu.training.networks.architecture import Architecture, declare
from myoshu.training.networks.operations import Layer
from myoshu.training.networks.renormalization import EPSILON as NORM_EPSILON
from myoshu.training.networks.renormalization import BatchRenormalization
from myoshu.training.networks.support import Support

__all__ = ["Network", "PlainOperations", "Weights", "fold"]

Weights = dict[str, NDArray[np.float32]]
"""The shipped weights by name: ``LAYER.weight`` and ``LAYER.bias`` or, where actions enter, ``LAYER.table``."""


class NormalizedLayer(nn.Module):
    """A dense or convolutional layer, the per-action table added to it, and its batch normalisation.

    A convolution's table is the output of a convolution over :func:`action_planes`, plus a part learned for each action
    alone, which starts at 0: an action means the same wherever it lies until the games show otherwise. A table of
    random numbers instead hides the board for thousands of steps. If there are too many actions to be drawn, the same
    is computed for a batch's actions alone, from each action's weights.
    """

    planes: Tensor
    reach: Tensor

    def __init__(self, layer: Layer) -> None:
        super().__init__()
        window = (layer.kernel, layer.kernel) if layer.kernel else ()
        self.weight = nn.Parameter(torch.empty(layer.features, layer.inputs, *window))
        nn.init.kaiming_uniform_(self.weight, a=math.sqrt(5.0) if not layer.normalize else 1.0)
        self.bias = None if layer.normalize else nn.Parameter(torch.zeros(layer.features))
        self.table = None
        if layer.table is not None and not layer.kernel:
            self.table = nn.Parameter(torch.randn(*layer.table) * 0.5)
        elif layer.table is not None:
            actions, _, height, width = layer.table
            count = plane_count(actions, height, width)
            planes = action_planes(actions, height, width)
            self.table = nn.Parameter(torch.zeros(*layer.table))
            self.action_weight = nn.Parameter(torch.randn(layer.features, count, *window) * 0.5)
            self._drawn = planes is not None
            if planes is not None:
                self.register_buffer("planes", torch.from_numpy(planes), persistent=False)
            else:
                reach = torch.from_numpy(window_reach(height, width, layer.kernel))
                self.register_buffer("reach", reach, persistent=False)
        self.norm = BatchRenormalization(layer.features) if layer.normalize else None
        self.padding, self.stride = layer.kernel // 2, layer.stride
        self.skip = layer.skip

    def forward(self, x: Tensor, action: Tensor | None) -> Tensor:
        """Compute the layer on a batch."""
        if self.weight.dim() == 2:
            y = functional.linear(x, self.weight, self.bias)
        else:
            y = functional.conv2d(x, self.weight, self.bias, self.stride, self.padding)
        if self.table is not None and action is not None:
            y = y + self._rows(self.table, action)
        if self.norm is not None:
            y = self.norm(y)
        return y + x if self.skip else y

    def _rows(self, table: Tensor, action: Tensor) -> Tensor:
        """Each sample's row of the table; for a convolution with the channels last in memory, which is fastest."""
        if self.weight.dim() == 2:
            return functional.embedding(action, table)
        if self._drawn:
            table = table + functional.conv2d(self.planes, self.action_weight, padding=self.padding)
        last = table.permute(0, 2, 3, 1)
        rows = functional.embedding(action, last.flatten(1)).view(-1, *last.shape[1:])
        if not self._drawn:
            places = self.action_weight.permute(1, 2, 3, 0)
            weights = functional.embedding(action, places.flatten(1)).view(len(action), -1, places.shape[-1])
            rows = rows + (self.reach @ weights).view(rows.shape)
        return rows.permute(0, 3, 1, 2)


class _TensorOperations:
    """Operations that do not depend on how weights are stored."""

    def relu(self, x: Tensor) -> Tensor:
        return functional.relu(x)

    def add(self, x: Tensor, y: Tensor) -> Tensor:
        return x + y

    def flatten(self, x: Tensor) -> Tensor:
        return x.flatten(1)

    def pool(self, x: Tensor) -> Tensor:
        """The greatest element of each channel, then each channel's mean."""
        return torch.cat([x.amax((2, 3)), x.mean((2, 3))], -1)

    def join(self, x: Tensor, y: Tensor) -> Tensor:
        """Two vectors, concatenated."""
        return torch.cat([x, y], -1)

    def scale(self, x: Tensor) -> Tensor:
        """Each sample divided by its greatest element."""
        return x / (x.amax(tuple(range(1, x.dim())), keepdim=True) + EPSILON)

    def softmax(self, x: Tensor) -> Tensor:
        """Probabilities over the last dimension."""
        return x.softmax(-1)

    def greatest(self, x: Tensor) -> Tensor:
        """Index of the greatest element of the last dimension."""
        return x.argmax(-1)

    def number(self, x: Tensor, support: Support, columns: int) -> Tensor:
        """From logits to numbers in the game's units."""
        if not support.bins:
            return x.tanh() * support.half + support.centre
        return x.view(-1, columns, support.bins).softmax(-1) @ torch.from_numpy(support.atoms())


class Network(nn.Module, _TensorOperations):
    """The three networks with batch normalisation, for training.

    Weights are drawn from torch's global generator.
    """

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        self.architecture = architecture
        self.layers = nn.ModuleDict({_key(layer.name): NormalizedLayer(layer) for layer in declare(architecture)})
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's types leave it out

    def layer(
        self,
        name: str,
        x: Tensor,
        features: int,
        *,
        kernel: int = 0,
        stride: int = 1,
        action: Tensor | None = None,
        skip: bool = False,
        normalize: bool = True,
    ) -> Tensor:
        """Apply one of the declared layers."""
        return self.layers[_key(name)](x, action)  # type: ignore[no-any-return]  # nn.Module.__call__ is untyped

    def represent(self, observation: Tensor) -> Tensor:
        """h: float32 [n, *observation] → latent."""
        if observation.dim() == 4:
            observation = observation.contiguous(memory_format=torch.channels_last)
        return self.architecture.represent(self, observation)

    def advance(self, latent: Tensor, action: Tensor) -> dict[str, Tensor]:
        """g: latent, int64 [n] → the next ``latent`` and logits, see :meth:`Architecture.advance`."""
        return self.architecture.advance(self, latent, action)

    def predict(self, latent: Tensor) -> dict[str, Tensor]:
        """f: latent → the logits of ``policy`` and ``value``."""
        return self.architecture.predict(self, latent)


class PlainOperations(_TensorOperations):
    """PyTorch over folded weights: the reference that exported graphs are compared with."""

    def __init__(self, weights: Mapping[str, NDArray[np.float32]]) -> None:
        self._weights = {name: torch.from_numpy(np.array(weight)) for name, weight in weights.items()}

    def layer(
        self,
        name: str,
        x: Tensor,
        features: int,
        *,
        kernel: int = 0,
        stride: int = 1,
        action: Tensor | None = None,
        skip: bool = False,
        normalize: bool = True,
    ) -> Tensor:
        """A layer with its normalisation, its bias and its skip folded in."""
        weight, bias = self._weights[f"{name}.weight"], self._weights.get(f"{name}.bias")
        x = functional.conv2d(x, weight, bias, stride, kernel // 2) if kernel else functional.linear(x, weight, bias)
        return x if action is None else x + self._weights[f"{name}.table"][action]


@torch.no_grad()
def fold(architecture: Architecture, state: Mapping[str, Tensor]) -> Weights:
    """The weights to ship: batch normalisation, at its running statistics, multiplied into the layers.

    Args:
        architecture: the networks.
        state: their ``Network.state_dict()``, or an average of several.

    Returns:
        float32 arrays by the names of the exported graphs' initialisers.
    """
    weights: Weights = {}
    for layer in declare(architecture):
        prefix = f"layers.{_key(layer.name)}."
        held = {name.removeprefix(prefix): value.double() for name, value in state.items() if name.startswith(prefix)}
        weight = held["weight"]
        spread = (1,) * (weight.dim() - 2)
        gain = torch.ones(layer.features, dtype=torch.float64)
        if layer.normalize:
            gain = held["norm.weight"] / torch.sqrt(held["norm.running_var"] + NORM_EPSILON)
            bias = held["norm.bias"] - held["norm.running_mean"] * gain
        else:
            bias = held["bias"]
        weight = weight * gain.view(-1, 1, *spread)
        if layer.skip:
            centre = weight[:, :, layer.kernel // 2, layer.kernel // 2] if layer.kernel else weight
            centre += torch.eye(layer.features, dtype=torch.float64)
        folded = {"weight": weight}
        if layer.table is None:
            folded["bias"] = bias
        else:
            table = held["table"]
            if layer.kernel:
                table = table + _drawn(layer, held["action_weight"])
            folded["table"] = table * gain.view(-1, *spread) + bias.view(-1, *spread)
        weights.update(
            {f"{layer.name}.{name}": np.ascontiguousarray(tensor.float().numpy()) for name, tensor in folded.items()}
        )
    return weights


def _drawn(layer: Layer, weight: Tensor) -> Tensor:
    """The output of a convolution with this weight for all actions: float64 [actions, features, height, width]."""
    assert layer.table is not None
    actions, features, height, width = layer.table
    planes = action_planes(actions, height, width)
    if planes is not None:
        return functional.conv2d(torch.from_numpy(planes).double(), weight, padding=layer.kernel // 2)
    reach = torch.from_numpy(window_reach(height, width, layer.kernel)).double()
    return (weight.transpose(0, 1).flatten(2) @ reach.T).view(actions, features, height, width)


def _key(name: str) -> str:
    return name.replace(".", "_")
